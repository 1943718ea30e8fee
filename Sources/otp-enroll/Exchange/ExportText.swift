import OTPCore
import OTPImport

/// The text of an export's file, built piece by piece in memory that is wiped.
struct ExportText: ~Copyable {
    private let form: ExportForm
    private let issuer: [UInt8]
    /// What was built and not yet taken.
    private var bytes: [UInt8] = []
    private var hasUsers = false

    /// An authenticator that cannot be written, and why.
    struct LeftOut: Error {
        /// The reason, as a clause.
        let reason: String
    }

    /// The beginning.
    init(_ form: ExportForm, issuer: String) {
        self.form = form
        self.issuer = Array(issuer.utf8)
        bytes.reserveCapacity(4096)
        if form == .json { bytes += Array("{\n  \"swiftotp_export\": 1,\n  \"users\": [".utf8) }
    }

    deinit { Secret.wipe(endOf: bytes) }

    /// Adds the authenticators of `user`; `tell` is called for each, with the reason if it is left
    /// out.
    mutating func add(
        _ tokens: [ExportedToken], of user: User, _ tell: (Authenticator, LeftOut?) -> Void
    ) {
        var hasAny = false
        for token in tokens {
            do throws(LeftOut) {
                try token.key.withBytes { (key) throws(LeftOut) in
                    try write(token.authenticator, key: key, of: user, isFirst: !hasAny)
                }
                hasAny = true
                tell(token.authenticator, nil)
            } catch {
                tell(token.authenticator, error)
            }
        }
        if form == .json && hasAny { add("\n    ]}") }
        hasUsers = hasUsers || hasAny
    }

    /// The end.
    mutating func finish() {
        if form == .json { add("\n  ]\n}\n") }
    }

    /// How many bytes were built since the last `take`.
    var count: Int { bytes.count }

    /// Returns what was built since the last call. The caller wipes it.
    mutating func take() -> [UInt8] {
        let piece = bytes
        bytes = []
        bytes.reserveCapacity(4096)
        return piece
    }

    private mutating func write(
        _ authenticator: Authenticator, key: Span<UInt8>, of user: User, isFirst: Bool
    ) throws(LeftOut) {
        switch form {
        case .otpauth:
            let uri = KeyURI.make(
                authenticator, key: key, issuer: issuer.span, account: user.name.span)
            guard let uri else {
                throw LeftOut(reason: "a key URI has no user names with a colon, or so long")
            }
            uri.withBytes { add($0) }
            add("\n")
        case .usersOATH:
            do throws(UsersOATHWriter.Unwritable) {
                let line = try UsersOATHWriter.line(user: user.name.span, authenticator, key: key)
                line.withBytes { add($0) }
            } catch {
                throw LeftOut(reason: error.reason)
            }
        case .json:
            if isFirst {
                let name = JSON.text(String(decoding: user.name, as: UTF8.self))
                add(hasUsers ? ",\n    " : "\n    ")
                add("{\"user\": \(name.lines), \"authenticators\": [")
            }
            add(isFirst ? "\n      " : ",\n      ")
            add(ExportText.members(of: authenticator))
            var secret = Base32.encode(key)
            defer { Secret.wipe(&secret) }
            add(secret.span)
            add("\"}")
        }
    }

    /// The object of an authenticator up to its key.
    private static func members(of authenticator: Authenticator) -> String {
        let isTOTP = authenticator.kind == .totp
        let members: KeyValuePairs<String, JSON> = [
            "name": .text(authenticator.name.text), "kind": .text(authenticator.kind.word),
            "algorithm": .text(authenticator.algorithm.name),
            "digits": .number(Int64(authenticator.digits)),
            "period": isTOTP ? .number(Int64(authenticator.period)) : .null,
            "counter": isTOTP ? .null : .number(Int64(clamping: authenticator.nextStep)),
            "next_step": isTOTP ? .number(Int64(clamping: authenticator.nextStep)) : .null,
            "drift": .number(Int64(authenticator.drift)),
        ]
        let written = members.map { "\(JSON.text($0).lines): \($1.lines)" }
        return "{" + written.joined(separator: ", ") + ", \"secret\": \""
    }

    private mutating func add(_ text: String) {
        let text = Array(text.utf8)
        add(text.span)
    }

    /// Appends bytes; if there is no room, moves to a larger array and wipes the old one.
    private mutating func add(_ part: Span<UInt8>) {
        if bytes.count + part.count > bytes.capacity {
            var larger: [UInt8] = []
            larger.reserveCapacity(2 * bytes.capacity + part.count)
            larger.append(copying: bytes.span)
            Secret.wipe(&bytes)
            bytes = larger
        }
        bytes.append(copying: part)
    }
}
