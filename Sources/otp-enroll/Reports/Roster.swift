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
    /// in it.
    func entries(group: String? = nil) throws -> [Entry] {
        let directory = SystemUsers()
        let members = try group.map { try Members($0, directory) }
        let people = directory.peoplesNumbers()
        let recorded = try recorded()
        var users = try directory.all().filter {
            $0.uid == 0 || people.contains($0.uid) || recorded.contains($0.uid)
        }
        users.sort { $0.uid < $1.uid }
        let gone = try Roster.others(recorded, than: users, directory)
        if !gone.found.isEmpty {
            users += gone.found
            users.sort { $0.uid < $1.uid }
        }
        var entries = gone.numbers.map { Entry(uid: $0, users: [], hasRecord: true) }
        var rest = users[...]
        while let uid = rest.first?.uid {
            let end = rest.firstIndex { $0.uid != uid } ?? rest.endIndex
            entries.append(
                Entry(uid: uid, users: rest[..<end], hasRecord: recorded.contains(uid)))
            rest = rest[end...]
        }
        if let members { entries.removeAll { !$0.users.contains(where: members.contains) } }
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

    /// Who has the numbers that `users`, in their order, have not. A directory that may not be
    /// listed is asked one by one.
    private static func others(
        _ recorded: RecordedNumbers, than users: [User], _ directory: SystemUsers
    ) throws -> (found: [User], numbers: [UInt32]) {
        var (found, numbers): ([User], [UInt32]) = ([], [])
        var rest = users[...]
        for uid in recorded.all {
            rest = rest.drop { $0.uid < uid }
            guard rest.first?.uid != uid else { continue }
            if let user = try directory.user(withID: uid) {
                found.append(user)
            } else {
                numbers.append(uid)
            }
        }
        return (found, numbers)
    }

    /// Who is in a group, asked once: per user it would take time by the square.
    private struct Members {
        private let gid: UInt32
        private let names: Set<[UInt8]>

        init(_ name: String, _ directory: SystemUsers) throws {
            guard let group = try directory.group(named: Array(name.utf8)) else {
                throw Failure(
                    "there is no group \"\(Output.printable(name))\"",
                    hint: "`getent group` lists the groups")
            }
            gid = group.gid
            names = Set(group.members)
        }

        func contains(_ user: User) -> Bool { user.gid == gid || names.contains(user.name) }
    }
}
