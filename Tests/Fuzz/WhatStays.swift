import CLinux

// What stays as it was, and what is said of it in the log, however a login ended.

extension Trial {
    func checkWhatStays() {
        checkKept(before.now, after.now)
        checkKept(before.now, after.disk, mayLag: true)
        checkLog()
    }

    /// Nothing that is used up comes back, and no enrollment is lost. What is on the disk may lag
    /// behind where nobody was let in.
    private func checkKept(_ before: Look, _ after: Look, mayLag: Bool = false) {
        guard let old = before.summary else {
            if before == .none { expect(after != .broken, "a record that does not open") }
            return
        }
        guard let new = after.summary else {
            expect(mayLag && after == .none, "a record that does not open")
            return
        }
        let isUsedUp = old.authenticators.isEmpty
        expect(!old.isEnrolled || new.isEnrolled || isUsedUp || mayLag, "an enrollment is lost")
        if mayLag { return }
        for (index, device) in old.authenticators.enumerated() {
            guard let other = new.authenticators.firstIndex(where: { $0.name == device.name }),
                new.keys[other] == old.keys[index]
            else { continue }
            expect(
                new.authenticators[other].nextStep >= device.nextStep, "a used step comes back")
        }
        if old.temporaryCode?.used ?? 0 != 0, old.temporaryCode?.hash == new.temporaryCode?.hash {
            expect(new.temporaryCode?.used != 0, "a used temporary code comes back")
        }
        for index in old.backupCodes.indices where old.backupCodes[index] == nil {
            expect(
                new.backupCodes[index] == nil || old.backupCodes.left == 0,
                "a used backup code comes back")
        }
    }

    /// One line at least, unless memory ran out first, fit to be read, and without a secret.
    private func checkLog() {
        let log = setup.pam.log
        expect(
            (!log.isEmpty || result == nil) && log.allSatisfy { isPlain($0) },
            "a log that cannot be read")
        let secrets = Scene.codes.map { Array($0.utf8) } + [Array(Scene.temporaryCode.utf8)]
        for line in log where line.contains(UInt8(ascii: "-")) {
            for start in line.indices where line.count - start >= 14 {
                let rest = line[start...]
                expect(!secrets.contains { rest.starts(with: $0) }, "a secret in the log")
            }
        }
    }
}
