import OTPCore
import OTPImport
import OTPStore
import OTPSystem

/// The sources of an import: files that root names, and users' home directories.
enum ImportSource {
    /// The largest map that is read, in bytes.
    private static let maximumMap = 1 << 20

    /// Reads a file named on the command line; `-` is stdin.
    static func read(
        _ path: String, as format: ImportFormat, preSharedKey: KeyBox?
    ) throws -> ImportResult {
        var bytes = try OpenFile.contents(path, limit: format.maximumSize)
        defer { Secret.wipe(&bytes) }
        var result = try read(bytes.span, as: format, preSharedKey: preSharedKey)
        if result.tokens.isEmpty, result.entries.isEmpty,
            let other = ImportFormat.guess(bytes.span), other != format
        {
            result.add(note: "this looks like another format: --from \(other.rawValue)")
        }
        return result
    }

    private static func read(
        _ bytes: Span<UInt8>, as format: ImportFormat, preSharedKey: KeyBox?
    ) throws -> ImportResult {
        let now = try SystemClock().now()
        return switch format {
        case .googleAuthenticator: GoogleAuthenticatorFile.read(bytes, now: now)
        case .usersOATH: UsersOATH.read(bytes, now: now) { Machine.time(local: $0) }
        case .otpauth: KeyURIList.read(bytes)
        case .pskc: PSKCFile.read(bytes, preSharedKey: preSharedKey)
        case .privacyIDEA: PrivacyIDEACSV.read(bytes)
        case .tokenCSV: TokenCSV.read(bytes)
        case .swiftOTP: SwiftOTPExport.read(bytes, now: now)
        case .googleExport: MigrationURIList.read(bytes)
        case .aegis: AegisVault.read(bytes)
        case .twoFAS: TwoFASBackup.read(bytes)
        case .andOTP: AndOTPBackup.read(bytes)
        case .freeOTPPlus: FreeOTPPlusBackup.read(bytes)
        case .ente: EnteExport.read(bytes)
        case .bitwarden: BitwardenVault.read(bytes)
        case .keePassXC: KeePassExport.read(bytes)
        }
    }

    /// Reads google-authenticator's file in a user's home directory, as that user; `nil` if there
    /// is none.
    static func readGoogleAuthenticator(_ name: String, at home: User) throws -> ImportResult? {
        guard var bytes = try ForeignFile.read(name, of: home) else { return nil }
        defer { Secret.wipe(&bytes) }
        return GoogleAuthenticatorFile.read(bytes.span, now: try SystemClock().now())
    }

    /// Reads which token belongs to whom: one line each with a serial number or foreign name,
    /// blanks, and the user here; `#` begins a comment.
    static func readMap(_ path: String) throws -> [String: String] {
        let name = Output.printable(path)
        let text = String(
            decoding: try OpenFile.contents(path, limit: maximumMap), as: UTF8.self)
        var map: [String: String] = [:]
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (index, line) in lines.enumerated() {
            // Editors on Windows begin a file with the last of these.
            let words = line.split { $0 == " " || $0 == "\t" || $0 == "\u{FEFF}" }
            if words.isEmpty || words[0].hasPrefix("#") { continue }
            guard words.count == 2 else {
                throw Failure(
                    "\(name) line \(index + 1): not a serial number and a user",
                    hint: "write one token per line, such as: 4711 alice")
            }
            guard map.updateValue(String(words[1]), forKey: String(words[0])) == nil else {
                throw Failure("\(name) line \(index + 1): this token is there twice")
            }
        }
        return map
    }
}
