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

    public init(host: String, realm: String, rights: Set<String>, ends: UInt64) {
        self.host = host
        self.realm = realm
        self.rights = rights
        self.ends = ends
    }
}

extension Database {
    /// Stores an invite under the hash of its token (SHA-256: tokens are random, not chosen).
    public func makeInvite(
        _ invite: Invite, hash: [UInt8], by act: AdminAct
    ) throws(StoreError) {
        let rows = try change(
            """
            INSERT INTO swiftotp.invites (hash, host, realm, rights, ends)
            VALUES ($10, $11, $12, $13, $14) ON CONFLICT DO NOTHING
            """,
            [
                .bytes(hash), Database.text(invite.host), Database.text(invite.realm),
                Database.text(HostRow.text(of: invite.rights)), .int(clamping: invite.ends),
            ], "invited", invite.host, by: act, returning: "changed.host")
        guard rows != nil else {
            throw StoreError(.exists, Array(invite.host.utf8), "there is such an invite already")
        }
    }

    /// Uses up the invite with this hash; `nil` if there is none, it was used, or it has ended. Of
    /// several who try at once, one gets it.
    public func useInvite(hash: [UInt8], by act: AdminAct) throws(StoreError) -> Invite? {
        let rows = try change(
            "UPDATE swiftotp.invites SET used = $2 WHERE hash = $10 AND used IS NULL AND ends > $2",
            [.bytes(hash)], "invite-used", "", by: act,
            returning: "changed.host, changed.realm, changed.rights, changed.ends")
        guard let rows, let host = rows.text(0, 0), let realm = rows.text(0, 1),
            let rights = rows.text(0, 2), let ends = rows.count(0, 3)
        else { return nil }
        return Invite(
            host: host, realm: realm, rights: Set(rights.split(separator: ",").map(String.init)),
            ends: ends)
    }
}
