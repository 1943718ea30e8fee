import OTPCore
import OTPStore
import OTPWire

/// Users who may log in according to their shell, but have nothing to answer the module with.
struct PeopleCheck {
    static let name = "people"

    /// The users concerned.
    let users: [User]
    /// Which users may be missing from these.
    private let doubt: (text: String, hint: String)?
    /// Whether to add users who have a record.
    private let isOpen: Bool
    /// Whether it is about a single user.
    private let isNamed: Bool

    /// Root and everybody with a login shell; or the named user, or the members of the named group.
    init(only name: String?, group: String?) throws {
        isNamed = name != nil
        if let name {
            guard let user = try SystemUsers().user(named: Array(name.utf8)) else {
                throw Context.noUser(name, among: LocalNames.people)
            }
            (users, doubt, isOpen) = ([user], nil, false)
            return
        }
        let census = try Census(group: group)
        users = try census.people.filter(\.hasLoginShell).map(\.user)
        (doubt, isOpen) = (census.doubt, group == nil)
        if let group, users.isEmpty {
            throw Failure(
                "nobody is known to be in the group \"\(Output.printable(group))\" who has a login shell",
                hint: "--user looks at one user by name")
        }
    }

    /// Checks who is locked out; `unasked` are those whom the stack never asks for a code.
    func look(
        _ options: Options, _ store: StoreCheck, service: String, unasked: Set<String> = []
    ) -> Look {
        let users = users + (isOpen ? store.others(than: users) : [])
        // Of them the servers alone know who is enrolled.
        let fleets = users.count { options.belongsToFleet($0) }
        let about =
            Words.count(users.count, "user") + " with a login shell"
            + (fleets == 0 ? "" : ", \(fleets) of the fleet")
        guard let standings = store.standings else {
            return .skipped(PeopleCheck.name, "the store cannot be read")
        }
        let exempt: Set<UInt32>
        do throws(StoreError) {
            exempt = try PeopleCheck.exempt(users, options.exemptGroup)
        } catch {
            let text = String(decoding: error.text, as: UTF8.self)
            return Look(
                PeopleCheck.name, about,
                [Finding(.problem, "\(text): the module denies everybody")])
        }
        var found = LockedOut(options, service)
        for user in users
        where !exempt.contains(user.uid) && !unasked.contains(user.shownName)
            && !options.belongsToFleet(user)
        {
            found.add(user.shownName, standings[user.uid])
        }
        if SSHDaemon.serves(service), found.isMissing("root"), PeopleCheck.keepsRootOut {
            found.remove("root")
        }
        let note = doubt.map { Finding(.note, "\($0.text): \($0.hint)") }
        return Look(
            PeopleCheck.name, about,
            exemption(exempt, options) + found.findings + [note].compactMap(\.self))
    }

    /// The UIDs of those users whom their group exempts.
    private static func exempt(
        _ users: [User], _ group: [UInt8]?
    ) throws(StoreError) -> Set<UInt32> {
        guard let group else { return [] }
        let directory = SystemUsers()
        guard try directory.group(named: group) != nil else {
            throw StoreError(.configuration, group, "exempt_group: there is no such group")
        }
        var exempt: Set<UInt32> = []
        var progress = Progress("Looking up members", of: users.count)
        defer { progress.finish() }
        for user in users {
            if try directory.isMember(user, of: group) { exempt.insert(user.uid) }
            progress.advance()
        }
        return exempt
    }

    /// What to say about the exempt group; if everybody is in it, nobody is asked.
    private func exemption(_ exempt: Set<UInt32>, _ options: Options) -> [Finding] {
        guard let group = options.exemptGroup, !exempt.isEmpty else { return [] }
        let name = String(decoding: group, as: UTF8.self)
        if isNamed, let user = users.first {
            return [
                Finding(
                    .note,
                    "\(user.shownName) is in the group \(name) (exempt_group), and is asked for"
                        + " no code")
            ]
        }
        let ordinary = users.filter { $0.uid != 0 }
        guard !ordinary.isEmpty, ordinary.allSatisfy({ exempt.contains($0.uid) }) else { return [] }
        return [
            Finding(
                .problem,
                "everybody is in the group \(name) (exempt_group), and nobody is asked for a code",
                change: "exempt_group = a group of those alone who cannot type a code")
        ]
    }

    private static var keepsRootOut: Bool {
        (try? SSHSettings(user: "root"))?.value("permitrootlogin") == "no"
    }
}

/// Users who have nothing that logs in now, and what that means for them.
private struct LockedOut {
    private let options: Options
    private let service: String
    private var missing: [String] = []
    private var ended: [String] = []
    private var closed: [String] = []
    private var almostClosed: [String] = []

    init(_ options: Options, _ service: String) {
        (self.options, self.service) = (options, service)
    }

    /// Adds a user who is not `ready`.
    mutating func add(_ name: String, _ standing: Standing?) {
        switch standing {
        case .ready: break
        case nil: missing.append(name)
        case .ended: ended.append(name)
        case .closed(let hasTrust) where hasTrust && SSHDaemon.serves(service):
            almostClosed.append(name)
        case .closed: closed.append(name)
        case .almostClosed: almostClosed.append(name)
        }
    }

    func isMissing(_ name: String) -> Bool { missing.contains(name) }

    mutating func remove(_ name: String) { missing.removeAll { $0 == name } }

    var findings: [Finding] {
        [
            notEnrolled,
            finding(
                .problem, ended, "locked out: has only a temporary code, which has expired",
                "otp-enroll issue"),
            finding(
                .problem, closed, "locked out: closed by a hundred wrong codes",
                "otp-enroll unlock"),
            finding(
                .warning, almostClosed,
                "closed by a hundred wrong codes: only a backup code, a temporary code or a trusted"
                    + " key logs in", "otp-enroll unlock"),
        ].compactMap { $0 }
    }

    private func finding(
        _ severity: Finding.Severity, _ names: [String], _ what: String, _ command: String
    ) -> Finding? {
        guard let first = names.first else { return nil }
        return Finding(severity, "\(who(names)) \(what)", change: "\(command) \(first)")
    }

    private func who(_ names: [String]) -> String {
        let some = Names.some(names)
        return names.count == 1 ? "\(some) is" : "\(names.count) users (\(some)) are"
    }

    private var notEnrolled: Finding? {
        if options.enroll != .off {
            guard !missing.isEmpty else { return nil }
            return Finding(
                .note, "\(who(missing)) not enrolled yet, and will be asked to enroll at the login")
        }
        if options.nullok {
            return finding(
                .note, missing, "not enrolled, and let in without a code by nullok",
                "otp-enroll add")
        }
        if options.admitsSecurityKeys, SSHDaemon.serves(service) {
            return finding(
                .note, missing, "not enrolled, and let in by a security key alone",
                "otp-enroll add")
        }
        return finding(.problem, missing, "locked out: not enrolled", "otp-enroll add")
    }
}
