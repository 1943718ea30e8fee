/// Puts a confirmed device into the record of its user, who may not have one yet.
struct EnrollmentKeeper<Records: LoginStore, Random: Randomness> {
    let records: Records
    let random: Random
    let authenticator: Authenticator
    let purpose: EnrollmentPurpose
    /// What is noted about it.
    let event: Event

    /// Keeps the device, and gives new backup codes where none were left; `nil` where somebody
    /// else changed the record meanwhile so that there is no place for it any more.
    func keep(_ key: borrowing Secret, of user: User) throws(StoreError) -> [String]? {
        // Made and removed again all the time it could go on for ever.
        for _ in 0..<16 {
            if let session = try records.open(user) {
                defer { session.close() }
                guard session.withRecord({ put(key, into: &$0) }) else { return nil }
                let codes = try renewCodes(of: session)
                try session.commit()
                return codes
            }
            var record = Record()
            guard put(key, into: &record) else { return nil }
            let codes = try record.renewedBackupCodes(at: event.time, random: random)
            do throws(StoreError) {
                try records.make(record, of: user)
                return codes
            } catch {
                guard error.code == .exists else { throw error }
            }
        }
        throw StoreError(.busy, user.name, "somebody else is changing the record all the time")
    }

    /// Whether there was still a place for it.
    private func put(_ key: borrowing Secret, into record: inout Record) -> Bool {
        let there = record.authenticators.first { $0.name == authenticator.name }
        switch purpose {
        case .first: if record.isEnrolled { return false }
        case .beside: if there != nil { return false }
        // Not what another session has put there meanwhile.
        case .replacement(let added): if there?.added != added { return false }
        }
        let isAdded = key.withBytes { key in
            do throws(Record.ChangeError) {
                try record.add(authenticator, key: key)
                return true
            } catch {
                return false
            }
        }
        if isAdded { record.note(event) }
        return isAdded
    }

    private func renewCodes(of session: Records.Session) throws(StoreError) -> [String] {
        var codes: [String] = []
        var failure: StoreError?
        session.withRecord { record in
            guard record.backupCodesLeft == 0 else { return }
            do throws(StoreError) {
                codes = try record.renewedBackupCodes(at: event.time, random: random)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return codes
    }
}
