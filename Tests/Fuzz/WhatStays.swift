// What must stay unchanged, and the log's lines about it, however a login ended.

extension TriedLogin {
    func checkWhatStays() {
        // A client that has proven its identity may end all of it.
        if !caller.client.isProven {
            checkKept(before.now, after.now)
            checkKept(before.now, after.disk, mayLag: true)
        }
        checkLog()
        for password in caller.forwarded {
            expect(answers.contains { $0.starts(with: password) }, "a password that nobody typed")
        }
    }

    /// No burned code returns, and no enrollment is lost. The disk may lag behind if nobody was let
    /// in.
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

    /// One line for every login, by the module if only root could prevent it, otherwise by the
    /// service; readable, and without a secret or a stranger's claims.
    private func checkLog() {
        let (told, own) = (caller.log, machine.journal)
        for (priority, line) in told {
            expect(priority < 8 && isPlain(line), "a log that cannot be read")
            checkSecrets(line)
        }
        for line in own {
            expect(isPlain(line), "a log that cannot be read")
            checkSecrets(line)
        }
        guard isLogin else { return }
        // Without those about the options.
        let lines = told.count { $0.priority != 7 }
        let logins = own.count { $0.starts(with: "pam_swiftotp(".utf8) }
        if result != nil, setup.isRootsAlone {
            expect(lines == 1 && own.isEmpty, "not one line by the module")
        } else {
            expect(logins == 1 && own.count == 1, "not one line by the service")
            expect(setup.isRootsAlone || lines == 0, "a line by who could keep it from the log")
        }
        if result != nil, let line = setup.isRootsAlone ? told.last?.line : own.last {
            checkWords(line)
        }
        if !setup.isRoot {
            let hidden = own.allSatisfy { $0.contains(Array("tty= rhost= user=".utf8)) }
            expect(hidden, "a place that a stranger claims")
        }
    }

    /// The log says what happened.
    private func checkWords(_ line: [UInt8]) {
        let words =
            switch result {
            case .success: "login granted;"
            case .ignored: "not asked;"
            case .unavailable: "cannot check;"
            default: "authentication failure;"
            }
        expect(line.contains(Array(words.utf8)), "another end in the log")
    }

    private func checkSecrets(_ line: [UInt8]) {
        guard line.contains(UInt8(ascii: "-")) else { return }
        let secrets = Scene.codes.map { Array($0.utf8) } + [Array(Scene.temporaryCode.utf8)]
        for start in line.indices where line.count - start >= 14 {
            let rest = line[start...]
            expect(!secrets.contains { rest.starts(with: $0) }, "a secret in the log")
        }
    }
}

extension [UInt8] {
    fileprivate func contains(_ text: [UInt8]) -> Bool {
        indices.contains { self[$0...].starts(with: text) }
    }
}
