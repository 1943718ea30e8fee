import OTPCore
import OTPStore
import OTPSystem

/// Users who may log in by ssh, grouped if sshd cannot distinguish them.
struct SSHPeople {
    /// One user of each kind, and the names of all of that kind.
    let kinds: [(user: SSHUser, names: [String])]

    /// Settings that say who may log in.
    private static let lists = ["allowusers", "denyusers", "allowgroups", "denygroups"]

    init(
        _ users: [User], _ configuration: SSHConfiguration, _ options: Options,
        enrolled: Set<UInt32>?
    ) {
        let criteria = configuration.criteria
        let lists = configuration.settings.filter { SSHPeople.lists.contains($0.key) }
        let userPatterns = lists.filter { $0.key.hasSuffix("users") }.flatMap(\.words)
            .map { SSHPattern.parts(userPattern: $0).user }
        let groupPatterns = lists.filter { $0.key.hasSuffix("groups") }.flatMap(\.words)
        let groups = SSHGroups(
            named: groupPatterns + criteria.flatMap(\.groupNames), exempt: options.exemptGroup)
        var kinds: [(user: SSHUser, names: [String])] = []
        var places: [[Bool]: Int] = [:]
        Progress.through("Looking up groups", users) { user in
            let user = SSHUser(
                name: user.shownName, uid: user.uid, groups: groups.names(of: user),
                isExempt: groups.isExempt(user),
                isEnrolled: options.belongsToFleet(user) ? nil : enrolled?.contains(user.uid))
            let signs =
                criteria.map { $0.holds(for: user) }
                + userPatterns.map { SSHPattern.fits(user.name, $0) }
                + groupPatterns.map { pattern in
                    user.groups.contains { SSHPattern.fits($0, pattern) }
                } + [user.isRoot, user.isExempt, user.isEnrolled == true]
            guard let place = places[signs] else {
                places[signs] = kinds.count
                kinds.append((user, [user.name]))
                return
            }
            kinds[place].names.append(user.name)
            // sshd's -C takes a comma-separated list.
            if kinds[place].user.name.contains(",") { kinds[place].user = user }
        }
        self.kinds = kinds
    }

    /// Whether sshd lets somebody try at all.
    static func isAllowed(_ login: SSHLogin, _ settings: SSHSettings) -> Bool {
        if login.user.isRoot, settings.value("permitrootlogin") == "no" { return false }
        let isIn = { (key: String) in
            settings.values(key).contains { SSHPattern.fits(login, userPattern: $0) }
        }
        let isOf = { (key: String) in
            settings.values(key).contains { pattern in
                login.user.groups.contains { SSHPattern.fits($0, pattern) }
            }
        }
        return !isIn("denyusers") && (settings.values("allowusers").isEmpty || isIn("allowusers"))
            && !isOf("denygroups")
            && (settings.values("allowgroups").isEmpty || isOf("allowgroups"))
    }
}

/// Group memberships, as far as sshd's configuration tests them.
private struct SSHGroups {
    /// The names of groups by GID, and by the name of a member.
    private var byNumber: [UInt32: Set<String>] = [:]
    private var byMember: [String: Set<String>] = [:]
    /// Groups of a directory that does not list them.
    private var unlisted: [String] = []
    private var exempt: [UInt8]?
    private var exemptIsListed = false

    /// Looks up the groups with these names and patterns.
    init(named patterns: [String], exempt: [UInt8]?) {
        self.exempt = exempt
        let exemptName = exempt.map { String(decoding: $0, as: UTF8.self) }
        guard !patterns.isEmpty || exemptName != nil else { return }
        var known: Set<String> = []
        let listed = Tool.ask(["/usr/bin/getent", "group"])
        for line in (listed?.output ?? "").split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count >= 4, let number = UInt32(fields[2]) else { continue }
            let name = String(fields[0])
            known.insert(name)
            byNumber[number, default: []].insert(name)
            for member in fields[3].split(separator: ",") {
                byMember[String(member), default: []].insert(name)
            }
        }
        exemptIsListed = exemptName.map(known.contains) ?? false
        let names = patterns.flatMap { SSHPattern.entries($0) }
            .map { String($0.hasPrefix("!") ? $0.dropFirst() : $0) }
        unlisted = Set(names).subtracting(known).filter { !$0.contains("*") && !$0.contains("?") }
            .sorted()
    }

    /// The names of a user's groups.
    func names(of user: User) -> Set<String> {
        let listed = byNumber[user.gid, default: []].union(byMember[user.shownName, default: []])
        return listed.union(unlisted.filter { isMember(user, of: Array($0.utf8)) })
    }

    func isExempt(_ user: User) -> Bool {
        guard let exempt else { return false }
        let name = String(decoding: exempt, as: UTF8.self)
        return exemptIsListed ? names(of: user).contains(name) : isMember(user, of: exempt)
    }

    private func isMember(_ user: User, of group: [UInt8]) -> Bool {
        (try? SystemUsers().isMember(user, of: group)) ?? false
    }
}

extension SSHMatch.Criterion {
    /// The groups that it tests.
    var groupNames: [String] {
        if case .group(let list) = self { return [list] }
        return []
    }
}

extension SSHConfiguration {
    /// Users named in sshd's files, individually or as the members of a group, who are not yet
    /// known: system accounts, and users of a directory that lists nobody.
    func named(beside known: [User]) -> [User] {
        var names: Set<String> = []
        for criterion in criteria {
            guard case .user(let list) = criterion else { continue }
            names.formUnion(SSHPattern.entries(list).map(String.init))
        }
        let directory = SystemUsers()
        for group in criteria.flatMap(\.groupNames).flatMap({ SSHPattern.entries($0) }) {
            let found = try? directory.group(named: Array(group.utf8))
            for member in found?.members ?? [] {
                names.insert(String(decoding: member, as: UTF8.self))
            }
        }
        names.subtract(known.map(\.shownName))
        return names.sorted().compactMap { name in
            guard !name.contains(where: { "*?!".contains($0) }),
                let account = try? directory.account(named: Array(name.utf8)),
                !known.contains(where: { $0.uid == account.user.uid })
            else { return nil }
            return account.hasLoginShell ? account.user : nil
        }
    }
}
