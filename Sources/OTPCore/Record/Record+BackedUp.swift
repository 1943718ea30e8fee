// The same user's record from a backup, which takes the place of the one that is here. What was used,
// revoked or removed since the backup must not count again, as far as that is known here.

/// How a record from a backup comes back.
public struct RestoreTerms: Equatable, Sendable {
    /// The time, in Unix seconds.
    public var now: UInt64
    /// How many steps on each side of the current one logins accept.
    public var window: UInt8
    /// Whether backup codes stay good, and tokens that count go on, although nothing here says what
    /// was used since the backup.
    public var keepsCodes: Bool
    /// Whether authenticators come back that were removed here since the backup.
    public var bringsBack: Bool

    public init(at now: UInt64, window: UInt8, keepsCodes: Bool, bringsBack: Bool) {
        (self.now, self.window) = (now, window)
        (self.keepsCodes, self.bringsBack) = (keepsCodes, bringsBack)
    }
}

extension Record {
    /// What became of a record from a backup.
    public struct BackedUp: Equatable, Sendable {
        /// Authenticators that were removed here since, and stay so.
        public var removed: [Name] = []
        /// Those that are here, and not in the backup.
        public var lost: [Name] = []
        /// Tokens that wait for a resync, because nobody knows their counter.
        public var waiting: [Name] = []
        /// How many backup codes ended.
        public var codesEnded = 0
        /// What the user has to replace.
        public var ended: [Event.Ended] = []
        /// Whether everything that logs in was removed here, such as by a reset: the record must not
        /// come back.
        public var isEnded = false

        public init() {}
    }

    /// Whether nothing was ever done with it.
    public var isBlank: Bool { epoch == 0 && happened.isEmpty && !isEnrolled }

    /// Makes this record, from a backup, the one that takes the place of `here`, which may be blank.
    /// The caller notes the event, which tells the user what has ended.
    public mutating func restore(
        over here: borrowing Record, _ terms: RestoreTerms
    ) -> BackedUp {
        var done = BackedUp()
        if !terms.bringsBack {
            done.removed = removeWhatWasRemoved(in: here)
            let isReset = !here.isBlank && !here.isEnrolled
            done.isEnded = isReset || (authenticators.isEmpty && !done.removed.isEmpty)
        }
        for index in authenticators.indices {
            burn(index, over: here, terms)
            if authenticators[index].awaitsResync {
                done.waiting.append(authenticators[index].name)
            }
        }
        rememberKeys(of: here, &done)
        endCodes(over: here, terms, &done)
        if !done.waiting.isEmpty { done.ended.append(.counter) }
        revokeAllTrust()
        epoch = max(epoch, here.epoch)
        raiseEpoch(at: terms.now)
        timesPutOff = max(timesPutOff, here.timesPutOff)
        language = here.language ?? language
        if !here.isBlank {
            // What happened since, and whom failures were counted for.
            (events, notices, throttle) = (here.events, here.notices, here.throttle)
            messaging = here.messaging
        }
        messaging.code = nil
        return done
    }

    /// Removes the authenticators whose keys were removed from `here`; returns their names.
    private mutating func removeWhatWasRemoved(in here: borrowing Record) -> [Name] {
        var names: [Name] = []
        for (index, authenticator) in authenticators.enumerated() {
            let mark = mark(of: index)
            let isHere = here.authenticators.indices.contains { here.mark(of: $0) == mark }
            if !isHere, here.keyMemory.remembers(mark) { names.append(authenticator.name) }
        }
        for name in names {
            // It is there.
            try? remove(name)
        }
        return names
    }

    /// Burns what may have been used of authenticator `index` until now.
    private mutating func burn(
        _ index: Int, over here: borrowing Record, _ terms: RestoreTerms
    ) {
        let known = here.use(of: authenticators[index], mark(of: index))
        update(index) { authenticator in
            if let known {
                authenticator.nextStep = max(authenticator.nextStep, known.nextStep)
                authenticator.drift = known.drift ?? authenticator.drift
            }
            // Nothing can have been used of a token whose counter is known, or whose user says so.
            let isKnown = known?.isCertain == true || terms.keepsCodes
            if authenticator.kind == .totp || !isKnown {
                authenticator.restore(to: terms.now, window: terms.window)
            }
        }
    }

    /// How far a key was used.
    private struct Use {
        var nextStep: UInt64
        /// What the last resync found; `nil` if that is not known any more.
        var drift: Int16?
        /// Whether nothing can have been used after that.
        var isCertain: Bool { drift != nil }
    }

    /// How far the key of this mark was used in this record; `nil` if nobody knows.
    private func use(of authenticator: Authenticator, _ mark: KeyMemory.Mark) -> Use? {
        let index = authenticators.indices.first { self.mark(of: $0) == mark }
        if let index {
            let same = authenticators[index]
            guard same.kind == authenticator.kind,
                same.kind == .hotp || same.period == authenticator.period
            else { return nil }
            return Use(nextStep: same.nextStep, drift: same.drift)
        }
        let next = keyMemory.nextStep(of: authenticator, mark)
        return next > 0 ? Use(nextStep: next, drift: nil) : nil
    }

    /// Remembers how far keys were used that are in `here` alone.
    private mutating func rememberKeys(of here: borrowing Record, _ done: inout BackedUp) {
        for (index, theirs) in here.authenticators.enumerated() {
            let mark = here.mark(of: index)
            if authenticators.indices.contains(where: { self.mark(of: $0) == mark }) { continue }
            keyMemory.remember(theirs, mark)
            done.lost.append(theirs.name)
        }
        keyMemory.remember(here.keyMemory)
    }

    /// Ends backup codes and the temporary code.
    private mutating func endCodes(
        over here: borrowing Record, _ terms: RestoreTerms, _ done: inout BackedUp
    ) {
        let left = backupCodesLeft
        restoreBackupCodes(over: here, terms)
        if terms.keepsCodes {
            done.codesEnded = max(0, left - backupCodesLeft)
        } else {
            done.codesEnded = max(left, here.backupCodesLeft)
            if done.codesEnded > 0 { done.ended.append(.backupCodes) }
        }
        // If there is a record here, its code was the one that counted.
        let code = here.isBlank ? temporaryCode : here.temporaryCode
        if let code, code.used == 0, code.expires > terms.now {
            done.ended.append(.temporaryCode)
        }
        endTemporaryCode(at: terms.now)
    }

    /// Ends the backup codes, or those that are known to be used.
    private mutating func restoreBackupCodes(over here: borrowing Record, _ terms: RestoreTerms) {
        guard terms.keepsCodes else {
            if backupCodesLeft > 0 { endBackupCodes() }
            return
        }
        if here.backupCodesMade > backupCodesMade {
            (backupCodes, backupCodesMade) = (here.backupCodes, here.backupCodesMade)
        } else if here.backupCodesMade == backupCodesMade, !here.isBlank {
            for index in backupCodes.indices where backupCodes[index] != here.backupCodes[index] {
                backupCodes[index] = nil
            }
        }
    }
}
