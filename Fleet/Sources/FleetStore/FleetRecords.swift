import OTPCore

/// One unit of work: what one request of one host does to the record of one user.
///
/// Everything happens in memory. A commit stages a row, which `Database.perform` stores in one
/// statement when the work is done; if somebody else was faster, the work is done again.
public final class FleetRecords: RecordStore {
    /// The request.
    public let act: Act
    let database: Database
    private var rows: [Place: UserRow] = [:]
    private var looked: Set<Place> = []
    /// Why rows that were read for a list cannot be opened.
    private var troubles: [Place: StoreError] = [:]
    /// Who has the UIDs that were read for a list.
    private var owners: [UInt32: [UInt8]] = [:]
    /// The row to be stored; `nil` if nothing was changed.
    private(set) var staged: UserRow?
    /// Whether that row gets another name or UID.
    private(set) var isRenamed = false
    /// Whether a message is to be counted.
    private(set) var countsMessage = false
    /// The fleet's floor, in Unix seconds, once something was looked up.
    private(set) var floor: UInt64 = 0
    /// What it was at the last restore after which backup codes had to end.
    private var codesFloor: UInt64 = 0
    /// Why the host may not ask; known once something was looked up.
    private(set) var refusal: HostRefusal?

    /// The row of the user whose name another row is to get; `nil` for none.
    private(set) var replaced: UserRow?

    /// Where a row is.
    struct Place: Hashable {
        let realm: [UInt8]
        let name: [UInt8]
    }

    init(_ act: Act, in database: Database) {
        self.act = act
        self.database = database
    }

    // MARK: RecordStore

    /// Checks that this is the database of the fleet's key.
    public func prove() throws(StoreError) { _ = try row(of: act.user) }

    public func isEnrolled(_ user: User) throws(StoreError) -> Bool {
        guard let session = try openForReading(user) else { return false }
        return session.withRecord { $0.isEnrolled }
    }

    public func open(_ user: User) throws(StoreError) -> FleetSession? {
        try row(of: user).flatMap { (row) throws(StoreError) in
            try FleetSession(row, in: self, writing: true)
        }
    }

    /// Opens a record only to read it; `commit` would fail.
    public func openForReading(_ user: User) throws(StoreError) -> FleetSession? {
        try row(of: user).flatMap { (row) throws(StoreError) in
            try FleetSession(row, in: self, writing: false)
        }
    }

    public func make(_ record: borrowing Record, of user: User) throws(StoreError) {
        let place = try self.place(of: user)
        guard FleetRecords.isText(user.name), !user.name.contains(UInt8(ascii: ":")) else {
            throw StoreError(
                .system, user.name, "the name is not UTF-8, or has a colon: no record can be made")
        }
        let old = try row(of: user)
        guard old?.sealed.record == nil else {
            throw StoreError(.exists, user.name, "there is a record already")
        }
        let row = UserRow(
            id: old?.id ?? .random(), realm: place.realm, name: place.name, uid: user.uid,
            version: old?.version ?? 0, sealed: SealedRow(record: nil, floor: floor),
            here: old?.here ?? (0, 0), elsewhere: old?.elsewhere ?? (0, 0))
        try claim(row)
        rows[place] = row
        var encoded = record.encoded
        defer { Secret.wipe(&encoded) }
        guard var copy = Record(decoding: encoded.span) else {
            throw StoreError(.system, user.name, "the record has grown too large")
        }
        // Encoding forgets what has not been told.
        row.restored = record.untold
        try row.stage(&copy)
    }

    /// Removes a record, if there is one.
    public func remove(_ user: User) throws(StoreError) {
        guard let row = try row(of: user), row.sealed.record != nil else { return }
        try claim(row)
        row.stageRemoval()
    }

    public func openDecoy(for name: [UInt8]) throws(StoreError) -> FleetSession? {
        let decoy = try decoy(for: name)
        let place = decoy.place
        if !looked.contains(place) { try look(at: place, decoy: place.name) }
        guard let row = rows[place] else { return nil }
        let session = try FleetSession(row, in: self, writing: true)
        session?.withRecord { decoy.decoy.turn(&$0) }
        return session
    }

    /// The decoy of a name, and where it is. Each host has its own failures of a name, as it has for
    /// a name with a record.
    private func decoy(for name: [UInt8]) throws(StoreError) -> (decoy: Decoy, place: Place) {
        let decoy = Decoy(for: name + [0] + act.host.id.bytes, key: try database.decoyKey())
        return (decoy, Place(realm: [], name: Schema.decoyName(decoy.number)))
    }

    /// Counts a message, once the work is stored. Two servers at once may count past `most` by one.
    /// One host may have half of them sent: a broken one leaves the other half to the rest.
    public func countMessage(at now: UInt64, most: Int) throws(StoreError) -> Bool {
        let sent = try database.messages(since: now - min(now, 3600), by: act.host)
        let most = UInt64(clamping: most)
        guard sent.all < most, sent.byHost < max(1, most / 2) else { return false }
        countsMessage = true
        return true
    }

    // MARK: Lists

