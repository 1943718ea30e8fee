import OTPCore
import OTPStore

/// The way to a second factor for whoever may open the store: root, or its owner.
struct StoreAccess: Access {
    let workplace: Workplace

    func look<Result>(_ body: (borrowing Record) -> Result) throws -> Result? {
        guard let session = try workplace.store()?.openForReading(workplace.user) else {
            return nil
        }
        defer { session.close() }
        return session.withRecord { body($0) }
    }

    func isEnrolled() throws -> Bool {
        guard let store = try workplace.store() else { return false }
        return try store.isEnrolled(workplace.user)
    }

    func attempt(_ typed: inout [UInt8]) throws -> Explanation {
        let answer = Answer(typed.span)
        Secret.wipe(&typed)
        guard let session = try workplace.store()?.open(workplace.user) else {
            return Explanation(.refused(.noRecord), authenticators: [])
        }
        defer { session.close() }
        return try attempt(answer, on: session)
    }

    private func attempt(
        _ answer: borrowing Answer, on session: RecordFile
    ) throws -> Explanation {
        let outcome = try workplace.attempt(answer, on: session)
        return Explanation(outcome, authenticators: session.withRecord { $0.authenticators })
    }

    // MARK: Changes

    func renewBackupCodes() throws -> [String] {
        try workplace.change(.codesRenewed) { record, now in
            // Afresh: what was true when we looked may not be any more.
            guard record.isEnrolled else { throw workplace.notEnrolled }
            return try record.renewedBackupCodes(at: now, random: SystemRandom())
        }
    }

    func remove(_ name: Name) throws -> [Name] {
        try workplace.change(.removed, detail: name.bytes) { record, _ in
            // Afresh, as above.
            let names = record.authenticators.map(\.name)
            guard names.contains(name) else { throw unknown(name.text) }
            guard names.count > 1 else { throw last(name) }
            do throws(Record.ChangeError) {
                try record.remove(name)
            } catch {
                throw unknown(name.text)
            }
            return record.authenticators.map(\.name)
        }
    }

    func revokeTrust(in fingerprint: [UInt8]?) throws {
        try workplace.edit(makesRecord: false) { record, now in
            var detail: [UInt8] = []
            if let fingerprint {
                guard let name = record.revokeTrust(in: fingerprint) else { throw notTrusted }
                detail = name.bytes
            } else {
                guard record.revokeAllTrust() > 0 else { throw notTrusted }
            }
            return ((), workplace.event(.trustRevoked, detail: detail, at: now))
        }
    }

    func disable() throws {
        guard Machine.isRoot || workplace.options.userMayDisable else { throw disablingIsRoots }
        // No lock while somebody types.
        var typed = Machine.isRoot ? [] : Terminal.readAnswer(UserText.question)
        let answer = Answer(typed.span)
        Secret.wipe(&typed)
        guard let session = try workplace.store()?.open(workplace.user) else {
            throw workplace.notEnrolled
        }
        defer { session.close() }
        if !Machine.isRoot { try attempt(answer, on: session).require(of: userName) }
        let event = workplace.event(.disabled, at: try SystemClock().now())
        session.withRecord { record in
            record.removeAll()
            record.note(event)
        }
        try session.commit()
        // Before the mail, which may take its time.
        session.close()
        workplace.announce(event)
    }

    // MARK: A new authenticator

    func begin(_ wish: Enrollment.Wish) throws -> NewAuthenticator {
        let names = try look { $0.authenticators.map(\.name) } ?? []
        let wished = wish.device.name
        if names.count >= Record.maximumAuthenticators, !names.contains(where: { $0 == wished }) {
            throw full
        }
        guard let name = wished ?? .free(beside: names),
            let authenticator = Authenticator(
                wish.device, name: name, added: try SystemClock().now())
        else { throw full }
        let key =
            if let file = wish.keyFile { try KeyText.read(file) } else {
                try SystemRandom().secret(Authenticator.keyLength)
            }
        return try NewAuthenticator(
            authenticator, wish, replaces: names.contains(name), key: key)
    }

    func judge(
        _ typed: Span<UInt8>, _ value: UInt32, _ digits: UInt8, of new: borrowing NewAuthenticator
    ) throws -> Confirmation.Verdict {
        let confirmation = Confirmation(
            authenticator: new.authenticator, window: workplace.options.window)
        let now = try SystemClock().now()
        return new.key.withBytes { confirmation.judge(value, digits: digits, key: $0, at: now) }
    }

    func keep(
        _ new: borrowing NewAuthenticator, _ wish: Enrollment.Wish
    ) throws -> Enrollment.Result {
        try workplace.edit(makesRecord: true) { record, now in
            let result = try put(new, wish, into: &record, at: now)
            return (result, workplace.event(.added, detail: result.name.bytes, at: now))
        }
    }

    private func put(
        _ new: borrowing NewAuthenticator, _ wish: Enrollment.Wish, into record: inout Record,
        at now: UInt64
    ) throws -> Enrollment.Result {
        let names = record.authenticators.map(\.name)
        // Without a wish, another name is as good where this one was taken meanwhile.
        guard let name = wish.device.name ?? .free(beside: names) else { throw full }
        // Nobody agreed to the end of one that came up since.
        if names.contains(name), !new.replaces { throw taken(name) }
        var authenticator = new.authenticator
        authenticator.name = name
        try new.key.withBytes { key in
            do throws(Record.ChangeError) {
                try record.add(authenticator, key: key)
            } catch {
                throw full
            }
        }
        let hasCodes = record.backupCodesLeft > 0
        let codes = hasCodes ? [] : try record.renewedBackupCodes(at: now, random: SystemRandom())
        return Enrollment.Result(
            name: name, backupCodes: codes, replaced: names.contains(name))
    }
}
