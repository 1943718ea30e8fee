// A new authenticator by swiftotpd: made by `begin`, kept by `confirm`.

extension HelperSession {
    /// Whether the user may enroll another authenticator now; why not, where not.
    private func refusalToBegin(_ record: borrowing Record) -> HelperReply.Denial? {
        if record.isEnrolled { return isProven ? nil : .proofNeeded }
        return options.firstEnrollment == .open ? nil : .policy
    }

    mutating func begin(_ device: HelperRequest.NewDevice) throws(StoreError) -> [UInt8] {
        pending = nil
        let now = try clock.now()
        guard now >= Attempt.earliestTime else {
            throw StoreError(.clock, [], "this machine's clock is years behind")
        }
        var names: [Name] = []
        var denial: HelperReply.Denial?
        if let session = try openIfThere() {
            defer { session.close() }
            session.withRecord { record in
                denial = refusalToBegin(record)
                names = record.authenticators.map { $0.name }
            }
        } else {
            denial = refusalToBegin(Record())
        }
        if let denial { return HelperReply.deniedMessage(denial) }
        guard let name = device.name ?? Name.free(beside: names),
            names.contains(name) || names.count < Record.maximumAuthenticators,
            var authenticator = Authenticator(
                name: name, kind: device.kind, algorithm: device.algorithm, digits: device.digits,
                period: device.period, added: now)
        else { return HelperReply.deniedMessage(.full) }
        authenticator.nextStep = device.counter
        var bytes = try random.bytes(Authenticator.keyLength)
        let key = Secret(wiping: &bytes)
        let reply = HelperReply.deviceMessage(
            name: name, replaces: names.contains(name), key: key)
        pending = Pending(authenticator: authenticator, key: key, replaces: names.contains(name))
        return reply
    }

    mutating func confirm(_ answer: borrowing Answer) throws(StoreError) -> [UInt8] {
        guard var begun = pending.take() else { return HelperReply.deniedMessage(.nothingBegun) }
        let now = try clock.now()
        let confirmation = Confirmation(
            authenticator: begun.authenticator, window: options.window)
        var verdict = Confirmation.Verdict.wrong
        switch answer {
        case .code(let value, let digits):
            verdict = begun.key.withBytes {
                confirmation.judge(value, digits: digits, key: $0, at: now)
            }
        case .backupCode: break
        case .joinedCode: break
        case .temporaryCode: break
        case .empty: break
        case .malformed: break
        }
        guard case .right(let nextStep, let skew) = verdict else {
            begun.tries += 1
            if begun.tries < Self.maximumTries { pending = consume begun }
            return HelperReply.verdictMessage(verdict)
        }
        begun.authenticator.nextStep = nextStep
        return try keep(begun, skew: skew, at: now)
    }

    private func keep(
        _ begun: borrowing Pending, skew: Int, at now: UInt64
    ) throws(StoreError) -> [UInt8] {
        let name = begun.authenticator.name
        let event = Event(.added, at: now, detail: name.bytes, origin: origin)
        for _ in 0..<16 {
            var result = KeepResult.denied(.full)
            if let session = try openIfThere() {
                defer { session.close() }
                var failure: StoreError?
                session.withRecord { record in
                    do throws(StoreError) {
                        result = try put(begun, into: &record, event)
                    } catch {
                        failure = error
                    }
                }
                if let failure { throw failure }
                if case .kept = result { try session.commit() }
            } else {
                var record = Record()
                result = try put(begun, into: &record, event)
                if case .kept = result {
                    do throws(StoreError) {
                        try makeRecord(record, user)
                    } catch {
                        guard error.code == .exists else { throw error }
                        continue
                    }
                }
            }
            switch result {
            case .denied(let denial): return HelperReply.deniedMessage(denial)
            case .kept(let codes):
                journal(.changed(event))
                return HelperReply.keptMessage(
                    name: name, replaced: begun.replaces, skew: skew, codes: codes)
            }
        }
        throw StoreError(.busy, user.name, "somebody else is changing the record all the time")
    }

    private enum KeepResult {
        case kept([String])
        case denied(HelperReply.Denial)
    }

    private func put(
        _ begun: borrowing Pending, into record: inout Record, _ event: Event
    ) throws(StoreError) -> KeepResult {
        // Afresh: what was true when it began may not be any more.
        if let denial = refusalToBegin(record) { return .denied(denial) }
        let isTaken = record.authenticators.contains { $0.name == begun.authenticator.name }
        guard begun.replaces || !isTaken else { return .denied(.nameTaken) }
        let isAdded = begun.key.withBytes { key in
            do throws(Record.ChangeError) {
                try record.add(begun.authenticator, key: key)
                return true
            } catch {
                return false
            }
        }
        guard isAdded else { return .denied(.full) }
        var codes: [String] = []
        if record.backupCodesLeft == 0 {
            codes = try record.renewedBackupCodes(at: event.time, random: random)
        }
        record.note(event)
        return .kept(codes)
    }
}

extension Name {
    /// `phone`, or the first of `phone-2`, `phone-3`, ... that is not among `taken`.
    public static func free(beside taken: [Name]) -> Name? {
        for number in 1...taken.count + 1 {
            let text = number == 1 ? "phone" : "phone-\(number)"
            if let name = Name(text.utf8), !taken.contains(name) { return name }
        }
        return nil
    }
}
