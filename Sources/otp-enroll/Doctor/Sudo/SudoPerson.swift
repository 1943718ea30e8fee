import OTPCore
import OTPStore

/// What sudoers(5) says about a user on this machine. sudo goes through everything that matches,
/// and the last match decides.
struct SudoPerson {
    /// Why sudo does not ask, and if that is set.
    struct Reason: Hashable {
        let words: String
        let place: String
    }

    let user: User
    private let rules: SudoersRules
    private let groups: SudoGroups

    /// Whether the user may do anything as root, and why sudo would then not ask.
    private(set) var mayDoAll = false
    private(set) var freeOfAll: Reason?
    /// Commands for which the user is not asked.
    private(set) var free: [Reason: [String]] = [:]
    /// What `Defaults` set for the user, with its place, and which commands they exempt.
    private(set) var settings: [String: (value: String?, place: String)] = [:]

    init(_ user: User, _ rules: SudoersRules, _ groups: SudoGroups) {
        (self.user, self.rules, self.groups) = (user, rules, groups)
        readDefaults()
        readEntries()
    }

    // MARK: Defaults

    private mutating func readDefaults() {
        let bound = rules.defaults.filter { $0.kind == "!" && isAll("command", $0.names) }
        for line in rules.defaults.filter({ $0.kind != "!" }) + bound where fits(line) {
            for (name, value) in line.settings {
                settings[name.filter { $0 != "!" }] = (
                    name.hasPrefix("!") ? "no" : value ?? "yes", line.place
                )
            }
        }
    }

    private func fits(_ line: SudoersRules.Default) -> Bool {
        switch line.kind {
        case ":": says(line.names, "user", isUser)
        case "@": says(line.names, "host", SudoPerson.isHere)
        case ">": says(line.names, "runas") { $0 == "root" || $0 == "#0" }
        default: true
        }
    }

    /// Where a setting is turned on.
    func isOn(_ name: String) -> String? {
        settings[name].flatMap { $0.value == "no" ? nil : $0.place }
    }

    /// Whose password and code sudo asks for instead of the user's own, and if that is set.
    var otherAccount: (name: String, word: String, place: String)? {
        let usual = settings["runas_default"]?.value ?? "root"
        for (word, name) in [("rootpw", "root"), ("runaspw", usual), ("targetpw", usual)] {
            if let place = isOn(word) { return (name, word, place) }
        }
        return nil
    }

    private var exemption: Reason? {
        if let (value, place) = settings["exempt_group"], let value, value != "no",
            groups.isMember(user, value)
        {
            return Reason(words: "exempt_group=\(value)", place: place)
        }
        return nil
    }

    // MARK: Entries

    private mutating func readEntries() {
        let asked = settings["authenticate"].flatMap { $0.value == "no" ? $0.place : nil }
        let unasked = asked.map { Reason(words: "!authenticate", place: $0) }
        for entry in rules.entries where isNamed(in: entry) {
            for command in entry.commands {
                var reason = command.asks == nil ? unasked : nil
                if command.asks == false {
                    reason = Reason(words: rules.unasked, place: entry.place)
                }
                take(command, exemption ?? reason)
            }
        }
    }

    private mutating func take(_ command: SudoersRules.Command, _ reason: Reason?) {
        let isNegated = command.name.hasPrefix("!")
        let name = command.name.drop { $0 == "!" || $0 == " " }
        let isRoot =
            command.targets.isEmpty
            || says(command.targets, "runas") { $0 == "root" || $0 == "#0" }
        let isAll = isAll("command", [String(name)])
        guard isAll || SudoPerson.isShell(name) else {
            if !isNegated, let reason { free[reason, default: []].append(command.name) }
            return
        }
        guard isRoot else {
            let whom = command.targets.joined(separator: ", ")
            if !isNegated, let reason { free[reason, default: []].append("\(name) as \(whom)") }
            return
        }
        // A shell can do anything, but other commands keep their own settings.
        if isAll || freeOfAll == nil { freeOfAll = isNegated ? nil : reason }
        if isAll {
            free = [:]
            mayDoAll = !isNegated
        }
    }

    /// Anybody who may run one of these may run anything.
    private static func isShell(_ command: Substring) -> Bool {
        let name = command.split(separator: "/").last ?? ""
        return ["sh", "bash", "dash", "zsh", "ksh", "fish", "su"].contains(name)
    }

    /// Whether an entry applies to the user.
    func isNamed(in entry: SudoersRules.Entry) -> Bool {
        says(entry.users, "user", isUser) && says(entry.hosts, "host", SudoPerson.isHere)
    }

    // MARK: Lists

    private func isAll(_ kind: String, _ names: [String], depth: Int = 0) -> Bool {
        names.contains { name in
            if name == "ALL" { return true }
            guard depth < 20, let members = rules.aliases["\(kind) \(name)"] else { return false }
            return isAll(kind, members, depth: depth + 1)
        }
    }

    /// The result of the last matching name in a list.
    private func says(
        _ names: [String], _ kind: String, depth: Int = 0, _ fits: (String) -> Bool
    ) -> Bool {
        for item in names.reversed() {
            let name = String(item.drop { $0 == "!" })
            let isMeant = (item.count - name.count).isMultiple(of: 2)
            if let members = rules.aliases["\(kind) \(name)"], depth < 20 {
                if says(members, kind, depth: depth + 1, fits) { return isMeant }
            } else if name == "ALL" || fits(name) {
                return isMeant
            }
        }
        return false
    }

    private func isUser(_ name: String) -> Bool {
        if name.hasPrefix("%#") { return UInt32(name.dropFirst(2)) == user.gid }
        if name.hasPrefix("%") { return groups.isMember(user, String(name.dropFirst())) }
        if name.hasPrefix("#") { return UInt32(name.dropFirst()) == user.uid }
        return name == user.shownName
    }

    /// Whether a host may be this one; addresses and netgroups are assumed to be.
    private static func isHere(_ name: String) -> Bool {
        let own = Machine.hostName
        if name.hasPrefix("+") || name.contains("*") || name.contains(":")
            || name.allSatisfy({ $0.isNumber || $0 == "." || $0 == "/" })
        {
            return true
        }
        return name == own || name == String(own.prefix { $0 != "." })
    }
}

/// Group memberships, looked up once each.
final class SudoGroups {
    private let directory = SystemUsers()
    private let isForeign = !NameServices.foreign("group").isEmpty
    private var known: [String: (gid: UInt32, members: Set<[UInt8]>)?] = [:]

    func isMember(_ user: User, _ name: String) -> Bool {
        let bytes = Array(name.utf8)
        if known[name] == nil {
            let group = try? directory.group(named: bytes)
            known[name] = .some(group.map { ($0.gid, Set($0.members)) })
        }
        guard let group = known[name] ?? nil else { return false }
        if user.gid == group.gid || group.members.contains(user.name) { return true }
        // A directory may not list a group's members.
        return isForeign && (try? directory.isMember(user, of: bytes)) == true
    }
}
