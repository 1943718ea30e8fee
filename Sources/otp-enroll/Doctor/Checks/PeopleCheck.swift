import OTPCore
import OTPStore

/// Who may log in here by their shell, and has nothing to answer the module with.
struct PeopleCheck {
    static let name = "people"

    /// Those whom it is about.
    let users: [User]

    /// Root and everybody with a login shell; the one user where one is named.
    init(only name: String?) throws {
        let directory = SystemUsers()
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

    /// The look at who is not enrolled.
    func look(_ options: Options, enrolled: Set<UInt32>?, service: String) -> Look {
        let about = Words.count(users.count, "user") + " with a login shell"
        guard let enrolled else {
            return .skipped(PeopleCheck.name, "the store cannot be read, so who is enrolled?")
        }
        var missing: [String] = []
        do throws(StoreError) {
            let directory = SystemUsers()
            if let group = options.exemptGroup, try directory.group(named: group) == nil {
                throw StoreError(.configuration, group, "exempt_group: there is no such group")
            }
            for user in users where !enrolled.contains(user.uid) {
                if let group = options.exemptGroup, try directory.isMember(user, of: group) {
                    continue
                }
                missing.append(String(decoding: user.name, as: UTF8.self))
            }
        } catch {
            let text = String(decoding: error.text, as: UTF8.self)
            return Look(
                PeopleCheck.name, about,
                [Finding(.problem, "\(text): the module denies everybody")])
        }
        if SSHDaemon.serves(service), missing.contains("root"), PeopleCheck.keepsRootOut {
            missing.removeAll { $0 == "root" }
        }
        return Look(PeopleCheck.name, about, PeopleCheck.findings(missing, options, service))
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
        if options.admitsSecurityKeys, SSHDaemon.serves(service) {
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
