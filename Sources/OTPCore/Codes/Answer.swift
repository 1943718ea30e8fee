/// What somebody typed at the prompt, classified by its form alone.
///
/// Spaces and hyphens are ignored, only ASCII counts, and nothing is looked up: all answers of one
/// form cost the same.
public enum Answer: ~Copyable {
    /// A code of an authenticator: its value and how many digits were typed (6 to 8).
    case code(value: UInt32, digits: UInt8)
    /// The digits at the end of a password (6 to 8), of which each authenticator uses as many as
    /// its codes have.
    case joinedCode(value: UInt32, digits: UInt8)
    /// One of the backup codes.
    case backupCode(BackupCode)
    /// A code that an admin issued.
    case temporaryCode(TemporaryCode)
    /// Nothing at all.
    case empty
    /// Anything else: a password, too long, control bytes, digits other than ASCII.
    case malformed

    /// The longest answer that is examined, in bytes; a longer one is malformed.
    public static let maximumLength = 64

    /// Whether nothing was typed.
    var isEmpty: Bool {
        switch self {
        case .empty: true
        default: false
        }
    }

    /// Whether it has the form of a backup code or a temporary code.
    var isLong: Bool {
        switch self {
        case .backupCode: true
        case .temporaryCode: true
        default: false
        }
    }

    /// Whether it has the form of a temporary code.
    var isTemporaryCode: Bool {
        switch self {
        case .temporaryCode: true
        default: false
        }
    }

    /// Whether it has the form of a code that is good for a time only: a temporary code, or one by
    /// message.
    var endsWithTime: Bool {
        switch self {
        case .code(_, let digits): digits == MessageCode.digits
        default: isTemporaryCode
        }
    }

    /// Classifies what was typed.
    public init(_ typed: Span<UInt8>) {
        guard !typed.isEmpty else {
            self = .empty
            return
        }
        guard typed.count <= Answer.maximumLength else {
            self = .malformed
            return
        }
        var kept: [UInt8] = []
        kept.reserveCapacity(typed.count)
        for index in typed.indices
        where typed[index] != UInt8(ascii: " ") && typed[index] != UInt8(ascii: "-") {
            kept.append(typed[index])
        }
        self = Answer.read(kept.span)
        Secret.wipe(&kept)
    }

    private static func read(_ kept: Span<UInt8>) -> Answer {
        if kept.isEmpty { return .empty }
        if let digits = UInt8(exactly: kept.count), HOTP.digitsRange.contains(digits) {
            var value: UInt32 = 0
            for index in kept.indices {
                let byte = kept[index]
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
                    return .malformed
                }
                // At most eight digits, which a UInt32 holds.
                value = value &* 10 &+ UInt32(byte &- UInt8(ascii: "0"))
            }
            return .code(value: value, digits: digits)
        }
        if let code = BackupCode(typed: kept) { return .backupCode(code) }
        if let code = TemporaryCode(typed: kept) { return .temporaryCode(code) }
        return .malformed
    }
}
