import OTPCore
import OTPStore

/// Who may log in here by their shell, and has nothing to answer the module with.
struct PeopleCheck {
    static let name = "people"

    /// Those whom it is about.
    let users: [User]
    /// Whether it is about one user alone.
    private let isNamed: Bool

    /// Root and everybody with a login shell; the one user where one is named.
    init(only name: String?) throws {
        let directory = SystemUsers()
        isNamed = name != nil
        if let name {
            guard let user = try directory.user(named: Array(name.utf8)) else {
                throw Failure(
                    "there is no user \"\(Output.printable(name))\"",
                    hint: "`getent passwd` lists the users")
            }
            users = [user]
            return
        }
        let people = directory.peoplesNumbers()
        let shells = Set(SystemFiles.lines("/etc/shells").filter { $0.hasPrefix("/") })
        users = try directory.all().filter { user in
            guard user.uid == 0 || people.contains(user.uid) else { return false }
            return PeopleCheck.isLoginShell(SystemFiles.shell(of: user.uid) ?? "", among: shells)
        }
    }

    private static func isLoginShell(_ shell: String, among shells: Set<String>) -> Bool {
        let name = shell.split(separator: "/").last ?? ""
        return name != "nologin" && name != "false" && (shells.isEmpty || shells.contains(shell))
    }

    /// Names for a few questions to sshd: root's, and those of the first others.
    func sample(_ most: Int) -> [String] {
        let names = users.map { String(decoding: $0.name, as: UTF8.self) }
        // sshd's -C takes a list with commas.
        return Array(names.filter { !$0.contains(",") }.prefix(most))
    }

    /// The look at who is not enrolled.
    func look(_ options: Options, enrolled: Set<UInt32>?, service: String) -> Look {
        let about = Words.count(users.count, "user") + " with a login shell"
        guard let enrolled else {
            return .skipped(PeopleCheck.name, "the store cannot be read, so who is enrolled?")
        }
        let exempt: Set<UInt32>
        do throws(StoreError) {
            exempt = try exemptUsers(options.exemptGroup)
        } catch {
            let text = String(decoding: error.text, as: UTF8.self)
            return Look(
                PeopleCheck.name, about,
                [Finding(.problem, "\(text): the module denies everybody")])
        }
        var missing = users.filter { !enrolled.contains($0.uid) && !exempt.contains($0.uid) }
            .map(\.shownName)
        if service == "sshd", missing.contains("root"), PeopleCheck.keepsRootOut {
            missing.removeAll { $0 == "root" }
        }
        return Look(
            PeopleCheck.name, about,
            exemption(exempt, options) + PeopleCheck.findings(missing, options, service))
    }

    /// The numbers of those who pass by their group.
    private func exemptUsers(_ group: [UInt8]?) throws(StoreError) -> Set<UInt32> {
        guard let group else { return [] }
        let directory = SystemUsers()
        guard try directory.group(named: group) != nil else {
            throw StoreError(.configuration, group, "exempt_group: there is no such group")
        }
        var exempt: Set<UInt32> = []
        for user in users {
            if try directory.isMember(user, of: group) { exempt.insert(user.uid) }
        }
        return exempt
    }

    /// What is to be said of the group that passes: where all are in it, nobody is asked.
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

    private static func findings(
        _ missing: [String], _ options: Options, _ service: String
    ) -> [Finding] {
        guard let first = missing.first else { return [] }
        let names = Names.some(missing)
        let who = missing.count == 1 ? "\(names) is" : "\(missing.count) users (\(names)) are"
        if options.enroll != .off {
            return [Finding(.note, "\(who) not enrolled yet, and asked to enroll at the login")]
        }
        if options.nullok {
            return [
                Finding(
                    .note, "\(who) not enrolled, and let in without a code by nullok",
                    change: "otp-enroll add \(first)")
            ]
        }
        if options.admitsSecurityKeys, service == "sshd" {
            return [
                Finding(
                    .note, "\(who) not enrolled, and let in by a security key alone",
                    change: "otp-enroll add \(first)")
            ]
        }
        return [
            Finding(
                .problem, "\(who) not enrolled, and locked out", change: "otp-enroll add \(first)")
        ]
    }
}
