import OTPCore

/// sshd's own settings: whether every way in comes past the module.
struct SSHCheck {
    static let name = "sshd"

    /// Whether the stack has no first factor of its own.
    let needsFirstFactor: Bool
    let options: Options

    /// Looks at what holds for these users. What holds for some of them alone is meant so: a note.
    func look(_ users: [String]) -> Look {
        var found: [(finding: Finding, users: [String])] = []
        for user in users {
            let settings: SSHSettings
            do throws(SSHSettings.Trouble) {
                settings = try SSHSettings(user: user)
            } catch {
                switch error {
                case .missing: return .skipped(SSHCheck.name, "there is no /usr/sbin/sshd")
                case .refused(let why) where !Machine.isRoot:
                    return .skipped(SSHCheck.name, "sshd -T works for root alone: \(why)")
                // Where systemd starts sshd for each connection, the folder is made with the first.
                case .refused(let why) where why.hasPrefix("Missing privilege separation"):
                    return .skipped(SSHCheck.name, "sshd was not started yet: \(why)")
                case .refused(let why):
                    return Look(SSHCheck.name, "sshd -T", [SSHSettings.finding(why)])
                }
            }
            for finding in findings(settings, isRoot: user == "root") {
                if let index = found.firstIndex(where: { $0.finding == finding }) {
                    found[index].users.append(user)
                } else {
                    found.append((finding, [user]))
                }
            }
        }
        let about = "sshd -T for " + Names.some(users, most: 4)
        return Look(
            SSHCheck.name, about,
            found.map { finding, concerned in
                guard concerned.count < users.count, finding.severity != .note else {
                    return finding
                }
                return Finding(
                    .note, "\(finding.text) (\(Names.some(concerned)))", in: finding.place,
                    change: finding.change)
            })
    }

    private func findings(_ settings: SSHSettings, isRoot: Bool) -> [Finding] {
        let permit = settings.value("permitrootlogin")
        if isRoot && permit == "no" { return [] }
        guard settings.isOn("usepam") else {
            return [
                finding(.problem, "sshd does not ask PAM, and so nobody for a code", "UsePAM yes")
            ]
        }
        var findings = ways(settings) + securityKeys(settings)
        if isRoot, ["prohibit-password", "without-password"].contains(permit),
            settings.ways.allSatisfy({ $0.contains("keyboard-interactive") })
        {
            findings.append(
                finding(
                    .note,
                    "root cannot log in by ssh: with PermitRootLogin prohibit-password, sshd"
                        + " takes a key of root's, but no code", "PermitRootLogin yes"))
        }
        let grace = Int(settings.value("logingracetime")) ?? 0
        if options.enroll != .off, (1..<300).contains(grace) {
            findings.append(
                finding(
                    .warning,
                    "sshd ends a login after \(grace) seconds, which is short for"
                        + " enrolling in it", "LoginGraceTime 300"))
        }
        return findings
    }

    /// Whether a security key that logs in without a code has to be touched, or to be told its PIN.
    /// sshd demands a touch unless users say otherwise in a file of their own.
    private func securityKeys(_ settings: SSHSettings) -> [Finding] {
        let demands = settings.value("pubkeyauthoptions")
        guard options.admitsSecurityKeys, !demands.contains("touch-required"),
            !demands.contains("verify-required")
        else { return [] }
        return [
            finding(
                .warning,
                "a security key logs in without a code, and nobody need be there to touch it: a"
                    + " user's authorized_keys, or a certificate, may say no-touch-required",
                "PubkeyAuthOptions touch-required")
        ]
    }

    /// What is wrong with the ways to log in; the worst alone, since one line mends them all.
    private func ways(_ settings: SSHSettings) -> [Finding] {
        let ways = settings.ways
        let round = ways.filter { way in
            !way.contains("keyboard-interactive") && !way.contains("password")
        }
        if !round.isEmpty {
            let names = Set(round.map { $0.joined(separator: ",") }).sorted()
            return [
                finding(
                    .problem,
                    "sshd lets people in by \(names.joined(separator: " or ")) alone,"
                        + " without a code", methods)
            ]
        }
        if !options.forwardsPass, !ways.contains(where: { $0.contains("keyboard-interactive") }) {
            return [
                finding(
                    .problem, "sshd's keyboard-interactive, by which a code is asked for, is off",
                    "KbdInteractiveAuthentication yes")
            ]
        }
        if needsFirstFactor, ways.contains(where: { $0.allSatisfy(SSHCheck.isPAM) }) {
            return [
                finding(
                    .problem,
                    "a code alone logs in: the stack asks for no password, and sshd for no"
                        + " key", methods)
            ]
        }
        if !options.forwardsPass, ways.contains(where: { $0.contains("password") }) {
            return [
                finding(
                    .warning,
                    "sshd's password method cannot ask for a code: such logins are refused",
                    "PasswordAuthentication no")
            ]
        }
        if options.enroll != .off, !options.followsFirstFactor,
            ways.contains(where: { $0.allSatisfy(SSHCheck.isPAM) })
        {
            return [
                finding(
                    .warning,
                    "enroll is on, but nobody can enroll here: neither sshd nor the PAM"
                        + " line says that the user is proven", methods)
            ]
        }
        if options.exemptNetworks != nil, !options.followsFirstFactor,
            ways.contains(where: { $0.allSatisfy(SSHCheck.isPAM) })
        {
            return [
                finding(
                    .warning,
                    "exempt_networks has no effect here: neither sshd nor the PAM line says"
                        + " that the user is proven", methods)
            ]
        }
        return []
    }

    private static func isPAM(_ method: String) -> Bool {
        method == "keyboard-interactive" || method == "password"
    }

    private var methods: String {
        needsFirstFactor
            ? "AuthenticationMethods publickey,keyboard-interactive:pam"
            : "AuthenticationMethods keyboard-interactive:pam"
    }

    /// A finding whose line goes where that setting is now.
    private func finding(_ severity: Finding.Severity, _ text: String, _ line: String) -> Finding {
        let key = line.prefix { $0 != " " }.lowercased()
        return Finding(severity, text, in: SSHSettings.place(of: key), change: line)
    }
}

/// Names of users in a sentence.
enum Names {
    /// The first of them, and how many there are more.
    static func some(_ names: [String], most: Int = 5) -> String {
        let shown = names.prefix(most).joined(separator: ", ")
        let rest = names.count - most
        return rest > 0 ? "\(shown) and \(rest) more" : shown
    }
}
