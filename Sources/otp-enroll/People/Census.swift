import OTPCore
import OTPStore

/// The users of this system, as far as they can be found.
///
/// A directory such as LDAP usually lists nobody, and gives people UIDs beyond UID_MAX. So those
/// are looked up as well who have a home directory here, have logged in, have a record, or are in a
/// group.
struct Census {
    /// The sources in nsswitch.conf that list nobody: there may be users who were not found.
    let unlisted: [String]

    private let directory: SystemUsers
    private let numbers: ClosedRange<UInt32>
    private let recorded: Recorded
    private let group: GroupMembers?
    private var accounts: [SystemUsers.Account]
    private var names: Set<[UInt8]>
    private let listed: Set<[UInt8]>

    /// Everybody, or the members of a group; unless it `looksAround`, only those who are listed or
    /// have a record.
    init(
        recorded: Recorded = Recorded(), group: String? = nil,
        looksAround: Bool = true
    ) throws {
        let directory = SystemUsers()
        self.directory = directory
        self.recorded = recorded
        self.group = try group.map { try GroupMembers($0, directory) }
        numbers = directory.peoplesNumbers()
        accounts = try Census.listed(in: directory)
        names = Set(accounts.map(\.user.name))
        listed = names
        let sources = looksAround ? NameServices.foreign("passwd") : []
        unlisted = sources.filter { !NameServices.listsUsers($0) }
        try addRecorded()
        let members = (self.group?.names ?? []).subtracting(names)
        try lookUp(members) { try directory.account(named: $0) }
        if !sources.isEmpty { try addCandidates() }
    }

    private static func listed(in directory: SystemUsers) throws -> [SystemUsers.Account] {
        var progress = Progress("Listing users")
        defer { progress.finish() }
        return try directory.all { progress.advance() }
    }

    /// Adds those that `find` knows.
    private mutating func lookUp<Key>(
        _ keys: some Collection<Key>, _ find: (Key) throws -> SystemUsers.Account?
    ) throws {
        try Progress.through("Looking up users", keys) { add(try find($0)) }
    }

    private mutating func add(_ account: SystemUsers.Account?) {
        guard let account, names.insert(account.user.name).inserted else { return }
        accounts.append(account)
    }

    /// Users who have a record, and are not listed.
    private mutating func addRecorded() throws {
        let directory = directory
        guard let named = recorded.names else {
            let known = accounts.map(\.user.uid).sorted()
            var rest = known[...]
            let unlisted = recorded.numbers.all.filter { uid in
                rest = rest.drop { $0 < uid }
                return rest.first != uid
            }
            return try lookUp(unlisted) { try directory.account(withID: $0) }
        }
        let known = names
        try lookUp(named.users.map(\.name).filter { !known.contains($0) }) { name in
            // Some directories find a name in any spelling, and the fleet in its own alone.
            let account = try directory.account(named: name)
            return account?.user.name == name ? account : nil
        }
    }

    /// Users who have a home directory here, or have logged in. If a directory does not answer, the
    /// others are still added.
    private mutating func addCandidates() throws {
        let known = Set(accounts.map(\.user.uid))
        let logins = RecentLogins()
        let homes = HomeFolders(of: accounts.filter { numbers.contains($0.user.uid) })
        let directory = directory
        let owners = homes.owners.union(logins.numbers).filter {
            $0 >= numbers.lowerBound && !known.contains($0)
        }
        try lookUp(owners.sorted()) { try? directory.account(withID: $0) }
        try lookUp(logins.names.subtracting(names)) { try? directory.account(named: $0) }
    }

    // MARK: Selection

    /// All users found, of any kind.
    var everybody: [User] { accounts.map(\.user) }

    /// Root, all people, and everybody who has a record; of a group, its members among them. By
    /// UID.
    var people: [SystemUsers.Account] {
        get throws {
            var people: [SystemUsers.Account] = []
            try Progress.through("Looking up members", accounts) { account in
                if try isMeant(account) { people.append(account) }
            }
            return people.sorted { $0.user.uid < $1.user.uid }
        }
    }

    private func isMeant(_ account: SystemUsers.Account) throws -> Bool {
        guard let group else { return isPerson(account) }
        // UID_MAX is about the people in /etc/passwd; a member is a member.
        guard isNumbered(account.user) else { return false }
        return try group.contains(
            account.user, directory, isListed: listed.contains(account.user.name))
    }

    private func isNumbered(_ user: User) -> Bool {
        user.uid == 0 || user.uid >= numbers.lowerBound || recorded.contains(user)
    }

    /// Beyond UID_MAX are the people in directories, and a few accounts that nobody logs in to.
    private func isPerson(_ account: SystemUsers.Account) -> Bool {
        let user = account.user
        guard isNumbered(user), user.uid > numbers.upperBound, !recorded.contains(user) else {
            return isNumbered(user)
        }
        return user.uid != Census.nobody && account.hasLoginShell
    }

    /// The UID of those who have none (user_namespaces(7)).
    private static let nobody: UInt32 = 65_534

    /// What to say if somebody may be missing, and what helps.
    var doubt: (text: String, hint: String)? {
        guard !unlisted.isEmpty else { return nil }
        let sources = unlisted.joined(separator: " and ")
        let text = "/etc/nsswitch.conf: \(sources) does not list its users; some may be missing"
        let named = "`otp-enroll list --group NAME` and `otp-enroll doctor --user NAME`"
        guard group == nil else {
            return (
                text + ", if this is their primary group",
                "`otp-enroll doctor --user NAME` finds a user by name"
            )
        }
        return (text, "\(named) find users by name")
    }
}

extension SystemUsers.Account {
    /// Whether the account's shell lets sshd and login accept it.
    var hasLoginShell: Bool {
        let path = shell.isEmpty ? "/bin/sh" : String(decoding: shell, as: UTF8.self)
        let name = path.split(separator: "/").last ?? ""
        return name != "nologin" && name != "false" && SystemFiles.isExecutable(path)
    }
}

/// A group's members, looked up once: once per user would take quadratic time.
private struct GroupMembers {
    let names: Set<[UInt8]>
    private let gid: UInt32
    private let name: [UInt8]

    init(_ name: String, _ directory: SystemUsers) throws {
        self.name = Array(name.utf8)
        guard let group = try directory.group(named: self.name) else {
            throw Failure(
                "there is no group \"\(Output.printable(name))\"",
                hint: Words.proposal(for: name, among: LocalNames.groups)?.text
                    ?? "`getent group` lists the groups")
        }
        gid = group.gid
        names = Set(group.members)
    }

    /// Some directories do not list a group's members, but say which groups a user is in; for
    /// listed members the list is right.
    func contains(_ user: User, _ directory: SystemUsers, isListed: Bool) throws -> Bool {
        if user.gid == gid || names.contains(user.name) { return true }
        return try !isListed && directory.isMember(user, of: name)
    }
}
