import OTPCore

// A user got another name or UID. The row stays the same, with the role and the failures that belong
// to it.
extension FleetRecords {
    /// Whether the fleet's users are told apart by name alone.
    public var goesByNames: Bool { database.goesByNames }

    /// The user whose record an earlier name or UID means; `nil` for none.
    public func former(_ text: String) throws(StoreError) -> User? {
        let name = Array(text.utf8)
        if let found = try owner(named: name) { return found }
        guard let number = UInt32(text), String(number) == text else { return nil }
        var found: [User] = []
        for name in try database.names(of: number, in: act.host.realm) where name != act.user.name {
            if let owner = try owner(named: name), owner.uid == number { found.append(owner) }
        }
        guard found.count <= 1 else {
            throw StoreError(
                .otherUser, name,
                "several users of the fleet have this UID: give the earlier name instead")
        }
        if let only = found.first { return only }
        let own = try owner(named: act.user.name)
        return own?.uid == number ? own : nil
    }

    private func owner(named name: [UInt8]) throws(StoreError) -> User? {
        let place = Place(realm: Array(act.host.realm.utf8), name: name)
        guard let row = try row(at: place), row.sealed.record != nil else { return nil }
        return User(name: row.name, uid: row.uid, gid: .max)
    }

    /// Makes the record of `old` that of the act's user, after `change`. A record of the user's own
    /// with nothing to log in with gives way to it; any other throws `.exists`. Without `change` it
    /// only checks whether that is possible.
    public func move(
        _ old: User, _ change: ((inout Record) -> Void)?
    ) throws(StoreError) {
        guard let row = try row(at: place(of: old)),
            let session = try FleetSession(row, in: self, writing: true)
        else { throw StoreError(.missing, old.name, "somebody else has moved it") }
        let there = try self.row(at: place(of: act.user))
        let other = there === row ? nil : there
        let record = try other.flatMap { (row) throws(StoreError) in
            try FleetSession(row, in: self, writing: false)
        }
        if let record, record.withRecord({ $0.isEnrolled }) {
            throw StoreError(.exists, act.user.name, "there is something in it that logs in")
        }
        guard let change else { return }
        session.withRecord { moved in
            record?.withRecord { moved.succeed($0) }
            moved.raiseEpoch()
            change(&moved)
        }
        try session.commit()
        try rename(row, replacing: other)
    }
}
