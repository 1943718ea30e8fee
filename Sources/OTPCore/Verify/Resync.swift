/// Two codes that a device showed in succession, to find its clock or counter (RFC 4226, section
/// 7.4; RFC 6238, section 6).
public struct Resync: Sendable {
    let first: UInt32
    let second: UInt32
    let digits: UInt8
    /// The authenticator they belong to; `nil` for any that they match.
    let name: Name?

    /// How far a device's clock may be off, in seconds: half a day, which covers a wrong time zone.
    /// Two codes of six digits match by chance once in 10^12.
    public static let clockReach: UInt64 = 43_200
    /// How far a counter may be ahead.
    public static let counterReach: UInt64 = 1000

    /// `nil` if the answers are not two codes of the same length.
    public init?(_ first: borrowing Answer, _ second: borrowing Answer, of name: Name?) {
        guard let first = Resync.code(first), let second = Resync.code(second),
            first.digits == second.digits
        else { return nil }
        self.first = first.value
        self.second = second.value
        digits = first.digits
        self.name = name
    }

    private static func code(_ answer: borrowing Answer) -> (value: UInt32, digits: UInt8)? {
        switch answer {
        case .code(let value, let digits): return (value, digits)
        case .backupCode: return nil
        case .joinedCode: return nil
        case .temporaryCode: return nil
        case .empty: return nil
        case .malformed: return nil
        }
    }

    /// The kind of the named authenticator, or of the only one; `nil` for several.
    func kind(in record: borrowing Record) -> Authenticator.Kind? {
        var kind: Authenticator.Kind?
        for authenticator in record.authenticators where name == nil || authenticator.name == name {
            if kind != nil && kind != authenticator.kind { return nil }
            kind = authenticator.kind
        }
        return kind
    }

    /// Finds the two codes, sets drift or counter from them, and burns both.
    func run(on record: inout Record, at now: UInt64) -> Outcome {
        var replayed = false
        for index in record.authenticators.indices {
            let authenticator = record.authenticators[index]
            guard authenticator.digits == digits, name == nil || authenticator.name == name else {
                continue
            }
            let range = Resync.range(authenticator, at: now)
            guard let step = find(authenticator, in: range, of: record, index, at: now) else {
                continue
            }
            // Used steps stay used, unless no correct clock can have used them.
            guard
                step >= authenticator.nextStep || Resync.isPoisoned(authenticator, at: now)
            else {
                replayed = true
                continue
            }
            let plain = TOTP.step(at: now, period: authenticator.period)
            let drift = authenticator.kind == .totp ? Resync.offset(step + 1, from: plain) : 0
            record.update(index) {
                $0.nextStep = step + 2
                $0.drift = drift
            }
            return .granted(.code(authenticator: authenticator.name, offset: Int(drift)))
        }
        return .refused(replayed ? .replayed : .wrong)
    }

    /// The steps that are checked, around the clock or ahead of the counter.
    private static func range(
        _ authenticator: Authenticator, at now: UInt64
    ) -> (first: UInt64, last: UInt64) {
        switch authenticator.kind {
        case .hotp:
            let first = authenticator.nextStep
            return (first, min(first.addingClamped(counterReach), .max - 3))
        case .totp:
            let current = TOTP.step(at: now, period: authenticator.period)
            let reach = clockReach / UInt64(authenticator.period)
            return (current - min(current, reach), current.addingClamped(reach))
        }
    }

    /// Whether steps are burned that are further ahead than a clock may be off, counted from the
    /// device's last position; one at the end of the range burns steps beyond it.
    private static func isPoisoned(_ authenticator: Authenticator, at now: UInt64) -> Bool {
        guard authenticator.kind == .totp else { return false }
        let reach = clockReach / UInt64(authenticator.period)
        return authenticator.nextStep > authenticator.currentStep(at: now).addingClamped(reach)
    }

    /// The step of the first code, if the second follows it: the one nearest to now.
    private func find(
        _ authenticator: Authenticator, in range: (first: UInt64, last: UInt64),
        of record: borrowing Record, _ index: Int, at now: UInt64
    ) -> UInt64? {
        guard range.first <= range.last else { return nil }
        let current =
            authenticator.kind == .hotp
            ? authenticator.nextStep : TOTP.step(at: now, period: authenticator.period)
        var found: UInt64?
        var before: UInt32?
        record.withKey(of: index) { key in
            HOTP.codes(
                key: key, first: range.first, count: Int(range.last - range.first) + 2,
                algorithm: authenticator.algorithm, digits: authenticator.digits
            ) { step, value in
                if before == first && value == second {
                    let earlier = found.map { Resync.distance($0, current) } ?? .max
                    if Resync.distance(step - 1, current) < earlier { found = step - 1 }
                }
                before = value
            }
        }
        return found
    }

    private static func distance(_ left: UInt64, _ right: UInt64) -> UInt64 {
        left > right ? left - right : right - left
    }

    /// `step` - `other`, which are at most `clockReach` apart.
    private static func offset(_ step: UInt64, from other: UInt64) -> Int16 {
        let size = Int16(clamping: distance(step, other))
        return step >= other ? size : -size
    }
}
