import OTPCore
import OTPStore

/// An authenticator that is about to be enrolled: made here, shown to the user, not yet kept.
struct NewAuthenticator: ~Copyable {
    /// What it is, with the name it is to have.
    var authenticator: Authenticator
    /// Its key.
    let key: Secret
    /// What the app scans.
    let uri: Secret
    /// Who the app says the codes are from.
    let issuer: String
    /// What the app calls the account.
    let account: String

    /// 160 bits, as RFC 4226 recommends, whatever the hash function: far beyond guessing, 32
    /// characters to type, and a QR code that fits a terminal. Some apps refuse longer keys.
    static let keyLength = 20

    /// Whether the key was in the device before it was here, so that nothing is to be scanned.
    let isToken: Bool

    /// Makes one with a fresh key.
    init(
        _ authenticator: Authenticator, issuer: String, account: String, random: SystemRandom
    ) throws {
        try self.init(
            authenticator, issuer: issuer, account: account,
            key: try random.secret(NewAuthenticator.keyLength), isToken: false)
    }

    /// Makes one with the key of a device that has it already.
    init(
        _ authenticator: Authenticator, issuer: String, account: String, token key: consuming Secret
    ) throws {
        try self.init(authenticator, issuer: issuer, account: account, key: key, isToken: true)
    }

    private init(
        _ authenticator: Authenticator, issuer: String, account: String, key: consuming Secret,
        isToken: Bool
    ) throws {
        let key = key
        let (issuerBytes, accountBytes) = (Array(issuer.utf8), Array(account.utf8))
        let uri = key.withBytes {
            KeyURI.make(
                authenticator, key: $0, issuer: issuerBytes.span, account: accountBytes.span)
        }
        guard let uri else { throw Failure("issuer or account cannot be written in a QR code") }
        self.authenticator = authenticator
        self.issuer = issuer
        self.account = account
        self.key = key
        self.uri = uri
        self.isToken = isToken
    }

    /// The key in Base32, as an app takes it typed. To be wiped.
    var typedKey: [UInt8] { key.withBytes { Base32.encode($0) } }

    /// The key URI. To be wiped.
    var uriBytes: [UInt8] { uri.withBytes { $0.array } }

    /// The warning for settings that many apps ignore, `nil` where there is nothing to warn of.
    static func warning(
        algorithm: HashAlgorithm, digits: UInt8, period: UInt16
    ) -> String? {
        var unusual: [String] = []
        if algorithm != .sha1 { unusual.append(algorithm.name) }
        if digits != 6 { unusual.append("\(digits) digits") }
        if period != 30 { unusual.append("a period of \(period) seconds") }
        guard !unusual.isEmpty else { return nil }
        return "many apps (Microsoft Authenticator, Authy, Duo, older Google Authenticator) ignore "
            + unusual.joined(separator: " and ") + ", and then show wrong codes"
    }

    /// An issuer or account out of a name that the machine gives: what the URI cannot have becomes
    /// a hyphen.
    static func part(of name: String) -> String {
        var part = String.UnicodeScalarView()
        for scalar in Output.printable(name, utf8: true).unicodeScalars {
            part.append(scalar == ":" ? "-" : scalar)
        }
        var text = String(part)
        while text.utf8.count > KeyURI.maximumPartLength { text.removeLast() }
        return text.isEmpty ? "login" : text
    }
}
