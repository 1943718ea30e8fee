import CLinux
import Glibc
import OTPCore

/// sshd's own settings: whether every way in goes through the module, and whether everybody who may
/// log in can.
struct SSHCheck {
    static let name = "sshd"

    /// The PAM service to check.
    let service: String
    let rules: SSHRules
    let options: Options
    /// The UIDs of enrolled users; `nil` if unknown.
    let enrolled: Set<UInt32>?
    /// Whether it is about everybody.
    let isAll: Bool

    init(
        _ service: String, needsFirstFactor: Bool, _ options: Options, enrolled: Set<UInt32>?,
        isAll: Bool
    ) {
        (self.service, self.options, self.enrolled) = (service, options, enrolled)
        self.isAll = isAll
        rules = SSHRules(needsFirstFactor: needsFirstFactor, options: options)
    }

    /// Checks what each sshd that uses this service does with every user.
    func look(_ users: [User]) -> Look {
        var findings: [Finding] = []
        for daemon in SSHDaemon.known where daemon.service == service {
            do throws(SSHSettings.Trouble) {
                findings += try self.findings(of: daemon, users)
            } catch {
                switch error {
                case .missing: return .skipped(SSHCheck.name, "there is no \(daemon.program)")
                case .openToOthers(let finding): findings.append(finding)
                case .refused(let why) where !Machine.isRoot:
                    return .skipped(SSHCheck.name, "sshd -T works for root alone: \(why)")
                // If systemd starts sshd for each connection, the folder is made with the first.
                case .refused(let why) where why.hasPrefix("Missing privilege separation"):
                    return .skipped(SSHCheck.name, "sshd was not started yet: \(why)")
                case .refused(let why): findings.append(refusal(why, daemon))
                }
            }
            if let finding = age(of: daemon) { findings.append(finding) }
        }
        let names = users.map(\.shownName)
        let others = SSHDaemon.known.filter { $0.service == service }.map(\.name)
            .filter { !$0.isEmpty }
        return Look(
            SSHCheck.name,
            (["sshd -T for " + Names.some(names, most: 4)] + others).joined(separator: ", "),
            findings)
    }

    private func findings(
        of daemon: SSHDaemon, _ users: [User]
    ) throws(SSHSettings.Trouble) -> [Finding] {
        let configuration = SSHConfiguration(daemon.file)
        let settings = try SSHSettings(daemon, user: "root", from: nil)
        let users = isAll ? users + configuration.named(beside: users) : users
        let survey = SSHSurvey(
            daemon: daemon, configuration: configuration,
            people: SSHPeople(users, configuration, options, enrolled: enrolled),
            places: SSHPlaces(configuration, settings, options), rules: rules)
        let result = try survey.result()
        var findings = result.faults.map { fault, spots in
            let who = survey.words(for: spots, among: result.allowed)
            let proposal = SSHProposal(fault, at: spots, survey, result)
            let place = survey.place(of: fault, spots)
            return Finding(
                fault.severity, daemon.prefix + fault.text + (who.isEmpty ? "" : " (\(who))"),
                in: proposal?.place ?? place, change: proposal?.change ?? "")
        }
        if result.allowed.isEmpty, !users.isEmpty {
            let who = Names.some(users.map(\.shownName))
            findings.append(
                Finding(.note, "\(daemon.prefix)sshd lets none of those log in (\(who))"))
        }
        if !result.isComplete {
            findings.append(
                Finding(
                    .note,
                    "\(daemon.prefix)there are too many Match blocks to ask about all of"
                        + " them", in: daemon.file))
        }
        return findings
    }

    // MARK: sshd itself

    /// The finding for an sshd that refuses its configuration, from its message.
    private func refusal(_ said: String, _ daemon: SSHDaemon) -> Finding {
        let text = "\(daemon.prefix)sshd refuses its configuration: \(said)"
        let configuration = SSHConfiguration(daemon.file)
        if let line = SSHProposal.line(after: said) {
            let key = SSHWords.split(line)?.key
            let place = configuration.settings.first { $0.key == key }?.place.text ?? ""
            let proposal = SSHProposal(accepted: line, daemon, configuration)
            return Finding(
                .problem, text, in: proposal?.place ?? place, change: proposal?.change ?? "")
        }
        // /etc/ssh/sshd_config: line 7: Bad configuration option: ...
        // /etc/ssh/sshd_config line 7: Directive 'UsePAM' is not allowed within a Match block
        guard let mark = said.firstRange(of: " line "), said.hasPrefix("/"),
            let number = Int(said[mark.upperBound...].prefix { $0.isNumber }), number > 0
        else { return Finding(.problem, text) }
        let file = String(said[..<mark.lowerBound].prefix { $0 != ":" })
        let place = SSHConfiguration.Place(file: file, line: number - 1)
        let proposal =
            said.contains("not allowed within a Match block")
            ? SSHProposal(without: place, daemon, configuration) : nil
        return Finding(.problem, text, in: place.text, change: proposal?.change ?? "")
    }

    /// Whether it may have read an older version of its configuration.
    private func age(of daemon: SSHDaemon) -> Finding? {
        guard let readAt = daemon.readAt, let process = daemon.process else { return nil }
        let configuration = SSHConfiguration(daemon.file)
        let late = configuration.files.keys.sorted().first { file in
            guard let status = SystemFiles.status(file),
                let changed = UInt64(exactly: status.st_ctim.tv_sec)
            else { return false }
            // Its start time is known only to about a second.
            return changed > readAt &+ 1
        }
        guard let late else { return nil }
        return Finding(
            .note,
            "\(daemon.prefix)the sshd that runs was started before \(late) was changed: until it"
                + " reads that, it does what stood there before", in: late,
            change: "kill -HUP \(process)")
    }
}

extension SSHSurvey {
    /// The line that causes a fault; empty for a setting that is not in any file.
    fileprivate func place(of fault: SSHFault, _ spots: [Spot]) -> String {
        guard let line = fault.lines.first, let key = SSHWords.split(line)?.key,
            let spot = spots.first
        else { return "" }
        if daemon.without(key) != nil { return SSHDaemon.optionsPlace }
        return configuration.line(of: key, for: login(spot))?.place.text ?? ""
    }
}

extension SSHDaemon {
    /// All of them, looked for once.
    static let known = all.map { daemon in
        var daemon = daemon
        // sshd reports the name from 9.8 on; before that it is the program's name.
        let said = (try? SSHSettings(daemon, user: "root", from: nil))?.value("pamservicename")
        let name = daemon.program.split(separator: "/").last.map(String.init)
        daemon.service = [said, name].compactMap { $0 }.first { !$0.isEmpty } ?? "sshd"
        return daemon
    }

    /// The PAM services of all of them, sshd's own first.
    static var services: [String] {
        let names = Set(known.map(\.service))
        return names.sorted { ($0 == "sshd" ? "" : $0) < ($1 == "sshd" ? "" : $1) }
    }

    /// Whether a PAM service is that of an sshd.
    static func serves(_ service: String) -> Bool {
        service == "sshd" || services.contains(service)
    }

    /// Prefix of a finding; empty for the usual sshd.
    fileprivate var prefix: String { name.isEmpty ? "" : "`\(name)`: " }
}

/// User names in a sentence.
enum Names {
    /// The first of them, and how many more there are.
    static func some(_ names: [String], most: Int = 5) -> String {
        let shown = names.prefix(most).joined(separator: ", ")
        let rest = names.count - most
        return rest > 0 ? "\(shown) and \(rest) more" : shown
    }
}
