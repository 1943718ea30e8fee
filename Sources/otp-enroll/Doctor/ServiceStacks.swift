import OTPPAM

/// The stacks that a question about a service is about: sudo and su have a PAM file of its own for
/// `sudo -i` and `su -`.
struct ServiceStacks {
    /// A service and its stack.
    struct Member {
        let service: String
        let stack: PAMStack
    }

    /// Those that can be read, that of the service itself first.
    private(set) var members: [Member] = []
    /// What keeps libpam from reading others.
    private(set) var troubles: [Look] = []

    private static let logins = ["sudo": "sudo-i", "su": "su-l"]

    init(of service: String) {
        add(service)
        // Not each su and each sudo asks for it: where there is no such file, nothing is said.
        if let login = ServiceStacks.logins[service], SystemFiles.exists("/etc/pam.d/" + login) {
            add(login)
        }
    }

    private mutating func add(_ service: String) {
        do throws(PAMStack.Trouble) {
            members.append(Member(service: service, stack: try PAMStack(service: service)))
        } catch {
            troubles.append(
                Look(StackCheck.name, service, [Finding(.problem, error.text, in: error.place)]))
        }
    }

    /// Our lines in all of them.
    var ourLines: [PAMLine] {
        var lines: [PAMLine] = []
        for line in members.flatMap(\.stack.auth)
        where line.isOurs && !lines.contains(where: { $0.place == line.place }) {
            lines.append(line)
        }
        return lines
    }

    /// The looks at each, without what was said of one before.
    static func looks(_ looks: [Look]) -> [Look] {
        var said: [Finding] = []
        return looks.compactMap { look in
            var look = look
            let all = look.findings
            look.findings.removeAll { finding in
                said.contains { $0.text == finding.text && $0.place == finding.place }
            }
            said += look.findings
            return look.findings.isEmpty && !all.isEmpty ? nil : look
        }
    }
}
