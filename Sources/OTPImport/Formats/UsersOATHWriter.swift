import OTPCore

/// Writes lines of pam_oath's users file.
public enum UsersOATHWriter {
    /// The longest key that liboath reads, in bytes.
    static let maximumKeyLength = 32

    /// Why an authenticator cannot be written to it.
    public struct Unwritable: Error, Equatable {
        /// The reason, in one sentence without a full stop.
        public let reason: String
    }

    /// The line of an authenticator, with its line end; it contains the key, and is wiped with its
    /// owner.
    ///
    /// Codes used here stay used there: for HOTP the line has the next counter; for TOTP it has the
    /// last code, and liboath accepts neither that nor an earlier one.
    public static func line(
        user: Span<UInt8>, _ authenticator: Authenticator, key: Span<UInt8>
    ) throws(Unwritable) -> Secret {
        try check(user: user, authenticator, key)
        var line: [UInt8] = []
        line.reserveCapacity(user.count + key.count * 2 + 80)
        let type = authenticator.kind == .hotp ? "E" : "T\(authenticator.period)"
        line.append(contentsOf: "HOTP/\(type)/\(authenticator.digits)\t".utf8)
        line.append(copying: user)
        line.append(contentsOf: "\t-\t".utf8)
        for index in key.indices { line.append(hex: key[index]) }
        if authenticator.kind == .hotp {
            line.append(contentsOf: "\t\(authenticator.nextStep)".utf8)
        } else if authenticator.nextStep > 0 {
            let code = HOTP.code(
                key: key, factor: authenticator.nextStep - 1, algorithm: .sha1,
                digits: authenticator.digits)
            line.append(contentsOf: "\t0\t\(HOTP.text(code, digits: authenticator.digits))".utf8)
        }
        line.append(UInt8(ascii: "\n"))
        return Secret(wiping: &line)
    }

    /// What the line of an authenticator leaves out.
    public static func notes(for authenticator: Authenticator) -> [String] {
        authenticator.drift == 0
            ? [] : ["its clock is \(authenticator.drift) steps off, which users.oath cannot keep"]
    }

    private static func check(
        user: Span<UInt8>, _ authenticator: Authenticator, _ key: Span<UInt8>
    ) throws(Unwritable) {
        guard !user.isEmpty, user.count <= ForeignText.maximumLength else {
            throw Unwritable(reason: "users.oath needs a user name of 1 to 256 bytes")
        }
        for index in user.indices where user[index] <= 0x20 || user[index] == 0x7f {
            throw Unwritable(reason: "users.oath has no user names with blanks")
        }
        guard authenticator.algorithm == .sha1 else {
            throw Unwritable(reason: "users.oath has no \(authenticator.algorithm.name)")
        }
        guard authenticator.kind == .hotp || [30, 60].contains(authenticator.period) else {
            throw Unwritable(reason: "users.oath has steps of 30 and 60 seconds only")
        }
        guard key.count <= maximumKeyLength else {
            throw Unwritable(reason: "users.oath has keys of at most 256 bits")
        }
    }
}
