import OTPCore

extension Database {
    private static let hostStatement = PostgresStatement(
        "host", "SELECT \(HostRow.columns) FROM swiftotp.hosts WHERE name = $1")
    private static let hostsStatement = PostgresStatement(
        "hosts", "SELECT \(HostRow.columns) FROM swiftotp.hosts ORDER BY name")

    /// The host with this name in its certificate, as it was at most five seconds ago; `nil` for
    /// none. Whether it may ask is looked at again with each request.
    public func host(named name: String) throws(StoreError) -> HostRow? {
        if let known = state.host(named: name) { return known }
        try ready()
        let rows = try run(Database.hostStatement, [Database.text(name)]).rows()
        let host = HostRow(rows, 0)
        guard host != nil || rows.count == 0 else {
            throw StoreError(.damaged, Array(name.utf8), "the host's row cannot be read")
        }
        state.keep(host, named: name)
        return host
    }

    /// All hosts, by name.
    public func hosts() throws(StoreError) -> [HostRow] {
        try ready()
        let rows = try run(Database.hostsStatement, []).rows()
        return (0..<rows.count).compactMap { HostRow(rows, $0) }
    }

    /// Makes a host's row, or gives a host that joins again its rights anew: it is no longer revoked,
    /// and its offline key is another. Its quarantine stays.
    public func makeHost(
        named name: String, realm: String, rights: Set<String>, by act: AdminAct
    ) throws(StoreError) -> HostRow {
        let statement = """
            INSERT INTO swiftotp.hosts AS h (id, name, realm, rights, joined, budget_at)
            VALUES ($10, $11, $12, $13, $2, $2)
            ON CONFLICT (name) DO UPDATE SET realm = excluded.realm, rights = excluded.rights,
                revoked = NULL, joined = excluded.joined, generation = h.generation + 1
            """
        let rows = try change(
            statement,
            [
                .id(.random()), Database.text(name), Database.text(realm),
                Database.text(HostRow.text(of: rights)),
            ], "host-joined", name, by: act, returning: HostRow.columns)
        state.forget(host: name)
        guard let rows, let host = HostRow(rows, 0) else {
            throw StoreError(.system, Array(name.utf8), "the host's row was not stored")
        }
        return host
    }

    /// Revokes a host; `false` if there is none. The next request of it is refused, at every server.
    public func revoke(host name: String, by act: AdminAct) throws(StoreError) -> Bool {
        try changeHost(name, "revoked = coalesce(revoked, $2)", "host-revoked", by: act)
    }

    /// Ends a host's quarantine, and gives it all failures back; `false` if there is no such host.
    public func release(host name: String, by act: AdminAct) throws(StoreError) -> Bool {
        let full = "quarantined = NULL, budget = \(HostBudget.most), budget_at = $2"
        return try changeHost(name, full, "host-released", by: act)
    }

    private func changeHost(
        _ name: String, _ change: String, _ kind: String, by act: AdminAct
    ) throws(StoreError) -> Bool {
        let rows = try self.change(
            "UPDATE swiftotp.hosts SET \(change) WHERE name = $10", [Database.text(name)], kind,
            name, by: act, returning: "changed.id")
        state.forget(host: name)
        return rows != nil
    }

    // In this transaction alone nothing waits for a disk: nobody's login is to take longer for this.
    private static let seenStatement = PostgresStatement(
        "seen",
        """
        UPDATE swiftotp.hosts SET last_seen = $2
        FROM set_config('synchronous_commit', 'off', true)
        WHERE id = $1 AND (last_seen IS NULL OR last_seen < $2 - 60)
        """)

    /// Notes that a host is there, once a minute; nothing depends on it, and no disk is waited for.
    public func see(_ host: HostRow, at now: UInt64) throws(StoreError) {
        if let seen = host.lastSeen, seen.addingReportingOverflow(60).partialValue > now { return }
        try ready()
        _ = try run(Database.seenStatement, [.id(host.id), .int(clamping: now)]).rows()
        state.forget(host: host.name)
    }
}
