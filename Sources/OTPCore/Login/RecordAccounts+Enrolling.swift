// Enrolling at a login.

extension RecordAccounts {
    public func isEnrolled(_ user: User) throws(StoreError) -> Bool {
        try openStore().isEnrolled(user)
    }

    public func timesPutOff(by user: User) throws(StoreError) -> UInt8 {
        guard let session = try openStore().open(user) else { return 0 }
        defer { session.close() }
        return session.withRecord { $0.timesPutOff }
    }

    public func putOff(_ user: User, most grace: UInt8) throws(StoreError) -> UInt8? {
        let left = try openStore().edit(user, makesRecord: grace > 0) {
            (record) -> Edited<UInt8?> in
            guard record.timesPutOff < grace else { return .left(nil) }
            record.timesPutOff += 1
            return .kept(grace - record.timesPutOff)
        }
        return left.flatMap { $0 }
    }

    /// The place of the only authenticator, which is the lost one, or an additional one.
    public func newPlace(for user: User) throws(StoreError) -> NewPlace? {
        guard let session = try openStore().open(user) else { return nil }
        defer { session.close() }
        let names = session.withRecord { record in record.authenticators.map { $0.name } }
        if names.count == 1, let only = session.withRecord({ $0.authenticators.first }) {
            return NewPlace(only.name, .replacement(added: only.added))
        }
        guard names.count < Record.maximumAuthenticators else { return nil }
        return Name.free(beside: names).map { NewPlace($0, .beside(others: !names.isEmpty)) }
    }

    public func enroll(
        _ new: borrowing Enrollment, of user: User, from origin: [UInt8]
    ) throws(StoreError) -> Enrollment.Kept? {
        let now = try clock.now()
        let result = try openStore().edit(user, makesRecord: true) {
            (record) throws(StoreError) -> Edited<Enrollment.Kept?> in
            switch try record.enroll(new, at: now, from: origin, random: random) {
            case .success(let kept): return .kept(kept)
            case .failure: return .left(nil)
            }
        }
        return result.flatMap { $0 }
    }
}
