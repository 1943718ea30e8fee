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
        SELECT r.role FROM swiftotp.users u JOIN swiftotp.roles r ON r.user_id = u.id
        WHERE u.realm = $1 AND u.name = $2
        """)

    /// The role of a user, such as `helpdesk`; `nil` for none.
    public func role(of user: UserName) throws(StoreError) -> String? {
        try ready()
        let rows = try run(
            Database.roleStatement, [Database.text(user.realm), Database.text(user.name)]
        ).rows()
        return rows.text(0, 0).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Gives a user a role, or takes it (`nil`); `false` if there is no such user.
    public func setRole(
        _ role: String?, of user: UserName, by act: AdminAct
    ) throws(StoreError) -> Bool {
        let rows = try change(
            """
            INSERT INTO swiftotp.roles (user_id, role)
            SELECT id, $10 FROM swiftotp.users WHERE realm = $11 AND name = $12
            ON CONFLICT (user_id) DO UPDATE SET role = excluded.role
            """,
            [Database.text(role ?? ""), Database.text(user.realm), Database.text(user.name)],
            "role", role ?? "none", by: act, user: user, returning: "changed.user_id")
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
            guard let name = rows.text(row, 0),
                let uid = rows.count(row, 1).flatMap({ UInt32(exactly: $0) }),
                let isEnrolled = rows.bool(row, 2), let isClosed = rows.bool(row, 6)
            else { return nil }
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
