import OTPCore

/// A host of the fleet.
public struct HostRow: Sendable, Equatable {
    /// Names the row.
    public let id: RowID
    /// The name in its certificate.
    public let name: String
    /// Which users it asks about.
    public internal(set) var realm: String
    /// What it may do beyond asking: some of `allRights`.
    public internal(set) var rights: Set<String>
    /// Which of its certificates and offline keys count; rises with each join.
    public internal(set) var generation: UInt64
    /// Since when a certificate of the site's authority has to count to be this host's, in Unix
    /// seconds: as the one that it joined with. `nil` if its certificates are the fleet's.
    public internal(set) var site: UInt64?
    /// When it joined last, in Unix seconds.
    public internal(set) var joined: UInt64
    /// When it was revoked, in Unix seconds; `nil` if it was not.
    public internal(set) var revoked: UInt64?
    /// When it asked last, to a minute or so, in Unix seconds; `nil` for never.
    public let lastSeen: UInt64?
    /// When it last used up its failures, in Unix seconds; `nil` for never, or since a release.
    public let quarantined: UInt64?
    /// How many failures it had left at its last one, and when that was, in Unix seconds.
    let budget: Int64
    let budgetAt: UInt64
    /// Whether somebody else than a server has changed what it may do.
    public let isChanged: Bool
    /// What is in the database beside it.
    let proof: RowProof

    /// Every right that there is.
    public static let allRights: Set<String> = ["enroll", "admin", "import"]

    static let columns =
        "id, name, realm, rights, generation, revoked, last_seen, quarantined, budget, joined, "
        + RowProof.columns + ", budget_at, site"

    /// The row of a host that joins for the first time, before it has a proof.
    init(_ name: String) {
        (id, self.name, realm, rights) = (.random(), name, "", [])
        (generation, site, joined, revoked, lastSeen) = (0, nil, 0, nil, nil)
        (quarantined, budget, budgetAt, isChanged) = (nil, 0, 0, false)
        proof = RowProof(keyID: [], mac: [])
    }

    /// A row of `columns`.
    init?(_ rows: PostgresRows, _ row: Int, _ sealing: RecordSealing) {
        guard let id = rows.id(row, 0), let name = rows.text(row, 1),
            let realm = rows.text(row, 2), let rights = rows.text(row, 3),
            let generation = rows.count(row, 4), let units = rows.int(row, 8),
            let joined = rows.count(row, 9),
            let proof = RowProof(rows, row, first: 10), let budgetAt = rows.count(row, 12)
        else { return nil }
        self.id = id
        self.name = name
        self.realm = realm
        self.rights = HostRow.rights(in: rights)
        self.generation = generation
        self.joined = joined
        site = rows.count(row, 13)
        revoked = rows.count(row, 5)
        lastSeen = rows.count(row, 6)
        quarantined = rows.count(row, 7)
        (budget, self.budgetAt) = (units, budgetAt)
        self.proof = proof
        let said = HostClaims(
            id: id, name: name, realm: realm, rights: rights, generation: generation,
            joined: joined, revoked: revoked, site: site)
        isChanged = !sealing.accepts(proof, of: said)
    }

    /// How many failures it has left at `now`; with none it is in quarantine.
    public func failuresLeft(at now: UInt64) -> Int64 {
        let refilled = Int64(clamping: now >= budgetAt ? now - budgetAt : 0)
        let (units, overflow) = budget.addingReportingOverflow(refilled)
        return max(0, overflow ? HostBudget.most : min(units, HostBudget.most))
            / HostBudget.failure
    }

    /// What is proven of it.
    var claims: HostClaims {
        HostClaims(
            id: id, name: name, realm: realm, rights: HostRow.text(of: rights),
            generation: generation, joined: joined, revoked: revoked, site: site)
    }

    /// The form of rights in the database.
    static func text(of rights: Set<String>) -> String { rights.sorted().joined(separator: ",") }

    /// Reads that form.
    static func rights(in text: String) -> Set<String> {
        Set(text.split(separator: ",").map(String.init))
    }
}

/// What counts of a host's row: everything but when it was seen, and its failures.
struct HostClaims: ProvenRow {
    let id: RowID
    let name: String
    let realm: String
    let rights: String
    let generation: UInt64
    let joined: UInt64
    let revoked: UInt64?
    let site: UInt64?

    static let purpose: StaticString = "swiftotp fleet host"

    var fields: [[UInt8]] {
        [
            id.bytes, Array(name.utf8), Array(realm.utf8), Array(rights.utf8),
            Array(bigEndian: generation), Array(bigEndian: joined),
            revoked.map { Array(bigEndian: $0) } ?? [], site.map { Array(bigEndian: $0) } ?? [],
        ]
    }
}

/// How many failures a host may have: 300, of which 600 an hour come back. A host that has used them
/// up is in quarantine until the next one has come back: strangers who guess at an honest host must
/// not keep its users out until an admin comes.
///
/// It is counted in the host's row, by the statement that stores the failure, so all servers hold it
/// together. One comes back in six seconds, so it is counted in sixths.
public enum HostBudget {
    /// How many failures a host may have at once.
    public static let failures: Int64 = 300
    /// What one failure costs: the seconds in which it comes back.
    public static let failure: Int64 = 6
    /// What a host has at most.
    static let most: Int64 = failures * failure
}
