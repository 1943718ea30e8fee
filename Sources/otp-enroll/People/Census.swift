import OTPCore
import OTPStore

/// Who there is on this system, as far as that can be found out.
///
/// A directory such as LDAP mostly lists nobody, and gives people numbers beyond UID_MAX. So those
/// are asked for as well who have a home here, have logged in, have a record, or are in a group.
struct Census {
    /// What nsswitch.conf names and lists nobody: there may be users whom nobody has told of.
    let unlisted: [String]

    private let directory: SystemUsers
    private let numbers: ClosedRange<UInt32>
    private let recorded: RecordedNumbers
    private let group: GroupMembers?
    private var accounts: [SystemUsers.Account]
    private var names: Set<[UInt8]>
    private let listed: Set<[UInt8]>

    /// Everybody, or the members of a group; unless it `looksAround`, those who are listed or have a
    /// record.
    init(
        recorded: RecordedNumbers = RecordedNumbers(), group: String? = nil,
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

    /// Adds those whom `find` knows.
    private mutating func lookUp<Key>(
        _ keys: some Collection<Key>, _ find: (Key) throws -> SystemUsers.Account?
    ) throws {
        try Progress.through("Looking up users", keys) { add(try find($0)) }
    }

    private mutating func add(_ account: SystemUsers.Account?) {
        guard let account, names.insert(account.user.name).inserted else { return }
        accounts.append(account)
    }

    /// Who has a record, and is not listed.
    private mutating func addRecorded() throws {
        let known = accounts.map(\.user.uid).sorted()
        var rest = known[...]
        let directory = directory
        let unlisted = recorded.all.filter { uid in
            rest = rest.drop { $0 < uid }
            return rest.first != uid
        }
        try lookUp(unlisted) { try directory.account(withID: $0) }
    }

    /// Who has a home here, or has logged in. A directory that does not answer is no reason to leave
    /// out the others.
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

    // MARK: Who is meant

    /// All who were found, whatever they are.
    var everybody: [User] { accounts.map(\.user) }

    /// Root, all people, and whoever has a record; of a group, its members among them. By their
    /// numbers.
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
        // UID_MAX is about the people of /etc/passwd; a member is a member.
        guard isNumbered(account.user.uid) else { return false }
        return try group.contains(
            account.user, directory, isListed: listed.contains(account.user.name))
    }

    private func isNumbered(_ uid: UInt32) -> Bool {
        uid == 0 || uid >= numbers.lowerBound || recorded.contains(uid)
    }

    /// Beyond UID_MAX are the people of directories, and a few accounts that nobody logs in to.
    private func isPerson(_ account: SystemUsers.Account) -> Bool {
        let uid = account.user.uid
        guard isNumbered(uid), uid > numbers.upperBound, !recorded.contains(uid) else {
            return isNumbered(uid)
        }
        return uid != Census.nobody && account.hasLoginShell
    }

    /// The number of those who have none (user_namespaces(7)).
    private static let nobody: UInt32 = 65_534

    /// What to say where somebody may be missing, and what helps.
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
    /// Whether sshd and login let the account in as far as its shell goes.
    var hasLoginShell: Bool {
        let path = shell.isEmpty ? "/bin/sh" : String(decoding: shell, as: UTF8.self)
        let name = path.split(separator: "/").last ?? ""
        return name != "nologin" && name != "false" && SystemFiles.isExecutable(path)
    }
}

/// Who is in a group, asked once: per user it would take time by the square.
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

    /// Some directories keep a group's members to themselves, and say of a user which groups they
    /// are; of those who are listed, the list is right.
    func contains(_ user: User, _ directory: SystemUsers, isListed: Bool) throws -> Bool {
        if user.gid == gid || names.contains(user.name) { return true }
        return try !isListed && directory.isMember(user, of: name)
    }
}
