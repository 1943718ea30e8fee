import OTPCore

/// What an admin may see of a user without the master key.
public struct UserSummary: Sendable, Equatable {
    public let name: UserName
    /// The UID that hosts send.
    public let uid: UInt32
    /// Whether there is anything to log in with.
    public let isEnrolled: Bool
    public let authenticators: UInt64
    public let backupCodesLeft: UInt64
    /// Failures since the last success.
    public let failures: UInt64
    /// Whether a hundred failures have closed the account.
    public let isClosed: Bool
    /// In Unix seconds; `nil` for never.
    public let lastLogin: UInt64?
}

extension Database {
    private static let roleStatement = PostgresStatement(
        "role",
        """
        SELECT u.id, r.role, r.key_id, r.mac
        FROM swiftotp.users u LEFT JOIN swiftotp.roles r ON r.user_id = u.id
        WHERE u.realm = $1 AND u.name = $2
        """)

    /// The role of a user, such as `helpdesk`; `nil` for none. Throws if somebody else than a server
    /// has given it.
    public func role(of user: UserName) throws(StoreError) -> String? {
        try ready()
        let rows = try run(
            Database.roleStatement, [Database.text(user.realm), Database.text(user.name)]
        ).rows()
        guard let id = rows.id(0, 0), let role = rows.text(0, 1),
            let proof = RowProof(rows, 0, first: 2)
        else { return nil }
        guard try seal().accepts(proof, of: RoleClaims(user: id, role: role)) else {
            throw StoreError(
                .damaged, Array(user.name.utf8),
                "the user's role in the database is not what was stored; give it again")
        }
        return role.isEmpty ? nil : role
    }

    /// Gives a user a role, or takes it (`nil`); `false` if there is no such user.
    public func setRole(
        _ role: String?, of user: UserName, by act: AdminAct
    ) throws(StoreError) -> Bool {
        try ready()
        let found = try run(
            Database.roleStatement, [Database.text(user.realm), Database.text(user.name)]
        ).rows()
        guard let id = found.id(0, 0) else { return false }
        let claims = RoleClaims(user: id, role: role ?? "")
        let rows = try change(
            """
            INSERT INTO swiftotp.roles (user_id, role, key_id, mac) VALUES ($10, $11, $12, $13)
            ON CONFLICT (user_id) DO UPDATE SET role = excluded.role, key_id = excluded.key_id,
                mac = excluded.mac
            """,
            [.id(id), Database.text(claims.role)] + (try proof(of: claims).values), "role",
            role ?? "none", by: act, user: user, returning: "changed.user_id")
        return rows != nil
    }

    /// Everybody with a row in a realm, by name, after `name`; at most `limit`.
    public func users(
        in realm: String, after name: String = "", limit: Int = 1000
    ) throws(StoreError) -> [UserSummary] {
        try ready()
        let rows = try run(
            Database.usersStatement,
            [Database.text(realm), Database.text(name), .int(clamping: max(0, limit))]
        ).rows()
        return (0..<rows.count).compactMap { row in
            guard let name = rows.text(row, 0), let isEnrolled = rows.bool(row, 2),
                let isClosed = rows.bool(row, 6)
            else { return nil }
            // Whoever has changed it in the database hides nobody by that.
            let uid = rows.count(row, 1).flatMap { UInt32(exactly: $0) } ?? .max
            let last = rows.count(row, 7) ?? 0
            return UserSummary(
                name: UserName(realm: realm, name: name), uid: uid, isEnrolled: isEnrolled,
                authenticators: rows.count(row, 3) ?? 0, backupCodesLeft: rows.count(row, 4) ?? 0,
                failures: rows.count(row, 5) ?? 0, isClosed: isClosed,
                lastLogin: last == 0 ? nil : last)
        }
    }

    private static let usersStatement = PostgresStatement(
        "users",
        """
        SELECT name, uid, enrolled, authenticators, backup_left, failures, closed, last_login
        FROM swiftotp.users WHERE realm = $1 AND name > $2 AND \(isNamed)
        ORDER BY name LIMIT $3
        """)
}

/// What counts of a role's row. That the user's row has the user's name is in what is sealed there.
struct RoleClaims: ProvenRow {
    let user: RowID
    let role: String

    static let purpose: StaticString = "swiftotp fleet role"

    var fields: [[UInt8]] { [user.bytes, Array(role.utf8)] }
}
