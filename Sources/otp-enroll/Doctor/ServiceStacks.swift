import OTPPAM

/// The stacks that belong to a service: sudo and su have a separate PAM file for `sudo -i` and `su
/// -`.
struct ServiceStacks {
    /// A service and its stack.
    struct Member {
        let service: String
        let stack: PAMStack
    }

    /// Those that can be read, the service's own first.
    private(set) var members: [Member] = []
    /// What keeps libpam from reading others.
    private(set) var troubles: [Look] = []

    private static let logins = ["sudo": "sudo-i", "su": "su-l"]

    init(of service: String) {
        add(service)
        // Not every su and sudo uses one: if there is no such file, nothing is reported.
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

    /// The results for each, without repeating what an earlier one reported.
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
