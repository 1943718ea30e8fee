import OTPCore

/// A host of the fleet.
public struct HostRow: Sendable, Equatable {
    /// Names the row.
    public let id: RowID
    /// The name in its certificate.
    public let name: String
    /// Which users it asks about.
    public let realm: String
    /// What it may do beyond asking, some of `allRights`.
    public let rights: Set<String>
    /// Which of its offline keys counts; rises with each join.
    public let generation: UInt64
    /// When it joined last, in Unix seconds: a certificate from before counts for nothing.
    public let joined: UInt64
    /// When it was revoked, in Unix seconds; `nil` if it was not.
    public let revoked: UInt64?
    /// When it asked last, to a minute or so, in Unix seconds; `nil` for never.
    public let lastSeen: UInt64?
    /// Since when it is in quarantine, in Unix seconds; `nil` if it is not.
    public let quarantined: UInt64?
    /// How many failures it has left.
    public let budget: Int64

    /// Every right that there is.
    public static let allRights: Set<String> = ["enroll", "admin", "import"]

    static let columns =
        "id, name, realm, rights, generation, revoked, last_seen, quarantined, budget, joined"

    /// A row of `columns`, from `first` on.
    init?(_ rows: PostgresRows, _ row: Int, first: Int = 0) {
        guard let id = rows.id(row, first), let name = rows.text(row, first + 1),
            let realm = rows.text(row, first + 2), let rights = rows.text(row, first + 3),
            let generation = rows.count(row, first + 4), let units = rows.int(row, first + 8),
            let joined = rows.count(row, first + 9)
        else { return nil }
        self.id = id
        self.name = name
        self.realm = realm
        self.rights = Set(rights.split(separator: ",").map(String.init))
        self.generation = generation
        self.joined = joined
        revoked = rows.count(row, first + 5)
        lastSeen = rows.count(row, first + 6)
        quarantined = rows.count(row, first + 7)
        budget = units / HostBudget.failure
    }

    /// The form of rights in the database.
    static func text(of rights: Set<String>) -> String { rights.sorted().joined(separator: ",") }
}

/// How many failures a host may have: 300, of which 600 an hour come back. A host that has used them
/// up stays in quarantine until an admin releases it.
///
/// It is counted in the host's row, by the statement that stores the failure, so all servers hold it
/// together. One comes back in six seconds, so it is counted in sixths.
enum HostBudget {
    /// What one failure costs.
    static let failure: Int64 = 6
    /// What a host has at most.
    static let most: Int64 = 300 * failure
}
