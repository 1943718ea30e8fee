extension ImportFormat {
    /// The format that an unreadable file seems to have; `nil` if it does not show.
    public static func guess(_ bytes: Span<UInt8>) -> ImportFormat? {
        let text = bytes.extracting(Text.start(of: bytes)..<bytes.count)
        let start = Text.trimmed(0..<text.count, in: text).lowerBound
        let rest = text.extracting(start..<text.count)
        guard !rest.isEmpty else { return nil }
        // The first telling word of a document may be far from its start.
        let signs =
            switch rest[0] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): ofJSON
            case UInt8(ascii: "<"): ofXML
            default: ofText
            }
        let isJSON = rest[0] == UInt8(ascii: "{") || rest[0] == UInt8(ascii: "[")
        let head = rest.extracting(first: isJSON ? rest.count : 4096)
        return signs.first { Text.contains(head, $0.sign) }?.format
    }

    private typealias Sign = (sign: StaticString, format: ImportFormat)

    private static var ofJSON: [Sign] {
        [
            ("\"swiftotp_export\"", .swiftOTP), ("\"schemaVersion\"", .twoFAS),
            ("\"tokenOrder\"", .freeOTPPlus), ("\"kdfParams\"", .ente), ("\"slots\"", .aegis),
            ("\"encrypted\"", .bitwarden), ("\"last_used\"", .andOTP),
        ]
    }

    private static var ofXML: [Sign] {
        [("<KeePassFile", .keePassXC), ("KeyContainer", .pskc)]
    }

    private static var ofText: [Sign] {
        [
            ("login_totp", .bitwarden), ("\"Title\",\"Username\"", .keePassXC),
            ("secret key", .tokenCSV), ("otpauth-migration://", .googleExport),
            ("&codeDisplay=", .ente), ("otpauth://", .otpauth),
            ("TOTP_AUTH", .googleAuthenticator), ("HOTP_COUNTER", .googleAuthenticator),
            ("HOTP/", .usersOATH),
        ]
    }
}
