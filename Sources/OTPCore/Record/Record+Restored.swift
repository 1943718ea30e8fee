// When records come from a backup, what was used since then is unknown. So everything counts as used
// that could have been.

extension Record {
    /// Ends what may have been used up to `floor`, in Unix seconds:
    ///
    /// - no step of an app counts that a login at that time could have accepted, with `window`;
    /// - a token that counts waits until `otp-enroll resync` has found its counter;
    /// - a temporary code and a code by message that were made before are void;
    /// - backup codes that were made up to `codesFloor` are void: 0 if `replay` has ended those
    ///   that were used, and otherwise, with `nil`, the floor;
    /// - SSH keys have to be trusted anew, because trust may have been revoked.
    ///
    /// The user stays enrolled, and is told what has ended, also by a `replay` after `earlier`,
    /// which is the floor that the record had.
    public mutating func restore(
        to floor: UInt64, after earlier: UInt64 = .max, codesFloor: UInt64? = nil, window: UInt8,
        origin: [UInt8]
    ) {
        let wasEnrolled = isEnrolled
        var ended = takeReplayed(after: earlier, to: floor, by: origin)
        for index in authenticators.indices {
            update(index) { $0.restore(to: floor, window: window) }
        }
        revokeAllTrust()
        if backupCodesLeft > 0, backupCodesMade <= codesFloor ?? floor {
            endBackupCodes()
            ended = [.backupCodes]
        }
        if let code = temporaryCode, code.used == 0, code.issued <= floor {
            if code.expires > floor { ended.append(.temporaryCode) }
            endTemporaryCode(at: floor)
        }
        if authenticators.contains(where: \.awaitsResync) { ended.append(.counter) }
        if let code = messaging.code, code.issued.issued <= floor { messaging.code = nil }
        raiseEpoch()
        guard wasEnrolled else { return }
        note(Event(.restored, at: floor, detail: [], origin: origin).ending(ended))
    }

    /// Ends a temporary code that was not used. It stays where it is: its end must not make the user
    /// one who is not enrolled.
    mutating func endTemporaryCode(at now: UInt64) {
        guard let code = temporaryCode, code.used == 0 else { return }
        temporaryCode = IssuedCode(
            hash: code.hash, issued: code.issued, expires: min(code.expires, now), boot: nil)
    }

    /// Ends the backup codes at these indices. If they are all that is left, they stay, and match
    /// nothing: otherwise the user would count as one who is not enrolled.
    mutating func endBackupCodes(where isEnded: (Int) -> Bool = { _ in true }) {
        let codes = backupCodes
        let ended = codes.indices.filter { codes[$0] != nil && isEnded($0) }
        let isAllThatIsLeft =
            ended.count == codes.left && authenticators.isEmpty && temporaryCode?.used != 0
        let zeros = [UInt8](repeating: 0, count: HashedCode.length)
        let rest = isAllThatIsLeft ? HashedCode(zeros) : nil
        for index in ended { backupCodes[index] = rest }
    }
}

extension Authenticator {
    /// Whether it is a counter that nobody knows for sure, until a resync.
    ///
    /// The drift, which a counter does not have, says so: a resync sets it to 0.
    var awaitsResync: Bool { kind == .hotp && drift != 0 }

    /// Burns what may have been used of it up to `floor`: see `Record.restore`.
    mutating func restore(to floor: UInt64, window: UInt8) {
        switch kind {
        case .hotp: drift = 1
        // A device that is ahead may have used the last step of the window.
        case .totp:
            let next = currentStep(at: floor).addingClamped(UInt64(window) + 1)
            nextStep = max(nextStep, next)
        }
    }
}
