import OTPCore

/// An app or token from another program, read and checked, but not yet anybody's.
///
/// What it says about the user is only what the file says: the caller looks the user up.
public struct ImportedToken {
    /// Where in the file it is.
    public let place: ImportPlace
    /// The user name in the file; `nil` if there is none.
    public internal(set) var owner: ForeignText?
    /// Who the codes are for, according to the app.
    public internal(set) var issuer: ForeignText?
    /// The serial number printed on the token.
    public internal(set) var serial: ForeignText?
    /// A name from the file, if there is one that a record may use.
    public internal(set) var name: Name?

    /// What advances the code.
    public let kind: Authenticator.Kind
    /// The hash function of the HMAC.
    public let algorithm: HashAlgorithm
    /// Digits of a code, 6 to 8.
    public let digits: UInt8
    /// Seconds per step, 15 to 120; 30 for HOTP.
    public let period: UInt16
    /// The key, 10 to 64 bytes.
    public let key: KeyBox

    /// The lowest step or counter that may still be used: codes used there stay used.
    public internal(set) var nextStep: UInt64 = 0
    /// How many steps the device's clock is ahead.
    public internal(set) var drift: Int16 = 0
    /// What was left out, and why: one sentence each, in printable ASCII.
    public internal(set) var notes: [String] = []

    /// Checks the numbers and the key.
    init(
        at place: ImportPlace, kind: Authenticator.Kind, algorithm: HashAlgorithm = .sha1,
        digits: UInt64 = 6, period: UInt64 = 30, key: KeyBox
    ) throws(Refusal) {
        guard let digits = UInt8(exactly: digits), HOTP.digitsRange.contains(digits) else {
            throw Refusal("codes of \(digits) digits are not supported: 6 to 8 are")
        }
        guard let period = UInt16(exactly: period), TOTP.periodRange.contains(period) else {
            throw Refusal("steps of \(period) seconds are not supported: 15 to 120 are")
        }
        guard key.count >= HOTP.shortKeyLengthRange.lowerBound else {
            throw Refusal("the key is too short: \(key.count * 8) bits, at least 128 are needed")
        }
        guard key.count <= HOTP.keyLengthRange.upperBound else {
            throw Refusal("the key is too long: \(key.count * 8) bits, at most 512 can be kept")
        }
        self.place = place
        self.kind = kind
        self.algorithm = algorithm
        self.digits = digits
        self.period = kind == .hotp ? 30 : period
        self.key = key
    }

    /// The authenticator to enroll, called `name`.
    public func authenticator(name: Name, added: UInt64) -> Authenticator? {
        guard
            var authenticator = Authenticator(
                name: name, kind: kind, algorithm: algorithm, digits: digits, period: period,
                added: added)
        else { return nil }
        authenticator.nextStep = nextStep
        authenticator.drift = drift
        return authenticator
    }

    /// Whether its key is shorter than those enrolled here.
    public var hasShortKey: Bool { HOTP.shortKeyLengthRange.contains(key.count) }

    /// The part of `owner` before its last `@`: `alice` in `alice@host`. `nil` if there is no `@`
    /// with something before it.
    public var ownerBeforeHost: ForeignText? {
        guard let owner, let at = owner.bytes.lastIndex(of: UInt8(ascii: "@")), at > 0 else {
            return nil
        }
        return ForeignText(Array(owner.bytes[..<at]))
    }
}

/// A key in one place, wiped with the last token that has it.
///
/// A class, because arrays cannot hold noncopyable values.
public final class KeyBox {
    private let secret: Secret

    /// Takes ownership of a key.
    public init(_ secret: consuming Secret) { self.secret = secret }

    /// Copies bytes, and wipes them.
    convenience init(wiping bytes: inout [UInt8]) { self.init(Secret(wiping: &bytes)) }

    /// How many bytes are held.
    public var count: Int { secret.count }

    /// The bytes, while `body` runs.
    public func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try secret.withBytes(body)
    }
}
