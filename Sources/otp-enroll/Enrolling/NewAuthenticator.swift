import OTPCore
import OTPImport
import OTPWire

/// An authenticator about to be enrolled: shown to the user, not yet stored.
struct NewAuthenticator {
    /// Its settings, with the name that it should have.
    let authenticator: Authenticator
    /// The service's ticket for storing it.
    let ticket: String
    /// Its key.
    let key: KeyBox
    /// What the app shows next to its codes.
    let label: KeyLabel

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
        case .begun(let begun): try self.init(begun, wish, of: context.user)
        case let other: throw context.failure(other)
        }
    }

    private init(_ begun: BegunDocument, _ wish: Wish, of user: User) throws(Failure) {
        var text = Array(begun.key.utf8)
        defer { Secret.wipe(&text) }
        guard let authenticator = begun.authenticator.authenticator,
            let key = Base32.decode(text.span)
        else { throw Failure.otherVersion }
        self.authenticator = authenticator
        self.ticket = begun.ticket
        self.isToken = wish.keyFile != nil
        self.replaces = begun.replaces
        self.key = KeyBox(key)
        let isTold = begun.isBeside && wish.account == nil
        label = KeyLabel(
            issuer: Array((wish.issuer ?? begun.issuer).utf8),
            user: wish.account.map { Array($0.utf8) } ?? user.name,
            device: isTold ? authenticator.name : nil)
    }

    /// The key in Base32, to be typed into an app. The caller wipes it.
    var typedKey: [UInt8] { key.withBytes { Base32.encode($0) } }

    /// What the app scans, with the label shortened by `cut`.
    func uri(_ cut: KeyLabel.Cut = .nothing) -> Secret? {
        key.withBytes { KeyURI.make(authenticator, key: $0, label: label, cut: cut) }
    }

    /// The warning about settings that many apps ignore; `nil` if there is nothing to warn about.
    static func warning(
        algorithm: HashAlgorithm, digits: UInt8, period: UInt16
    ) -> String? {
        var unusual: [String] = []
        if algorithm != .sha1 { unusual.append(algorithm.name) }
        if digits != 6 { unusual.append(Phrase("\(digits) digits").text) }
        if period != 30 { unusual.append(Phrase("a period of \(period) s").text) }
        guard !unusual.isEmpty else { return nil }
        let list = unusual.joined(separator: ", ")
        let warning = Phrase(
            """
            many apps (Microsoft Authenticator, Authy, Duo, older Google Authenticator) ignore this, \
            and then show wrong codes: \(list)
            """)
        return warning.text
    }
}
