import OTPCore
import OTPPAM
import OTPStore

/// The settings of sudo and doas: whom they never ask for a code, whose code they ask for, and
/// whether sudo's prompt replaces the question.
struct SudoCheck {
    static let name = "sudo"

    /// The PAM service to check.
    let service: String
    let options: Options
    /// The UIDs of enrolled users; `nil` if unknown.
    let enrolled: Set<UInt32>?
    /// Whether it is about everybody.
    let isAll: Bool

    /// Checks the settings; `nil` if the check is about another service.
    func look(_ users: [User], _ lines: [PAMLine]) -> Look? {
        guard let line = lines.first else { return nil }
        switch service {
        case "sudo", "sudo-i":
            var file = SudoersFile()
            file.read()
            if let trouble = file.trouble { return .skipped(SudoCheck.name, trouble) }
            let rules = SudoersRules(file)
            let people = self.people(users, rules)
            return Look(
                SudoCheck.name, SudoersFile.path,
                SudoUnasked(service, rules, people, isAll: isAll).findings
                    + otherAccounts(people) + services(people) + tickets(people)
                    + prompts(rules, line) + directories)
        case "doas":
            guard let rules = DoasFile.rules else {
                return .skipped(SudoCheck.name, "there is no \(DoasFile.path)")
            }
            return Look(
                SudoCheck.name, DoasFile.path,
                SudoUnasked(service, rules, people(users, rules), isAll: isAll).findings)
        default: return nil
        }
    }

    /// Everybody but root, who is never asked.
    private func people(_ users: [User], _ rules: SudoersRules) -> [SudoPerson] {
        let groups = SudoGroups()
        var people: [SudoPerson] = []
        Progress.through("Reading sudo's rules", users.filter { $0.uid != 0 }) { user in
            people.append(SudoPerson(user, rules, groups))
        }
        return people
    }

    /// Settings, and for whom each is set.
    private func groups<Key: Hashable>(
        _ people: [SudoPerson], by key: (SudoPerson) -> Key?
    ) -> [(Key, names: String)] {
        var order: [Key] = []
        var names: [Key: [String]] = [:]
        for person in people {
            guard let key = key(person) else { continue }
            if names[key] == nil { order.append(key) }
            names[key, default: []].append(person.user.shownName)
        }
        return order.map { ($0, Names.some(names[$0] ?? [])) }
    }

    // MARK: Whose code

    private func otherAccounts(_ people: [SudoPerson]) -> [Finding] {
        groups(people) { $0.otherAccount.map { [$0.name, $0.word, $0.place] } }.map { key, names in
            let (name, word, place) = (key[0], key[1], key[2])
            let text = "\(word): sudo asks for the password and the code of \(name)"
            let user = try? SystemUsers().user(named: Array(name.utf8))
            guard let user, let enrolled, !enrolled.contains(user.uid), options.enroll == .off,
                !options.belongsToFleet(user)
            else { return Finding(.note, "\(text), not of the user (\(names))", in: place) }
            let end = options.nullok ? "and nullok lets all past without a code" : "and locked out"
            return Finding(
                .problem, "\(text), who is not enrolled, \(end) (\(names))", in: place,
                change: "otp-enroll add \(user.commandName)")
        }
    }

    // MARK: Which service

    private func services(_ people: [SudoPerson]) -> [Finding] {
        let keys = [
            "pam_service": "sudo", "pam_login_service": "sudo-i", "pam_askpass_service": "",
        ]
        return keys.sorted { $0.key < $1.key }.flatMap { key, usual in
            groups(people) { person in
                person.settings[key].map { [$0.value ?? "", $0.place] }
            }.filter { $0.0[0] != usual && !["", "no", "sudo"].contains($0.0[0]) }
                .map { found, names in
                    let (name, place) = (found[0], found[1])
                    guard ServiceStacks(of: name).ourLines.isEmpty else {
                        return Finding(
                            .note,
                            "\(key): sudo asks the PAM service \(name) (\(names)), which `otp-enroll"
                                + " doctor --service \(name)` looks at", in: place)
                    }
                    return Finding(
                        .problem,
                        "\(key): sudo asks the PAM service \(name), which has no pam_swiftotp.so:"
                            + " nobody is asked for a code (\(names))", in: place)
                }
        }
    }

    // MARK: For how long

    private func tickets(_ people: [SudoPerson]) -> [Finding] {
        let times = groups(people) { person -> String? in
            guard let (value, place) = person.settings["timestamp_timeout"],
                let minutes = Double(value ?? ""), minutes < 0
            else { return nil }
            return place
        }.map { place, names in
            Finding(
                .warning,
                "timestamp_timeout is below 0: after one code sudo asks for none until the machine"
                    + " starts again (\(names))", in: place, change: "Defaults timestamp_timeout=15"
            )
        }
        let types = groups(people) { person -> String? in
            if let type = person.settings["timestamp_type"] {
                return type.value == "global" ? type.place : nil
            }
            guard let tickets = person.settings["tty_tickets"], tickets.value == "no" else {
                return nil
            }
            return tickets.place
        }.map { place, names in
            Finding(
                .note,
                "timestamp_type=global: after a code in one session sudo asks for none in the user's"
                    + " others (\(names))", in: place)
        }
        return times + types
    }

    // MARK: The prompt

    private func prompts(_ rules: SudoersRules, _ line: PAMLine) -> [Finding] {
        // The last setting for the same users applies.
        var places: [(whom: String, place: String?)] = []
        for entry in rules.defaults {
            for (name, _) in entry.settings
            where name.hasSuffix("passprompt_override") {
                places.removeAll { $0.whom == entry.whom }
                places.append((entry.whom, name.hasPrefix("!") ? nil : entry.place))
            }
        }
        var findings = places.compactMap(\.place).map { place in
            Finding(
                .note,
                "passprompt_override is set: sudo asks for the code with its prompt for the"
                    + " password, and shows no QR code", in: place)
        }
        if options.showsTyping(atSSHD: false), !options.forwardsPass {
            findings.append(
                Finding(
                    .warning,
                    "echo is on: with a prompt of sudo's own (sudo -p, passprompt_override) a"
                        + " password that is typed for the code is seen", in: line.place.text,
                    change: "echo = no"))
        }
        return findings
    }

    // MARK: Elsewhere

    /// Rules that are not in any file.
    private var directories: [Finding] {
        let sources = NameServices.foreign("sudoers")
        guard !sources.isEmpty else { return [] }
        return [
            Finding(
                .note,
                "sudo takes rules from \(sources.joined(separator: " and ")) as well, which were not"
                    + " looked at: `sudo -l -U NAME` shows NOPASSWD", in: "/etc/nsswitch.conf")
        ]
    }
}
