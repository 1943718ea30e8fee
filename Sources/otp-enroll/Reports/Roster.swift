import OTPCore
import OTPStore
import OTPWire

/// All people of the system, and everybody else who has a record.
struct Roster {
    let context: Context

    /// Checks that the caller may list everybody.
    init(_ global: GlobalOptions) throws { self.init(try Context(global, user: nil)) }

    init(_ context: Context) { self.context = context }

    /// A UID, its users, and whether it has a record.
    struct Entry {
        /// The UID.
        let uid: UInt32
        /// The users with this UID: usually one; several if the system assigned it twice; none if
        /// the user is gone.
        let users: ArraySlice<User>
        /// Whether there is a record for this UID.
        let hasRecord: Bool
        /// Whose record it is, in a fleet that goes by names, if the user is gone.
        var formerUser: String?

        /// The name, safe to show; `nil` for a user who is gone.
        var name: String? { users.first.map { Output.printable($0.name) } }
        /// The name, or else the UID.
        var shownName: String {
            name ?? formerUser.map { Output.printable($0) } ?? "(uid \(uid))"
        }

        /// Whether there is something to request.
        var isAsked: Bool { hasRecord && formerUser == nil }

        var document: NumberDocument {
            NumberDocument(uid: uid, users: users.map { String(decoding: $0.name, as: UTF8.self) })
        }
    }

    /// The result of reading a record.
    enum Finding<Value> {
        /// There is no record.
        case nothing
        /// What was read from this user's record.
        case found(Value, of: User)
        /// The record of a UID that nobody has any more; whose it was, if that was requested.
        case orphan(Orphan?)
        /// The record cannot be read.
        case unreadable(StoreError)
        /// The help desk must leave the user alone.
        case hidden
    }

    // MARK: Entries

    /// Root, the people and everybody who has a record, by UID; with `group`, its members only.
    /// `doubt` is called if some users may be missing.
    func entries(
        group: String?, doubt tell: (_ text: String, _ hint: String) -> Void
    ) throws -> [Entry] {
        let (recorded, fleet) = try recordedAnywhere()
        let census = try Census(recorded: recorded, group: group)
        if let doubt = census.doubt { tell(doubt.text, doubt.hint) }
        var found = try entries(census, recorded)
        // A fleet knows nothing of those who stay local.
        if let fleet {
            found = found.filter { $0.users.isEmpty || $0.users.contains(where: fleet.contains) }
        }
        // Users who are gone are in no group.
        return group == nil ? found : found.filter { !$0.users.isEmpty }
    }

    /// Everybody who has a record, by UID.
    func recordedEntries() throws -> [Entry] {
        let recorded = try recordedAnywhere().recorded
        let census = try Census(recorded: recorded, looksAround: false)
        return try entries(census, recorded).filter(\.hasRecord)
    }

    private func entries(_ census: Census, _ recorded: Recorded) throws -> [Entry] {
        let users = try census.people.map(\.user)
        guard let names = recorded.names else {
            return Roster.entries(users, recorded.numbers)
        }
        return Roster.entries(users, names)
    }

    private static func entries(_ users: [User], _ recorded: RecordedNumbers) -> [Entry] {
        var entries: [Entry] = []
        var rest = users[...]
        while let uid = rest.first?.uid {
            let end = rest.firstIndex { $0.uid != uid } ?? rest.endIndex
            entries.append(
                Entry(uid: uid, users: rest[..<end], hasRecord: recorded.contains(uid)))
            rest = rest[end...]
        }
        let known = Set(entries.map(\.uid))
        for uid in recorded.all where !known.contains(uid) {
            entries.append(Entry(uid: uid, users: [], hasRecord: true))
        }
        return entries.sorted { $0.uid < $1.uid }
    }

    /// Each user has an entry, even if another one has the same UID.
    private static func entries(_ users: [User], _ recorded: RecordedNames) -> [Entry] {
        let known = Set(users.map(\.name))
        let gone = recorded.users.filter { !known.contains($0.name) }
        var entries = users.map { user in
            Entry(uid: user.uid, users: [user], hasRecord: recorded.contains(user.name))
        }
        entries += gone.map { user in
            Entry(uid: user.uid, users: [], hasRecord: true, formerUser: user.shownName)
        }
        return entries
    }

    /// The UIDs that have a record.
    func recorded() throws -> RecordedNumbers {
        let recorded = try recordedAnywhere().recorded
        guard recorded.names == nil else { throw Failure.otherVersion }
        return recorded.numbers
    }

    /// Who has a record; if that is a fleet's, with the users whom this host leaves to it.
    private func recordedAnywhere() throws -> (recorded: Recorded, fleet: FleetUsers?) {
        var recorded = Recorded()
        while true {
            switch try context.ask(recorded.next) {
            case .recorded(let ranges, let isAll, let fleet, let names):
                guard recorded.append(ranges, names, isAll: isAll) else {
                    throw Failure.otherVersion
                }
                if isAll { return (recorded, fleet) }
            case let other: throw context.failure(other)
            }
        }
    }
}
