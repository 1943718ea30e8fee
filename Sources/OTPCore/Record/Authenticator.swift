/// An app or token that shows codes: everything about it except its key.
///
/// The key is in the record's own wiped buffer (`Record.withKey(of:)`).
public struct Authenticator: Equatable, Sendable {
    /// What advances the code.
    public enum Kind: UInt8, CaseIterable, Sendable {
        /// The clock (RFC 6238).
        case totp = 1
        /// Each use (RFC 4226).
        case hotp = 2

        /// The word for it in documents, lists and key URIs.
        public var word: String { self == .totp ? "totp" : "hotp" }

        public init?(word: String) {
            guard let kind = Kind.allCases.first(where: { $0.word == word }) else { return nil }
            self = kind
        }
    }

    /// The length of a new key in bytes: 160 bits, as RFC 4226 recommends, for every hash function.
    /// That is far beyond guessing, 32 characters to type, and gives a QR code that fits a
    /// terminal; some apps refuse longer keys.
    public static var keyLength: Int { 20 }

    /// What the user calls it.
    public var name: Name
    /// What advances the code.
    public var kind: Kind
    /// The hash function of the HMAC.
    public var algorithm: HashAlgorithm
    /// Digits of a code, 6 to 8.
    public var digits: UInt8
    /// Seconds per step, 15 to 120; 30 for HOTP, which does not use it.
    public var period: UInt16
    /// How many steps the device's clock is ahead of ours (negative: behind), set by a resync.
    public var drift: Int16
    /// The lowest step (TOTP) or counter (HOTP) that may still be used: all below are burned.
    public var nextStep: UInt64
    /// When it was enrolled, in Unix seconds.
    public var added: UInt64
    /// When it last logged somebody in, in Unix seconds; 0 for never.
    public var lastUsed: UInt64

    /// An authenticator with the defaults that every app supports (TOTP, SHA-1, 6 digits, 30 s).
    /// `nil` if digits or period are out of range.
    public init?(
        name: Name, kind: Kind = .totp, algorithm: HashAlgorithm = .sha1, digits: UInt8 = 6,
        period: UInt16 = 30, added: UInt64
    ) {
        guard HOTP.digitsRange.contains(digits), TOTP.periodRange.contains(period) else {
            return nil
        }
        self.name = name
        self.kind = kind
        self.algorithm = algorithm
        self.digits = digits
        self.period = period
        self.drift = 0
        self.nextStep = 0
        self.added = added
        self.lastUsed = 0
    }

    /// Whether both show the same codes for the same key.
    public func showsTheSame(as other: Authenticator) -> Bool {
        kind == other.kind && algorithm == other.algorithm && digits == other.digits
            && (kind == .hotp || period == other.period)
    }

    /// The current step: the clock's, corrected by the drift, or the counter.
    func currentStep(at time: UInt64) -> UInt64 {
        switch kind {
        case .hotp: return nextStep
        case .totp:
            let step = TOTP.step(at: time, period: period)
            let shift = UInt64(drift.magnitude)
            return drift < 0 ? step - min(step, shift) : step.addingClamped(shift)
        }
    }

    /// By at least how many seconds the device's clock is ahead (negative: behind), if its code was
    /// typed at `now` and is `offset` steps from the current one. 0 unless that is more than half
    /// of what a login with `window` steps on each side tolerates.
    func clockSkew(of offset: Int, at now: UInt64, window: UInt8) -> Int {
        guard kind == .totp, offset != 0, abs(offset) <= Int(window) else { return 0 }
        let period = Int(self.period)
        let elapsed = Int(now % UInt64(self.period))
        let seconds = offset > 0 ? offset * period - elapsed : (offset + 1) * period - elapsed
        return 2 * abs(seconds) > period * Int(window) ? seconds + Int(drift) * period : 0
    }
}
