import OTPCore

/// Steps that were used there and must not work here.
enum UsedSteps {
    /// Steps on each side of a moment in which its code is looked for: the widest window that
    /// pam_oath's own examples have.
    static let reach: UInt64 = 20

    /// The highest step that can honestly have been used by `now`: a day ahead, for clocks that
    /// are off. A later one, which a stranger may have written, would shut the user out.
    static func limit(now: UInt64, period: UInt16) -> UInt64 {
        TOTP.step(at: min(now, ImportLimits.counter) + 86_400, period: period)
    }

    /// The highest step around `moment` whose code is `code`; `nil` where there is none.
    static func find(
        _ code: UInt64, of token: ImportedToken, around moment: UInt64
    ) -> UInt64? {
        let middle = TOTP.step(at: min(moment, ImportLimits.counter), period: token.period)
        let first = middle - min(middle, reach)
        return token.key.withBytes { key in
            (first...middle + reach).last {
                HOTP.code(
                    key: key, factor: $0, algorithm: token.algorithm, digits: token.digits)
                    == code
            }
        }
    }
}
