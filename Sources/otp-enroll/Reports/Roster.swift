import OTPCore
import OTPStore
import OTPWire

/// Everybody: the people of the system, and whoever else has a record.
struct Roster {
    let context: Context

    /// Finds out that the caller may look at everybody.
    init(_ global: GlobalOptions) throws { self.init(try Context(global, user: nil)) }

    init(_ context: Context) { self.context = context }

    /// A number, whose it is, and whether there is a record for it.
    struct Entry {
        /// The number.
        let uid: UInt32
        /// Who has the number: mostly one; several where the system gave it twice; nobody where
        /// the user is gone.
        let users: ArraySlice<User>
        /// Whether a record has this number.
        let hasRecord: Bool

        /// The name as it may be shown; `nil` for a user who is gone.
        var name: String? { users.first.map { Output.printable($0.name) } }
        /// The name, or the number in its place.
        var shownName: String { name ?? "(uid \(uid))" }

        /// Whether there is something to ask the service about.
        var isAsked: Bool { hasRecord }

        var document: NumberDocument {
            NumberDocument(uid: uid, users: users.map { String(decoding: $0.name, as: UTF8.self) })
        }
    }

    /// What a look at somebody's record found.
    enum Finding<Value> {
        /// There is no record.
        case nothing
        /// What was read off the record of this user.
        case found(Value, of: User)
        /// The record is of a number that nobody has any more; whose it was, where that was asked.
        case orphan(Orphan?)
        /// The record cannot be read.
        case unreadable(StoreError)
    }

    // MARK: Who there is

    /// Root, the people and all who have a record, by their numbers; with `group`, those who are
    /// in it. `doubt` is told where some may be missing.
    func entries(
        group: String?, doubt tell: (_ text: String, _ hint: String) -> Void
    ) throws -> [Entry] {
        let recorded = try recorded()
        let census = try Census(recorded: recorded, group: group)
        if let doubt = census.doubt { tell(doubt.text, doubt.hint) }
        let found = try entries(census, recorded)
        // Whoever is gone is in no group.
        return group == nil ? found : found.filter { !$0.users.isEmpty }
    }

    /// Whoever has a record, by their numbers.
    func recordedEntries() throws -> [Entry] {
        let recorded = try recorded()
        let census = try Census(recorded: recorded, looksAround: false)
        return try entries(census, recorded).filter(\.hasRecord)
    }

    private func entries(_ census: Census, _ recorded: RecordedNumbers) throws -> [Entry] {
        let users = try census.people.map(\.user)
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

    /// The numbers that have a record.
    private func recorded() throws -> RecordedNumbers {
        var numbers = RecordedNumbers()
        while true {
            switch try context.ask(.recorded(after: numbers.last)) {
            case .recorded(let ranges, let isAll):
                guard numbers.append(ranges), isAll || !ranges.isEmpty else {
                    throw Failure.otherVersion
                }
                if isAll { return numbers }
            case let other: throw context.failure(other)
            }
        }
    }
}
