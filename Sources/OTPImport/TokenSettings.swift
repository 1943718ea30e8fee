import OTPCore

/// What apps say about an entry besides its key and label; what they leave out has its default.
struct TokenSettings {
    var kind = Authenticator.Kind.totp
    var algorithm = HashAlgorithm.sha1
    var digits: UInt64 = 6
    var period: UInt64 = 30
    /// The counter of the next code.
    var counter: UInt64 = 0

    /// The settings of an object's members, if present. `kind` is the app's word for the kind of
    /// codes, and `algorithm` its name for that member.
    init(_ object: JSONValue, kind: [UInt8]?, algorithm: StaticString) throws(Refusal) {
        self.kind = try kind.map(TokenSettings.kind) ?? .totp
        if let name = try object.text(algorithm) {
            self.algorithm = try KeyDecoding.algorithm(name.span)
        }
        digits = try object.number("digits") ?? 6
        if self.kind == .totp {
            period = try object.number("period") ?? 30
        } else {
            guard let counter = try object.number("counter") else {
                throw Refusal("the entry of a counter token has no counter")
            }
            self.counter = counter
        }
    }

    init() {}

    /// What an app's word for the kind of codes means.
    static func kind(_ word: [UInt8]) throws(Refusal) -> Authenticator.Kind {
        let letters = word.prefix(16).map(Text.lowercase)
        if letters.elementsEqual("totp".utf8) { return .totp }
        if letters.elementsEqual("hotp".utf8) { return .hotp }
        if letters.elementsEqual("steam".utf8) { throw TokenSettings.steam }
        throw Refusal("the type is not supported: \(ForeignText.printable(word.span))")
    }

    /// Why an entry with Steam's letters as codes is skipped.
    static var steam: Refusal { Refusal("codes of Steam are not supported") }

    /// The token with these settings.
    func token(at place: ImportPlace, key: KeyBox) throws(Refusal) -> ImportedToken {
        guard counter <= ImportLimits.counter else { throw Refusal("the counter is too high") }
        var token = try ImportedToken(
            at: place, kind: kind, algorithm: algorithm, digits: digits, period: period, key: key)
        if kind == .hotp { token.nextStep = counter }
        return token
    }
}

extension JSONValue {
    /// A text for selecting an entry, whatever else is wrong with it.
    func label(_ name: StaticString) -> [UInt8]? { try? text(name) }

    /// The key in a member, in Base32.
    func base32(_ name: StaticString) throws(Refusal) -> KeyBox {
        guard var text = try text(name), !text.isEmpty else { throw Refusal("it has no \(name)") }
        defer { Secret.wipe(&text) }
        return try KeyDecoding.base32(text.span, as: .ofPhones)
    }
}
