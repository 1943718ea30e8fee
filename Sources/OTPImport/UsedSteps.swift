import OTPCore

/// Steps that were used elsewhere and must not work here.
enum UsedSteps {
    /// How many steps on each side of a moment are searched for its code: the widest window in
    /// pam_oath's own examples.
    static let reach: UInt64 = 20

    /// The highest step that can honestly have been used by `now`: a day ahead, for clocks that are
    /// off. A later one, perhaps forged, would lock the user out.
    static func limit(now: UInt64, period: UInt16) -> UInt64 {
        TOTP.step(at: min(now, ImportLimits.counter) + 86_400, period: period)
    }

    /// The highest step around `moment` whose code is `code`; `nil` if there is none.
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
