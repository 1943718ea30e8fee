/// Compares an answer with a record, and burns what it matched.
///
/// Every authenticator and every step of the window is computed, whatever has matched (RFC 6238,
/// section 5.2), and comparisons do not branch on the code.
public struct Verifier: Sendable {
    /// Steps accepted on each side of the current one.
    public let window: UInt8

    /// Counters that an HOTP token may be ahead (RFC 4226, section 7.4).
    static let lookAhead = 10
    /// How many steps may be computed to tell the admin how far off a refused code was.
    static let lookAroundBudget = 20

    /// A verifier with `window` steps on each side (0 to 10; more count as 10).
    public init(window: UInt8) {
        self.window = min(window, 10)
    }

    /// The result for an answer.
    public enum Verdict: Equatable, Sendable {
        /// A code of authenticator `index`, `offset` steps from the current one.
        case code(index: Int, offset: Int)
        /// Backup code `index`; `left` are left.
        case backupCode(index: Int, left: Int)
        /// The temporary code.
        case temporaryCode
        /// The code that was sent by a message of this kind.
        case messageCode(MessageKind)
        /// A matching code, but its step was already used, or is before one that was.
        case replayed
        /// Refused: all current codes are burned for `seconds` more, because the clock was once
        /// later.
        case clockMovedBack(seconds: UInt64)
        /// A backup code whose place in the set is empty: used, or never made.
        case usedBackupCode(index: Int)
        /// The temporary code, already used.
        case usedTemporaryCode
        /// The temporary code, too late.
        case expiredTemporaryCode
        /// The temporary code, at a time before its issue.
        case temporaryCodeBeforeIssue
        /// The code that was sent by message, too late.
        case expiredMessageCode
        /// A code of the right device, but this many steps outside the window.
        case outsideWindow(offset: Int)
        /// No match.
        case wrong
    }

    /// Verifies `answer` at `now` and burns what it used.
    ///
    /// If `clockIsSane` is false, TOTP codes are refused, but not backup codes. `boot` limits
    /// temporary codes even if the clock is wrong.
    func verify(
        _ answer: borrowing Answer, against record: inout Record, at now: UInt64,
        boot: BootTime? = nil, clockIsSane: Bool = true, takesMessageCodes: Bool = false
    ) -> Verdict {
        switch answer {
        case .code(let value, let digits):
            let verdict = verify(
                Typed(value: value, digits: digits, isJoined: false), against: &record, at: now,
                clockIsSane: clockIsSane)
            guard digits == MessageCode.digits else { return verdict }
            let code = MessageCode(value: value)
            guard takesMessageCodes, let sent = record.messaging.code else {
                HashedCode.spend(on: code.symbols)
                return verdict
            }
            return verify(code, sent, against: &record, at: now, boot: boot, otherwise: verdict)
        case .joinedCode(let value, let digits):
            return verify(
                Typed(value: value, digits: digits, isJoined: true), against: &record, at: now,
                clockIsSane: clockIsSane)
        case .backupCode(let code):
            return verify(code, against: &record)
        case .temporaryCode(let code):
            return verify(code, against: &record, at: now, boot: boot)
        case .empty: return .wrong
        case .malformed: return .wrong
        }
    }

    // MARK: Codes

    /// The digits that were typed.
    private struct Typed {
        let value: UInt32
        let digits: UInt8
        /// Whether the digits may belong partly to a password.
        let isJoined: Bool

        /// The code for an authenticator with `wanted` digits.
        func code(_ wanted: UInt8) -> UInt32 { isJoined ? value.lastDigits(wanted) : value }

        /// Whether it can be a code of `wanted` digits.
        func fits(_ wanted: UInt8) -> Bool { isJoined ? digits >= wanted : digits == wanted }
    }

    private func verify(
        _ typed: Typed, against record: inout Record, at now: UInt64, clockIsSane: Bool
    ) -> Verdict {
        var accepted: Verdict?
        var replayed = false
        var burntFor: UInt64?
        for index in record.authenticators.indices {
            let authenticator = record.authenticators[index]
            let current = authenticator.currentStep(at: now)
            let match = record.withKey(of: index) {
                search(
                    authenticator, key: $0, around: current,
                    for: typed.code(authenticator.digits))
            }
            guard typed.fits(authenticator.digits), !authenticator.awaitsResync,
                clockIsSane || authenticator.kind == .hotp
            else { continue }
            replayed = replayed || match.used
            burntFor = min(burntFor ?? .max, burnt(authenticator, beyond: current))
            guard match.next > 0 else { continue }
            // Burned in every authenticator that it matches: two may have the same key.
            record.update(index) {
                $0.nextStep = match.next
                $0.lastUsed = now
            }
            let offset = Int(truncatingIfNeeded: (match.next - 1) &- current)
            accepted = accepted ?? .code(index: index, offset: offset)
        }
        if let accepted { return accepted }
        // Only if no authenticator could have accepted anything.
        if let burntFor, burntFor > 0 { return .clockMovedBack(seconds: burntFor) }
        if replayed { return .replayed }
        return lookAround(for: typed, in: record, at: now)
    }

