import OTPCore

// What a list of all users needs: many rows at once, but never all of them.
extension Database {
    /// Whether the fleet's users are told apart by name alone.
    public var goesByNames: Bool { settings.identity == .name }

    /// Whether a row is anybody's: one whose name was given to another row is not.
    static let isNamed = "name NOT LIKE ':%'"

    private static let namesStatement = PostgresStatement(
        "names",
        """
        SELECT name FROM swiftotp.users
        WHERE realm = $1 AND uid = $2 AND \(isNamed) ORDER BY name LIMIT 16
        """)

    /// The names that have this UID in a realm.
    func names(of number: UInt32, in realm: String) throws(StoreError) -> [[UInt8]] {
        let rows = try run(
            Database.namesStatement, [Database.text(realm), .int(Int64(number))]
        ).rows()
        return (0..<rows.count).compactMap { rows.bytes($0, 0) }
    }

    /// How many UIDs are read at once.
    static let mostNumbers = 10_000

    private static let numbersStatement = PostgresStatement(
        "numbers",
        """
        SELECT DISTINCT uid FROM swiftotp.users
        WHERE realm = $1 AND uid > $2 AND \(isNamed) ORDER BY uid LIMIT \(mostNumbers)
        """)

    /// The lowest UIDs beyond `number` of a realm's users.
    func numbers(in realm: String, after number: UInt32?) throws(StoreError) -> [UInt32] {
        let rows = try run(
            Database.numbersStatement,
            [Database.text(realm), .int(number.map { Int64($0) } ?? -1)]
        ).rows()
        return (0..<rows.count).compactMap { row in
            rows.count(row, 0).flatMap { UInt32(exactly: $0) }
        }
    }

    /// How many names are read at once.
    static let mostNames = 1000

    private static let namedStatement = PostgresStatement(
        "named",
        """
        SELECT name, uid FROM swiftotp.users
        WHERE realm = $1 AND name > $2 AND \(isNamed)
            AND octet_length(name) <= \(User.maximumNameLength)
        ORDER BY name LIMIT \(mostNames)
        """)

    /// The first names beyond `name` of a realm's users, with the UIDs that they were stored with.
    /// A longer name is nobody's at any host.
    func named(after name: [UInt8], in realm: String) throws(StoreError) -> [User] {
        let rows = try run(
            Database.namedStatement, [Database.text(realm), .text(name)]
        ).rows()
        return (0..<rows.count).compactMap { row in
            guard let name = rows.bytes(row, 0) else { return nil }
            let uid = rows.count(row, 1).flatMap { UInt32(exactly: $0) }
            return User(name: name, uid: uid ?? .max, gid: .max)
        }
    }

    private static let ownersStatement = PostgresStatement(
        "owners",
        """
        SELECT DISTINCT ON (uid) uid, name FROM swiftotp.users
        WHERE realm = $1 AND uid = ANY($2::bigint[]) AND \(isNamed) ORDER BY uid, name
        """)

    /// Who has these UIDs in a realm.
    func owners(
        of numbers: [UInt32], in realm: String
    ) throws(StoreError) -> [UInt32: [UInt8]] {
        let rows = try run(
            Database.ownersStatement,
            [Database.text(realm), Database.list(numbers.map { Int64($0) })]
        ).rows()
        var owners: [UInt32: [UInt8]] = [:]
        for row in 0..<rows.count {
            guard let uid = rows.count(row, 0).flatMap({ UInt32(exactly: $0) }) else { continue }
            owners[uid] = rows.bytes(row, 1)
        }
        return owners
    }

    private static let pageStatement = PostgresStatement(
        "page",
        """
        SELECT u.id, u.uid, u.version, u.key_id, u.record, s.failures, s.last, o.failures, o.last,
            u.name
        FROM swiftotp.users u
        \(strangersJoin)
        WHERE u.realm = $1 AND u.name = ANY($2::text[])
        """)

    /// Reads the rows of these names, without a lock. One that cannot be opened is told to `fail`.
    func page(
        of names: [[UInt8]], in realm: String, host: RowID,
        fail: (_ name: [UInt8], StoreError) -> Void
    ) throws(StoreError) -> [UserRow] {
        let rows = try run(
            Database.pageStatement, [Database.text(realm), Database.list(names), .id(host)]
        ).rows()
        var found: [UserRow] = []
        for row in 0..<rows.count {
            guard let name = rows.bytes(row, 9) else { continue }
            do throws(StoreError) {
                let open = try opened(rows, row, first: 0, Array(realm.utf8), name)
                open?.here = rows.strangers(row, 5)
                open?.elsewhere = rows.strangers(row, 7)
                if let open { found.append(open) }
            } catch {
                fail(name, error)
            }
        }
        return found
    }

    /// Numbers as PostgreSQL writes an array.
    static func list(_ numbers: [Int64]) -> PostgresValue {
        text("{" + numbers.map(String.init).joined(separator: ",") + "}")
    }

    /// The same for texts, which have no zero bytes.
    static func list(_ texts: [[UInt8]]) -> PostgresValue {
        var list = [UInt8(ascii: "{")]
        for text in texts {
            if list.count > 1 { list.append(UInt8(ascii: ",")) }
            list.append(UInt8(ascii: "\""))
            for byte in text {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                    list.append(UInt8(ascii: "\\"))
                }
                list.append(byte)
            }
            list.append(UInt8(ascii: "\""))
        }
        return .text(list + [UInt8(ascii: "}")])
    }
}

extension PostgresRows {
    /// The failures of strangers, and the last one, in two columns.
    func strangers(_ row: Int, _ column: Int) -> (failures: UInt32, last: UInt64) {
        (UInt32(clamping: int(row, column) ?? 0), count(row, column + 1) ?? 0)
    }
}