    /// Reads the rows of these names, and who has these UIDs, at once: for `openForReading` and
    /// `owner`.
    public func prepare(names: [[UInt8]], numbers: [UInt32]) throws(StoreError) {
        let realm = act.host.realm
        owners.merge(try database.owners(of: numbers, in: realm)) { $1 }
        let names = Set(names.filter { FleetRecords.isText($0) })
        let places = names.map { Place(realm: Array(realm.utf8), name: $0) }
        let new = places.filter { !looked.contains($0) }
        var troubles: [Place: StoreError] = [:]
        let found = try database.page(
            of: new.map(\.name), in: realm, host: act.host.id
        ) { (name, error) in
            troubles[Place(realm: Array(realm.utf8), name: name)] = error
        }
        self.troubles.merge(troubles) { $1 }
        looked.formUnion(new)
        for row in found {
            try restore(row)
            rows[Place(realm: row.realm, name: row.name)] = row
        }
    }

    /// Whose record this UID has, if that was prepared.
    public func owner(of number: UInt32) throws(StoreError) -> User? {
        owners[number].map { User(name: $0, uid: number, gid: .max) }
    }

    // MARK: Tickets

    /// Seals what a client at this host keeps between two requests; `plain` is wiped.
    public func sealTicket(_ plain: inout [UInt8]) throws(StoreError) -> [UInt8] {
        try database.sealTicket(&plain, for: act.host)
    }

    /// Opens a ticket; `nil` if this fleet did not seal it for this host, or it was changed.
    public func openTicket(_ ticket: [UInt8]) throws(StoreError) -> [UInt8]? {
        try database.openTicket(ticket, for: act.host)
    }

    // MARK: Rows

    /// Gives a row, which is staged, the name and the UID of the act's user; `other` has had it.
    func rename(_ row: UserRow, replacing other: UserRow?) throws(StoreError) {
        try claim(row)
        rows[Place(realm: row.realm, name: row.name)] = nil
        row.rename(to: act.user.name, uid: act.user.uid)
        rows[Place(realm: row.realm, name: row.name)] = row
        isRenamed = true
        replaced = other
        other?.stageRemoval()
    }

    /// Makes `row` the one that is stored. One request changes one record.
    func claim(_ row: UserRow) throws(StoreError) {
        guard staged == nil || staged === row || staged?.id == row.id else {
            throw StoreError(
                .system, row.name, "one request would change the records of two users")
        }
        staged = row
    }

    /// The row of a user of the host's realm; `nil` for none.
    func row(of user: User) throws(StoreError) -> UserRow? {
        let row = try row(at: place(of: user))
        if let row, row.sealed.record != nil, database.settings.identity == .uid,
            row.uid != user.uid, !(act.isMove && user == act.user)
        {
            throw StoreError(
                .otherUser, user.name,
                "the fleet has this name with the UID \(row.uid), and the host has it with"
                    + " \(user.uid): if it is the same person, give both the same UID or set"
                    + " `identity = name`; if not, give the host a realm of its own")
        }
        return row
    }

    /// The act's own row, if it was found.
    var known: UserRow? {
        rows[Place(realm: Array(act.host.realm.utf8), name: act.user.name)]
    }

    func place(of user: User) throws(StoreError) -> Place {
        let realm = Array(act.host.realm.utf8)
        guard !realm.isEmpty else {
            throw StoreError(.configuration, Array(act.host.name.utf8), "the host has no realm")
        }
        return Place(realm: realm, name: user.name)
    }

    func row(at place: Place) throws(StoreError) -> UserRow? {
        if !looked.contains(place) {
            try look(at: place, decoy: decoy(for: place.name).place.name)
            if let row = rows[place] { try restore(row) }
        }
        if let trouble = troubles[place] { throw trouble }
        return rows[place]
    }

    /// Reads the row at `place`, and a decoy.
    private func look(at place: Place, decoy: [UInt8]) throws(StoreError) {
        let found = try database.lookUp(
            realm: place.realm, name: FleetRecords.isText(place.name) ? place.name : [],
            host: act.host.id, decoy: decoy, at: act.time)
        (floor, codesFloor) = (found.floor, found.codesFloor)
        refusal = act.isOnServer ? nil : found.refusal
        let second = Place(realm: [], name: decoy)
        if looked.insert(second).inserted { rows[second] = found.decoy }
        if looked.insert(place).inserted { rows[place] = found.row }
    }

    /// Applies the fleet's floor to a record that was stored before.
    private func restore(_ row: UserRow) throws(StoreError) {
        guard row.sealed.floor < floor, var bytes = row.sealed.record else { return }
        defer { Secret.wipe(&bytes) }
        guard var record = Record(decoding: bytes.span) else { return }
        // A record that was not opened for years may have a restore behind it without any logs. All
        // codes in it are from before that, even if they were made by a clock that was ahead.
        record.restore(
            to: floor, after: row.sealed.floor,
            codesFloor: row.sealed.floor < codesFloor ? .max : 0,
            window: database.settings.window, origin: FleetRecords.restoreOrigin)
        row.restored = record.takeUntold()
        row.sealed.record = record.encoded
        row.sealed.floor = floor
        // A reply from before is none any more.
        row.sealed.last = nil
    }

    /// What users are told that a restore came from.
    static let restoreOrigin = Array("swiftotp-server restored".utf8)

    /// Whether the database can hold a name: it is UTF-8, and has no zero byte.
    static func isText(_ bytes: [UInt8]) -> Bool {
        !bytes.contains(0) && String(validating: bytes, as: UTF8.self) != nil
    }
}
