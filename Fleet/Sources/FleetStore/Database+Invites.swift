import OTPCore

/// What an invite lets a machine join as.
public struct Invite: Sendable, Equatable {
    /// The name in the certificate that it gets.
    public let host: String
    /// Which users it will ask about.
    public let realm: String
    /// What it may do beyond asking.
    public let rights: Set<String>
    /// Until when it can be used, in Unix seconds.
    public let ends: UInt64
    /// Whether it joins with a certificate of the site's authority, and not of the fleet's.
    public let isSite: Bool

    public init(
        host: String, realm: String, rights: Set<String>, ends: UInt64, isSite: Bool = false
    ) {
        self.host = host
        self.realm = realm
        self.rights = rights
        self.ends = ends
        self.isSite = isSite
    }
}

extension Database {
    /// Stores an invite under the hash of its token (SHA-256: tokens are random, not chosen).
    public func makeInvite(
        _ invite: Invite, hash: [UInt8], by act: AdminAct
    ) throws(StoreError) {
        let rows = try change(
            """
            INSERT INTO swiftotp.invites (hash, host, realm, rights, ends, site, key_id, mac)
            VALUES ($10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT DO NOTHING
            """,
            [
                .bytes(hash), Database.text(invite.host), Database.text(invite.realm),
                Database.text(HostRow.text(of: invite.rights)), .int(clamping: invite.ends),
                .bool(invite.isSite),
            ] + (try proof(of: InviteClaims(hash: hash, invite: invite)).values), "invited",
            invite.host, by: act, returning: "changed.host")
        guard rows != nil else {
            throw StoreError(.exists, Array(invite.host.utf8), "there is such an invite already")
        }
    }

    private static let inviteStatement = PostgresStatement(
        "invite",
        """
        SELECT host, realm, rights, ends, \(RowProof.columns), site FROM swiftotp.invites
        WHERE hash = $1 AND used IS NULL AND ends > $2
        """)

    /// The invite with this hash; `nil` if there is none, it was used, or it has ended. Throws if it
    /// is not as a server has stored it.
    public func invite(hash: [UInt8], at now: UInt64) throws(StoreError) -> Invite? {
        try storedInvite(hash: hash, at: now)?.invite
    }

    func storedInvite(
        hash: [UInt8], at now: UInt64
    ) throws(StoreError) -> (invite: Invite, proof: RowProof)? {
        try ready()
        let rows = try run(Database.inviteStatement, [.bytes(hash), .int(clamping: now)]).rows()
        guard let host = rows.text(0, 0), let realm = rows.text(0, 1),
            let rights = rows.text(0, 2), let ends = rows.count(0, 3),
            let proof = RowProof(rows, 0, first: 4), let isSite = rows.bool(0, 6)
        else { return nil }
        let invite = Invite(
            host: host, realm: realm, rights: HostRow.rights(in: rights), ends: ends,
            isSite: isSite)
        guard try seal().accepts(proof, of: InviteClaims(hash: hash, invite: invite)) else {
            throw StoreError(
                .damaged, Array(host.utf8), "the invite in the database is not what was stored")
        }
        return (invite, proof)
    }

    /// Uses up an invite; `nil` if `invite` finds none. Of several who try at once, one gets it.
    public func useInvite(hash: [UInt8], by act: AdminAct) throws(StoreError) -> Invite? {
        guard let invite = try invite(hash: hash, at: act.time) else { return nil }
        let rows = try change(
            "UPDATE swiftotp.invites SET used = $2 WHERE hash = $10 AND used IS NULL AND ends > $2",
            [.bytes(hash)], "invite-used", invite.host, by: act, returning: "changed.host")
        return rows == nil ? nil : invite
    }

    /// Proves a row that is about to be stored.
    func proof(of row: some ProvenRow) throws(StoreError) -> RowProof {
        try ready()
        return try seal().prove(row)
    }
}

/// What counts of an invite's row: everything but whether it was used.
struct InviteClaims: ProvenRow {
    let hash: [UInt8]
    let invite: Invite

    static let purpose: StaticString = "swiftotp fleet invite"

    var fields: [[UInt8]] {
        [
            hash, Array(invite.host.utf8), Array(invite.realm.utf8),
            Array(HostRow.text(of: invite.rights).utf8), Array(bigEndian: invite.ends),
            [invite.isSite ? 1 : 0],
        ]
    }
}