    /// How many seconds of steps are burned beyond the window, which a correct clock cannot have
    /// done.
    private func burnt(_ authenticator: Authenticator, beyond current: UInt64) -> UInt64 {
        let last = current.addingClamped(UInt64(window) + 1)
        guard authenticator.kind == .totp, authenticator.nextStep > last else { return 0 }
        let (seconds, overflow) = (authenticator.nextStep - last)
            .multipliedReportingOverflow(by: UInt64(authenticator.period))
        return overflow ? .max : seconds
    }

    /// What `search` found: one past the highest unused matching step (0 for none), and whether a
    /// used one matches.
    private struct Match {
        var next: UInt64 = 0
        var used = false
    }

    private func search(
        _ authenticator: Authenticator, key: Span<UInt8>, around current: UInt64, for code: UInt32
    ) -> Match {
        let back = authenticator.kind == .hotp ? 0 : min(current, UInt64(window))
        let ahead = authenticator.kind == .hotp ? UInt64(Verifier.lookAhead - 1) : UInt64(window)
        var match = Match()
        var used: UInt64 = 0
        HOTP.codes(
            key: key, first: current - back, count: Int(back + ahead) + 1,
            algorithm: authenticator.algorithm, digits: authenticator.digits
        ) { step, value in
            let fits = isZero(value ^ code)
            // The very last step is never fresh: no later one could burn it.
            let fresh: UInt64 = step >= authenticator.nextStep && step < .max ? 1 : 0
            match.next = max(match.next, (step &+ 1) & (0 &- (fits & fresh)))
            used |= fits & (1 ^ fresh)
        }
        match.used = used != 0
        return match
    }

    /// 1 for zero and 0 for anything else, without a branch.
    private func isZero(_ value: UInt32) -> UInt64 {
        (UInt64(value) &- 1) >> 63
    }

    /// Looks for a refused code outside the window, in at most `lookAroundBudget` steps.
    private func lookAround(
        for typed: Typed, in record: borrowing Record, at now: UInt64
    ) -> Verdict {
        let clocks = record.authenticators.count { $0.kind == .totp && typed.fits($0.digits) }
        guard clocks > 0 else { return .wrong }
        let reach = UInt64(Verifier.lookAroundBudget / (2 * clocks))
        var found: Int?
        for index in record.authenticators.indices {
            let authenticator = record.authenticators[index]
            guard authenticator.kind == .totp, typed.fits(authenticator.digits) else { continue }
            let code = typed.code(authenticator.digits)
            let current = authenticator.currentStep(at: now)
            let edge = UInt64(window) + 1
            let before = current - min(current, edge + reach - 1)
            let after = current.addingClamped(edge)
            for start in [before, after] {
                record.withKey(of: index) { key in
                    HOTP.codes(
                        key: key, first: start, count: Int(reach),
                        algorithm: authenticator.algorithm, digits: authenticator.digits
                    ) { step, value in
                        if value == code { found = Int(truncatingIfNeeded: step &- current) }
                    }
                }
            }
        }
        return found.map { .outsideWindow(offset: $0) } ?? .wrong
    }

    // MARK: Backup codes

    private func verify(_ code: borrowing BackupCode, against record: inout Record) -> Verdict {
        let index = code.index
        guard record.backupCodes.indices.contains(index), let kept = record.backupCodes[index]
        else {
            // The same work as for one that exists.
            HashedCode.spend(on: code.symbols)
            return .usedBackupCode(index: index)
        }
        guard kept.matches(code.symbols) else { return .wrong }
        record.backupCodes[index] = nil
        return .backupCode(index: index, left: record.backupCodesLeft)
    }

    // MARK: Codes by message

    /// Compares a code with the one that was sent; `verdict` is what an authenticator says of it.
    private func verify(
        _ code: borrowing MessageCode, _ sent: SentCode, against record: inout Record,
        at now: UInt64, boot: BootTime?, otherwise verdict: Verdict
    ) -> Verdict {
        guard sent.issued.hash.matches(code.symbols) else { return verdict }
        if case .code = verdict { return verdict }
        switch sent.issued.state(at: now, boot: boot) {
        case .used: return .replayed
        case .expired, .beforeIssue: return .expiredMessageCode
        case .live:
            record.messaging.code?.issued.used = max(1, now)
            return .messageCode(sent.kind)
        }
    }

    /// Does the work that an answer of this form takes at least, when it is not compared.
    static func spend(on answer: borrowing Answer) {
        switch answer {
        case .code(let value, let digits):
            if digits == MessageCode.digits {
                HashedCode.spend(on: MessageCode(value: value).symbols)
            }
        default: break
        }
    }

    // MARK: Temporary codes

    private func verify(
        _ code: borrowing TemporaryCode, against record: inout Record, at now: UInt64,
        boot: BootTime?
    ) -> Verdict {
        guard let kept = record.temporaryCode else {
            HashedCode.spend(on: code.symbols)
            return .wrong
        }
        guard kept.hash.matches(code.symbols) else { return .wrong }
        switch kept.state(at: now, boot: boot) {
        case .used: return .usedTemporaryCode
        case .expired: return .expiredTemporaryCode
        case .beforeIssue: return .temporaryCodeBeforeIssue
        case .live:
            // Never 0, which would mean unused.
            record.temporaryCode?.used = max(1, now)
            return .temporaryCode
        }
    }
}
