import OTPCore
import OTPWire

/// An authenticator about to be enrolled: shown to the user, not yet stored.
struct NewAuthenticator: ~Copyable {
    /// Its settings, with the name that it should have.
    let authenticator: Authenticator
    /// The service's ticket for storing it.
    let ticket: String
    /// Its key.
    let key: Secret
    /// What the app scans.
    let uri: Secret
    /// The issuer that the app shows.
    let issuer: String
    /// What the app calls the account.
    let account: String

    /// Whether the device already had the key, so that nothing is scanned.
    let isToken: Bool

    /// Whether it will replace one with the same name.
    let replaces: Bool

    /// Has one made as requested.
    init(_ wish: Wish, for context: Context) throws {
        var device = wish.device
        if let file = wish.keyFile {
            var key = try TokenKeyFile.read(file).withBytes { Base32.encode($0) }
            defer { Secret.wipe(&key) }
            device.key = String(decoding: key, as: UTF8.self)
        }
        switch try context.askWithProof(.begin(device: device)) {
        case .begun(let begun): try self.init(begun, wish)
        case let other: throw context.failure(other)
        }
    }

    private init(_ begun: BegunDocument, _ wish: Wish) throws(Failure) {
        var text = Array(begun.key.utf8)
        defer { Secret.wipe(&text) }
        guard let authenticator = begun.authenticator.authenticator,
            let key = Base32.decode(text.span)
        else { throw Failure.otherVersion }
        let (issuer, account) = (Array(wish.issuer.utf8), Array(wish.account.utf8))
        let uri = key.withBytes {
            KeyURI.make(authenticator, key: $0, issuer: issuer.span, account: account.span)
        }
        guard let uri else { throw Failure("issuer or account do not fit in a QR code") }
        self.authenticator = authenticator
        self.ticket = begun.ticket
        self.issuer = wish.issuer
        self.account = wish.account
        self.isToken = wish.keyFile != nil
        self.replaces = begun.replaces
        self.key = key
        self.uri = uri
    }

    /// The key in Base32, to be typed into an app. The caller wipes it.
    var typedKey: [UInt8] { key.withBytes { Base32.encode($0) } }

    /// The key URI. The caller wipes it.
    var uriBytes: [UInt8] { uri.withBytes { $0.array } }

    /// The warning about settings that many apps ignore; `nil` if there is nothing to warn about.
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

    /// An issuer or account from a name that the machine gives; characters that a URI cannot have
    /// become hyphens.
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
