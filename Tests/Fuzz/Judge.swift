/// Checks what must never happen, whatever the input.
struct Judge {
    /// The codes that let somebody in.
    private var spent: Set<[UInt8]> = []

    mutating func check(_ trial: TriedLogin) {
        switch trial.result {
        case .success: checkGranted(trial)
        case .ignored: checkIgnored(trial)
        case .refused: checkCounted(trial)
        case .unavailable, .conversationFailed, nil: break
        }
        if trial.setup.options == nil || !trial.setup.mayAsk {
            expect(
                trial.result == .unavailable || trial.result == nil,
                "wrong options, or another user's program, and it goes on")
        }
        if trial.caller.client.replies > 0 {
            checkClient(trial)
        } else if !trial.setup.mayAsk {
            expect(trial.before.now == trial.after.now, "a change by who may not")
        }
        checkRightCode(trial)
        trial.checkWhatStays()
    }

    // MARK: Let in

    private mutating func checkGranted(_ trial: TriedLogin) {
        guard let options = trial.setup.options, trial.setup.user != nil, trial.setup.mayAsk else {
            mistake("let in without options or user")
        }
        if options.admitsSecurityKeys,
            trial.setup.methods?.keys.contains(where: \.isSecurityKey) == true
        {
            return
        }
        guard let disk = trial.after.disk.summary else {
            mistake("let in without a record on the disk")
        }
        guard let before = trial.before.now.summary, before.isEnrolled else {
            guard trial.before.now != .broken, mayEnroll(trial, options),
                isEnrolled(by: trial, disk)
            else { mistake("let in without a record") }
            return
        }
        let byCode = burn(before, disk, trial, options)
        let byBackup = burnBackupCode(before, disk, trial)
        let byTemporary = burnTemporaryCode(before, disk, trial)
        expect(
            byCode || byBackup || byTemporary || isTrusted(before, disk, trial, options),
            "let in without a right code")
        // Long codes cannot be guessed, so waits do not hold them up.
        expect(
            byBackup || byTemporary || trial.mayTry(before.throttle),
            "let in while the throttle says no")
    }

    private mutating func spend(_ code: [UInt8]) {
        expect(spent.insert(code).inserted, "a code counts twice")
    }

    /// Whether a typed code of a device was burned on the disk.
    private mutating func burn(
        _ before: Summary, _ disk: Summary, _ trial: TriedLogin, _ options: Options
    ) -> Bool {
        var isBurnt = false
        for (index, device) in before.authenticators.enumerated() {
            let key = before.keys[index]
            guard let other = disk.authenticators.firstIndex(where: { $0.name == device.name }),
                disk.keys[other] == key
            else { continue }
            let next = disk.authenticators[other].nextStep
            guard next > device.nextStep else { continue }
            let step = next - 1
            guard trial.isTyped(HOTP.typed(step, of: device, key)) else {
                mistake("a step is burnt that nobody typed")
            }
            let now = UInt64(max(0, trial.now))
            let current = device.currentStep(at: now)
            if device.kind == .totp {
                expect(now >= MachineTime.earliest, "a code of a clock that cannot be right")
                let distance = step > current ? step - current : current - step
                expect(distance <= UInt64(options.window), "a code outside the window")
            } else {
                expect(step >= current && step < current + 10, "a counter outside the window")
            }
            spend(key + withUnsafeBytes(of: step.bigEndian) { Array($0) })
            isBurnt = true
        }
        return isBurnt
    }

    private mutating func burnBackupCode(
        _ before: Summary, _ disk: Summary, _ trial: TriedLogin
    ) -> Bool {
        for index in before.backupCodes.indices {
            guard let kept = before.backupCodes[index], disk.backupCodes[index] != kept else {
                continue
            }
            guard trial.isTypedBackup(index, kept) else { continue }
            spend(kept.bytes)
            return true
        }
        return false
    }

    private mutating func burnTemporaryCode(
        _ before: Summary, _ disk: Summary, _ trial: TriedLogin
    ) -> Bool {
        guard let kept = before.temporaryCode, kept.used == 0, disk.temporaryCode?.used != 0,
            trial.isTypedTemporary(kept)
        else { return false }
        spend(kept.hash.bytes)
        return true
    }

    private func isTrusted(
        _ before: Summary, _ disk: Summary, _ trial: TriedLogin, _ options: Options
    ) -> Bool {
        guard options.trustsKeys, let key = trial.setup.methods?.key else { return false }
        let (now, fingerprint) = (UInt64(max(0, trial.now)), key.fingerprint)
        return [before, disk].allSatisfy { record in
            record.trusted.contains {
                $0.fingerprint == fingerprint && $0.isLive(at: now, days: options.trustDays)
            }
        }
    }

