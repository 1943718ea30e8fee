import OTPCore

/// What there is before a record goes from one name to another.
public struct MoveLook: Sendable {
    /// What a new name may have.
    public enum Target: Equatable, Sendable {
        /// Nothing.
        case free
        /// A record with nothing that logs in, which gives way.
        case empty
        /// A record that stays.
        case enrolled
    }

    /// Whose record the old name or UID means; `nil` for nobody's.
    public let owner: User?
    /// What has the new name.
    public let target: Target
    /// By the audit, when the record of the new name got that name, and from whom, as
    /// `User.nameAndNumber` has it; `nil` for one that was never moved.
    public let last: AuditRow?
}

// Moves by an admin on a server, who says that both names are the same person's.
extension Database {
    private static let movedStatement = PostgresStatement(
        "moved",
        """
        SELECT \(AuditRow.columns) FROM swiftotp.audit
        WHERE realm = $1 AND name = $2 AND user_id = $3 AND kind = 'moved' AND granted
        ORDER BY seq DESC LIMIT 1
        """)

    /// Looks what `move` would find for an earlier name or UID of the user who is now called `new`.
    public func lookToMove(
        _ old: String, to new: String, in realm: String, at time: UInt64
    ) throws(StoreError) -> MoveLook {
        var act = Act(
            onServer: realm, about: User(name: Array(new.utf8), uid: .max, gid: .max), time: time)
        act.isMove = true
        var (owner, target, found) = (User?.none, MoveLook.Target.free, RowID?.none)
        _ = try look(act) { (records) throws(StoreError) in
            owner = try records.former(old)
            if let session = try records.openForReading(act.user) {
                target = session.withRecord { $0.isEnrolled } ? .enrolled : .empty
                found = records.known?.id
            }
            return []
        }
        guard let id = found else { return MoveLook(owner: owner, target: target, last: nil) }
        let rows = try run(
            Database.movedStatement, [Database.text(realm), Database.text(new), .id(id)]
        ).rows()
        return MoveLook(owner: owner, target: target, last: AuditRow(rows, 0))
    }

    /// Gives the record of `owner` the name `new`; the UID stays. Returns what the user is told.
    ///
    /// Throws `.exists` if something in the record of the new name logs in, and `.missing` if
    /// `owner` has no record any more.
    public func move(
        _ owner: User, to new: String, in realm: String, by admin: AdminAct
    ) throws(StoreError) -> [RecordChange] {
        var act = Act(
            onServer: realm, about: User(name: Array(new.utf8), uid: owner.uid, gid: .max),
            time: admin.time)
        act.isMove = true
        let event = Event(
            .moved, at: admin.time, detail: Array(owner.nameAndNumber.utf8),
            origin: Array("swiftotp-server \(admin.actor)".utf8))
        let performed = try perform(act) { (records) throws(StoreError) in
            guard try records.former(owner.shownName) == owner else {
                throw StoreError(.missing, owner.name, "somebody else has moved it")
            }
            try records.move(owner) { $0.note(event) }
            return ActAnswer(
                reply: [],
                audit: AuditEntry(
                    kind: "moved", granted: true, detail: owner.nameAndNumber,
                    origin: admin.origin, actor: admin.actor))
        }
        guard case .done(let done) = performed else {
            throw StoreError(.system, owner.name, "it was not moved")
        }
        return done.changes
    }
}
