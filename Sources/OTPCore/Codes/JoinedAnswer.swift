/// A password followed directly by a code, for programs with one field (`forward_pass`).
///
/// A backup or temporary code is recognized by its groups and hyphens, as it is handed out.
/// Anything else ends in the digits of a code, as many as the matching authenticator has.
public enum JoinedAnswer {
    /// The longest answer that is examined, in bytes (PAM_MAX_RESP_SIZE).
    static let maximumLength = 512

    /// The digits of a code if no authenticator says how many.
    static let usualDigits: UInt8 = 6

    /// The code at the end of `typed`.
    static func answer(_ typed: Span<UInt8>) -> Answer {
        guard !typed.isEmpty else { return .empty }
        guard typed.count <= maximumLength else { return .malformed }
        if let start = groupedCode(typed) { return Answer(typed.extracting(start...)) }
        var value: UInt32 = 0
        var digits: UInt8 = 0
        var place: UInt32 = 1
        while digits < HOTP.digitsRange.upperBound, Int(digits) < typed.count {
            let byte = typed[typed.count - 1 - Int(digits)]
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { break }
            // At most eight digits, which a UInt32 holds.
            value &+= place &* UInt32(byte &- UInt8(ascii: "0"))
            place = place &* 10
            digits += 1
        }
        guard digits >= HOTP.digitsRange.lowerBound else { return .malformed }
        return .joinedCode(value: value, digits: digits)
    }

    /// How many bytes at the end of `typed` can be a code: a code in groups, or up to eight digits.
    public static func reach(of typed: Span<UInt8>) -> Int {
        if typed.count <= maximumLength, let start = groupedCode(typed) {
            return typed.count - start
        }
        var count = 0
        while count < min(Int(HOTP.digitsRange.upperBound), typed.count),
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(typed[typed.count - 1 - count])
        {
            count += 1
        }
        return count
    }

    /// How many bytes at the end of `typed` are the code, for an authenticator with that many
    /// digits. Everything before them is the password.
    static func codeLength(_ typed: Span<UInt8>, digits: UInt8) -> Int {
        if typed.count <= maximumLength, let start = groupedCode(typed) {
            return typed.count - start
        }
        return min(Int(digits), typed.count)
    }

    /// Where a backup or temporary code in groups begins.
    private static func groupedCode(_ typed: Span<UInt8>) -> Int? {
        for group in [5, 4] {
            let length = 3 * group + 2
            guard typed.count >= length else { continue }
            let start = typed.count - length
            let hyphen = UInt8(ascii: "-")
            guard typed[start + group] == hyphen, typed[start + 2 * group + 1] == hyphen else {
                continue
            }
            switch Answer(typed.extracting(start...)) {
            case .backupCode: return start
            case .temporaryCode: return start
            default: continue
            }
        }
        return nil
    }
}

extension UInt32 {
    /// The last `digits` decimal digits (at most 9).
    func lastDigits(_ digits: UInt8) -> UInt32 {
        var power: UInt32 = 1
        for _ in 0..<Swift.min(digits, 9) { power = power &* 10 }
        return self % power
    }
}