    // MARK: Enrolling

    private func mayEnroll(_ trial: TriedLogin, _ options: Options) -> Bool {
        guard options.enroll != .off, options.firstEnrollment != .root else { return false }
        guard trial.setup.isRoot else {
            return options.followsFirstFactor && options.firstEnrollment == .open
        }
        return options.followsFirstFactor || trial.setup.methods?.provesUser == true
    }

    /// Whether the record on the disk has a device whose first code was typed.
    private func isEnrolled(by trial: TriedLogin, _ disk: Summary) -> Bool {
        disk.authenticators.indices.contains { (index: Int) -> Bool in
            let device = disk.authenticators[index]
            guard device.nextStep > 0 else { return false }
            let code = HOTP.typed(device.nextStep - 1, of: device, disk.keys[index])
            return trial.answers.contains { answer in
                answer.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "-") } == code
            }
        }
    }

    // MARK: Not asked

    private func checkIgnored(_ trial: TriedLogin) {
        guard let options = trial.setup.options, trial.setup.user != nil else {
            mistake("passed without options or user")
        }
        if options.exemptGroup == Array("staff".utf8), trial.machine.groups.contains(500) {
            return
        }
        // The core's own tests check which addresses belong to which networks.
        if options.exemptNetworks != nil, trial.setup.isRoot,
            options.followsFirstFactor || trial.setup.methods?.provesUser == true
        {
            return
        }
        expect(options.nullok || mayEnroll(trial, options), "passed without the admin's word")
        expect(!trial.before.now.isEnrolled, "passed in spite of being enrolled")
        expect(trial.before.now != .broken, "passed with a store that cannot be read")
    }

    // MARK: A user's own requests

    /// Users change nothing of their own without a code, and begin only what the admin allows them.
    private mutating func checkClient(_ trial: TriedLogin) {
        let client = trial.caller.client
        expect(trial.result == nil, "a login out of another request")
        let (before, after) = (trial.before.now.summary, trial.after.now.summary)
        guard let before, before.isEnrolled else {
            guard let after, after.isEnrolled else { return }
            expect(
                trial.setup.fileOptions?.firstEnrollment == .open && isEnrolled(by: trial, after),
                "enrolled without a code, or against the admin's word")
            return
        }
        if client.isProven {
            guard !client.hasChanged, let after, let options = trial.setup.fileOptions else {
                return
            }
            let byCode = burn(before, after, trial, options)
            let byBackup = burnBackupCode(before, after, trial)
            let byTemporary = burnTemporaryCode(before, after, trial)
            expect(byCode || byBackup || byTemporary, "proven without a right code")
        } else {
            expect(!client.hasChanged, "a change without a proof")
            expect(
                before.keys == after?.keys
                    && before.authenticators.map { $0.name }
                        == after?.authenticators.map { $0.name },
                "a change without a proof")
        }
    }

    // MARK: Refused

    /// Every try made without a fault is counted.
    private func checkCounted(_ trial: TriedLogin) {
        guard trial.isSmooth, let before = trial.before.now.summary, before.isEnrolled,
            let answer = trial.answers.first, trial.setup.password == nil,
            trial.setup.options?.forwardsPass == false, trial.mayTry(before.throttle)
        else { return }
        guard before.counts(answer) else { return }
        expect(
            (trial.after.now.summary?.throttle.failures ?? 0) > before.throttle.failures,
            "a try that is not counted")
    }

    /// A fresh code typed at once lets the user in, if nothing fails.
    private func checkRightCode(_ trial: TriedLogin) {
        guard trial.isSmooth, let options = trial.setup.options,
            let before = trial.before.now.summary, before.isEnrolled, trial.setup.password == nil,
            !options.usesFirstPass, !options.forwardsPass, let answer = trial.answers.first,
            answer.count <= 64, trial.now >= Int64(MachineTime.earliest), trial.machine.isFree,
            trial.mayTry(before.throttle)
        else { return }
        for (index, device) in before.authenticators.enumerated() where device.kind == .totp {
            let current = device.currentStep(at: UInt64(trial.now))
            let code = HOTP.typed(current, of: device, before.keys[index])
            guard current >= device.nextStep, answer == code, before.counts(answer) else {
                continue
            }
            expect(trial.result == .success, "a right code is refused")
        }
    }
}
