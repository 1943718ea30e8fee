import OTPCore

extension Database {
    private static let hostStatement = PostgresStatement(
        "host", "SELECT \(HostRow.columns) FROM swiftotp.hosts WHERE name = $1")
    private static let hostsStatement = PostgresStatement(
        "hosts", "SELECT \(HostRow.columns) FROM swiftotp.hosts ORDER BY name")

    /// The host with this name in its certificate, as it was at most five seconds ago, or as it is
    /// now; `nil` for none. Whether it was revoked is looked at again with each request.
    ///
    /// Throws if somebody else than a server has changed its row.
    public func host(named name: String, asOfNow: Bool = false) throws(StoreError) -> HostRow? {
        if !asOfNow, let known = state.host(named: name) { return known }
        let host = try storedHost(named: name)
        guard host?.isChanged != true else {
            throw StoreError(
                .damaged, Array(name.utf8),
                "the host's row in the database is not what was stored; find out who has changed"
                    + " it, and let the host join again")
        }
        state.keep(host, named: name)
        return host
    }

    private func storedHost(named name: String) throws(StoreError) -> HostRow? {
        try ready()
        let rows = try run(Database.hostStatement, [Database.text(name)]).rows()
        let host = HostRow(rows, 0, try seal())
        guard host != nil || rows.count == 0 else {
            throw StoreError(.damaged, Array(name.utf8), "the host's row cannot be read")
        }
        return host
    }

    /// All hosts, by name.
    public func hosts() throws(StoreError) -> [HostRow] {
        try ready()
        let sealing = try seal()
        let rows = try run(Database.hostsStatement, []).rows()
        return (0..<rows.count).compactMap { HostRow(rows, $0, sealing) }
    }

    /// Makes a host's row, or gives a host that joins again its rights anew: it is no longer revoked,
    /// and its certificate and offline key are others. Its quarantine stays. `site` is when the
    /// certificate of the site's authority began to count that it joins with; `nil` for one of the
    /// fleet's.
    public func makeHost(
        named name: String, realm: String, rights: Set<String>, site: UInt64? = nil,
        by act: AdminAct
    ) throws(StoreError) -> HostRow {
        let detail = site == nil ? name : "\(name), by a certificate of the site's"
        let host = try storeHost(named: name, makes: true, "host-joined", detail, by: act) { host in
            (host.realm, host.rights) = (realm, rights)
            (host.joined, host.revoked, host.site) = (act.time, nil, site)
            host.generation &+= 1
        }
        guard let host else {
            throw StoreError(.system, Array(name.utf8), "the host's row was not stored")
        }
        return host
    }

    /// Revokes a host; `false` if there is none. The next request of it is refused, at every server.
    public func revoke(host name: String, by act: AdminAct) throws(StoreError) -> Bool {
        let host = try storeHost(named: name, "host-revoked", by: act) { host in
            host.revoked = host.revoked ?? act.time
        }
        return host != nil
    }

    /// Ends a host's quarantine, and gives it all failures back; `false` if there is no such host.
    public func release(host name: String, by act: AdminAct) throws(StoreError) -> Bool {
        let full = "quarantined = NULL, budget = \(HostBudget.most), budget_at = $2"
        let rows = try change(
            "UPDATE swiftotp.hosts SET \(full) WHERE name = $10", [Database.text(name)],
            "host-released", name, by: act, returning: "changed.id")
        state.forget(host: name)
        return rows != nil
    }

    /// Gives a host these rights and no others; `false` if there is no such host. Servers that have
    /// its row in memory follow within five seconds.
    public func setRights(
        _ rights: Set<String>, ofHost name: String, by act: AdminAct
    ) throws(StoreError) -> Bool {
        let text = HostRow.text(of: rights)
        let host = try storeHost(
            named: name, "host-rights", "\(name): \(text.isEmpty ? "none" : text)", by: act
        ) { $0.rights = rights }
        return host != nil
    }

    /// Stores a host's row as `body` changes it, with a new proof; `nil` if there is none. A row that
    /// somebody else has changed can only be revoked, or made anew.
    private func storeHost(
        named name: String, makes: Bool = false, _ kind: String, _ detail: String? = nil,
        by act: AdminAct, _ body: (inout HostRow) -> Void
    ) throws(StoreError) -> HostRow? {
        for _ in 0..<Database.maximumTries {
            let old = try storedHost(named: name)
            guard var host = old ?? (makes ? HostRow(name) : nil) else { return nil }
            body(&host)
            guard old?.isChanged != true || makes || host.revoked != nil else {
                throw StoreError(
                    .damaged, Array(name.utf8),
                    "the host's row in the database is not what was stored; revoke it")
            }
            let values: [PostgresValue] =
                [
                    Database.text(name), Database.text(host.realm),
                    Database.text(HostRow.text(of: host.rights)),
                    .int(clamping: host.generation), .int(clamping: host.joined),
                    host.revoked.map { .int(clamping: $0) } ?? .noInt,
                    host.site.map { .int(clamping: $0) } ?? .noInt,
                ] + (try seal().prove(host.claims).values)
            let rows = try change(
                old == nil ? Database.insertHost : Database.updateHost,
                values + [old.map { .bytes($0.proof.mac) } ?? .id(host.id)], kind,
                detail ?? name, by: act, returning: HostRow.columns)
            state.forget(host: name)
            if let rows, let stored = HostRow(rows, 0, try seal()) { return stored }
            // Somebody was faster.
        }
        throw StoreError(.busy, Array(name.utf8), "the host's row keeps being changed")
    }

    private static let insertHost = """
        INSERT INTO swiftotp.hosts
            (name, realm, rights, generation, joined, revoked, site, key_id, mac, id, budget_at)
        VALUES ($10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $2)
        ON CONFLICT (name) DO NOTHING
        """

    private static let updateHost = """
        UPDATE swiftotp.hosts SET realm = $11, rights = $12, generation = $13, joined = $14,
            revoked = $15, site = $16, key_id = $17, mac = $18
        WHERE name = $10 AND mac = $19
        """

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
