import OTPCore
import OTPStore

/// Everybody: the people of the system, and whoever else has a record.
struct Roster {
    /// The configuration, with the command line's word over the file's.
    let options: Options

    /// Finds out the options, and that the caller may look at everybody.
    init(_ global: GlobalOptions) throws {
        options = try Workplace(global, user: nil).options
    }

    /// A number, whose it is, and whether there is a record for it.
    struct Entry {
        /// The number.
        let uid: UInt32
        /// Who has the number: mostly one; several where the system gave it twice; nobody where
        /// the user is gone.
        let users: [User]
        /// Whether a record has this number.
        let hasRecord: Bool

        /// The name as it may be shown; `nil` for a user who is gone.
        var name: String? { users.first.map { Output.printable($0.name) } }
        /// The name, or the number in its place.
        var shownName: String { name ?? "(uid \(uid))" }
    }

    /// What a look at somebody's record found.
    enum Finding<Value> {
        /// There is no record.
        case nothing
        /// What was read off the record of this user.
        case found(Value, of: User)
        /// The record is of a number that nobody has any more.
        case orphan
        /// The record cannot be read.
        case unreadable(StoreError)
    }

    // MARK: Who there is

    /// Root, the people and all who have a record, by their numbers; with `group`, those who are
    /// in it.
    func entries(in store: Store?, group: String? = nil) throws -> [Entry] {
        let directory = SystemUsers()
        let members = try group.map { try Members($0, directory) }
        let people = directory.peoplesNumbers()
        let recorded = try Set(store?.userIDs() ?? [])
        var byNumber: [UInt32: [User]] = [:]
        for user in try directory.all() {
            guard user.uid == 0 || people.contains(user.uid) || recorded.contains(user.uid)
            else { continue }
            byNumber[user.uid, default: []].append(user)
        }
        // A directory that may not be listed is asked one by one.
        for uid in recorded where byNumber[uid] == nil {
            byNumber[uid] = try directory.user(withID: uid).map { [$0] } ?? []
        }
        let entries = byNumber.map { uid, users in
            Entry(uid: uid, users: users, hasRecord: recorded.contains(uid))
        }
        guard let members else { return entries.sorted { $0.uid < $1.uid } }
        return entries.filter { $0.users.contains(where: members.contains) }
            .sorted { $0.uid < $1.uid }
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

    // MARK: Records

    /// Opens the store; `nil` where there is none yet.
    func store() throws -> Store? {
        do throws(StoreError) {
            return try Store(path: options.store)
        } catch {
            if error.code == .missing { return nil }
            throw error
        }
    }

    /// Looks at all records of `entries`, one by one; on a terminal it shows how far it is. What
    /// is wrong with the store or its key is thrown, what is wrong with one record is a finding.
    func look<Value>(
        at entries: [Entry], in store: Store?, _ body: (borrowing Record, User) -> Value,
        _ tell: (Entry, Finding<Value>) throws -> Void
    ) throws {
        var progress = Progress("Reading records", of: entries.count)
        defer { progress.finish() }
        for entry in entries {
            try tell(entry, look(at: entry, in: store, body))
            progress.advance()
        }
    }

    private func look<Value>(
        at entry: Entry, in store: Store?, _ body: (borrowing Record, User) -> Value
    ) throws -> Finding<Value> {
        guard let store, entry.hasRecord else { return .nothing }
        guard !entry.users.isEmpty else { return .orphan }
        let path = store.path + Array("/\(entry.uid)".utf8)
        var refusal: StoreError?
        for user in entry.users {
            do throws(StoreError) {
                guard let session = try store.openForReading(user) else { return .nothing }
                defer { session.close() }
                return .found(session.withRecord { body($0, user) }, of: user)
            } catch {
                // The key's or the folder's trouble is everybody's.
                guard error.subject == path else { throw error }
                refusal = refusal ?? error
                // Of two names of one number, the record is one's alone.
                if error.code != .otherUser { break }
            }
        }
        return refusal.map { .unreadable($0) } ?? .nothing
    }
}

extension Workplace {
    /// The place to work on one of many users, whose options are known and who may be worked on.
    init(options: Options, user: User, opened store: Store? = nil) {
        self.options = options
        self.user = user
        knowsPolicy = true
        usesHelper = false
        socket = nil
        opened = store
    }
}

extension StoreError {
    /// What is wrong with a record, in a word or two for a table.
    var shortText: String {
        switch code {
        case .damaged: "damaged"
        case .otherKey: "other seal key"
        case .otherUser: "another user's"
        case .unsafe: "unsafe file"
        case .busy: "busy"
        case .missing, .exists, .system, .configuration, .clock: "unreadable"
        }
    }
}
