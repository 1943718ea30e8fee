import OTPCore

// The proofs of hosts, roles and invites under a new master key.
extension Database {
    /// Proves anew, under the current master key, what is proven under another one. Returns how many
    /// rows that were, and the names of hosts and users whose rows are not what was stored.
    ///
    /// An invite that cannot be used any more stays as it is.
    public func reproveRows(
        at now: UInt64
    ) throws(StoreError) -> (proven: Int, changed: [String]) {
        try ready()
        let (hosts, roles, invites) = (
            try reproveHosts(), try reproveRoles(), try reproveInvites(at: now)
        )
        return (hosts.proven + roles.proven + invites, hosts.changed + roles.changed)
    }

    private static let otherHosts = PostgresStatement(
        "SELECT \(HostRow.columns) FROM swiftotp.hosts WHERE key_id <> $1")
    private static let otherRoles = PostgresStatement(
        """
        SELECT r.user_id, r.role, r.key_id, r.mac, u.name
        FROM swiftotp.roles r LEFT JOIN swiftotp.users u ON u.id = r.user_id WHERE r.key_id <> $1
        """)
    private static let otherInvites = PostgresStatement(
        "SELECT hash FROM swiftotp.invites WHERE key_id <> $1 AND used IS NULL AND ends > $2")

    private func reproveHosts() throws(StoreError) -> (proven: Int, changed: [String]) {
        let sealing = try seal()
        let rows = try run(Database.otherHosts, [.bytes(sealing.keyID)]).rows()
        var (proven, changed) = (0, [String]())
        for row in 0..<rows.count {
            guard let host = HostRow(rows, row, sealing), !host.isChanged else {
                changed.append(rows.text(row, 1) ?? "")
                continue
            }
            try store(
                try sealing.prove(host.claims), in: "hosts", "id", .id(host.id), host.proof)
            proven += 1
        }
        return (proven, changed)
    }

    private func reproveRoles() throws(StoreError) -> (proven: Int, changed: [String]) {
        let sealing = try seal()
        let rows = try run(Database.otherRoles, [.bytes(sealing.keyID)]).rows()
        var (proven, changed) = (0, [String]())
        for row in 0..<rows.count {
            guard let user = rows.id(row, 0), let role = rows.text(row, 1),
                let old = RowProof(rows, row, first: 2),
                sealing.accepts(old, of: RoleClaims(user: user, role: role))
            else {
                changed.append(rows.text(row, 4) ?? "")
                continue
            }
            let new = try sealing.prove(RoleClaims(user: user, role: role))
            try store(new, in: "roles", "user_id", .id(user), old)
            proven += 1
        }
        return (proven, changed)
    }

    private func reproveInvites(at now: UInt64) throws(StoreError) -> Int {
        let sealing = try seal()
        let rows = try run(
            Database.otherInvites, [.bytes(sealing.keyID), .int(clamping: now)]
        ).rows()
        var proven = 0
        for row in 0..<rows.count {
            guard let hash = rows.bytes(row, 0),
                let found = try? storedInvite(hash: hash, at: now)
            else { continue }
            let new = try sealing.prove(InviteClaims(hash: hash, invite: found.invite))
            try store(new, in: "invites", "hash", .bytes(hash), found.proof)
            proven += 1
        }
        return proven
    }

    /// Stores a proof, if the row is as it was.
    private func store(
        _ new: RowProof, in table: String, _ column: String, _ key: PostgresValue, _ old: RowProof
    ) throws(StoreError) {
        let statement = PostgresStatement(
            "UPDATE swiftotp.\(table) SET key_id = $1, mac = $2 WHERE \(column) = $3 AND mac = $4")
        _ = try store(statement, new.values + [key, .bytes(old.mac)]).rows()
    }
}
