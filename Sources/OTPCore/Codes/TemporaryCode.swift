/// A code that an admin gives to a user who has lost everything: one per user, good once, for a
/// short time.
///
/// Twelve symbols in three groups, such as `T7Q4-KD2M-9XRW`: a T, so that it is not taken for a
/// backup code, and 55 random bits (NIST SP 800-63B-4, 4.1.2.2 asks for 40).
public struct TemporaryCode: ~Copyable {
    /// Symbols of a code, including the T.
    public static let length = 12
    /// Random bytes that a code is made from (55 of their 88 bits are used).
    public static let randomLength = length - 1

    private static let mark = UInt8(ascii: "T")

    /// The twelve symbols in upper case, without hyphens.
    let symbols: Secret

    /// The code made from `randomLength` random bytes; `nil` for any other number of them.
    public init?(random: Span<UInt8>) {
        guard random.count == TemporaryCode.randomLength else { return nil }
        var symbols = CodeSymbols.make(after: [TemporaryCode.mark], random: random)
        self.symbols = Secret(wiping: &symbols)
    }

    /// Parses a typed code, with hyphens and spaces already removed; `nil` if it does not have the
    /// form of one.
    init?(typed: Span<UInt8>) {
        guard typed.count == TemporaryCode.length, typed[0] & 0xdf == TemporaryCode.mark,
            var symbols = CodeSymbols.read(typed)
        else { return nil }
        self.symbols = Secret(wiping: &symbols)
    }

    /// The code as it is handed out: `T7Q4-KD2M-9XRW`.
    public var text: String { symbols.withBytes { CodeSymbols.text($0, groupsOf: 4) } }

    /// What is stored of the code; `nil` if the salt is not `HashedCode.saltLength` long.
    public func hashed(salt: [UInt8]) -> HashedCode? { HashedCode(symbols, salt: salt) }
}

/// What a record stores of the temporary code that was issued last.
public struct IssuedCode: Equatable, Sendable {
    /// The code's hash.
    let hash: HashedCode
    /// When it was issued, in Unix seconds.
    public let issued: UInt64
    /// When it expires, in Unix seconds.
    public let expires: UInt64
    /// When it was used, in Unix seconds; 0 if it was not.
    public internal(set) var used: UInt64 = 0
    /// The time since boot when it was issued; `nil` if it could not be read.
    let boot: BootTime?

    /// How long a code may be valid, in seconds: 10 minutes to 3 days.
    public static let validRange: ClosedRange<UInt64> = 600...259_200
    /// How far the clock may be behind the time of issue, in seconds.
    static let tolerance: UInt64 = 60

    /// A code that is valid for `seconds` (clamped to `validRange`) from `now` on.
    public init(_ hash: HashedCode, at now: UInt64, validFor seconds: UInt64, boot: BootTime?) {
        let range = IssuedCode.validRange
        self.init(
            hash: hash, issued: now,
            expires: now.addingClamped(max(range.lowerBound, min(seconds, range.upperBound))),
            boot: boot)
    }

    init(hash: HashedCode, issued: UInt64, expires: UInt64, used: UInt64 = 0, boot: BootTime?) {
        self.hash = hash
        self.issued = issued
        self.expires = expires
        self.used = used
        self.boot = boot
    }

    /// Whether a code can be used.
    public enum State: Equatable, Sendable {
        case live
        case used
        case expired
        /// The clock is before the time of issue, and nothing says how much time has passed.
        case beforeIssue
    }

    /// The state at `now`. Until the machine is rebooted, a clock that was set back neither
    /// prolongs nor ends the code.
    public func state(at now: UInt64, boot here: BootTime?) -> State {
        if used != 0 { return .used }
        if now >= expires { return .expired }
        if let boot, let here, boot.id == here.id {
            let elapsed = here.seconds - min(here.seconds, boot.seconds)
            return elapsed < expires - min(expires, issued) ? .live : .expired
        }
        return now.addingClamped(IssuedCode.tolerance) >= issued ? .live : .beforeIssue
    }
}
