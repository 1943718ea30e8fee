import OTPSystem

/// What starts the system's sshd: its unit, or a script that reads the same file of options.
enum SSHUnit {
    /// The sshd that is started at the next boot; none if no unit starts one.
    static var daemons: [SSHDaemon] {
        guard SystemFiles.exists("/run/systemd/system") else { return [fallback] }
        let said = Tool.ask([
            "/usr/bin/systemctl", "show", "-p",
            "Id,LoadState,ActiveState,UnitFileState,ExecStart,Environment,EnvironmentFiles",
            "ssh.service", "sshd.service", "ssh@doctor.service", "sshd@doctor.service",
        ])
        guard let said, said.status == 0 else { return [fallback] }
        var found: [SSHDaemon] = []
        for block in said.output.split(separator: "\n\n") {
            guard let daemon = daemon(String(block)), !found.contains(daemon) else { continue }
            found.append(daemon)
        }
        return found
    }

    /// What a script starts.
    private static var fallback: SSHDaemon {
        let options =
            ["/etc/default/ssh", "/etc/sysconfig/sshd"].flatMap { file in
                let known = variables(file)
                return words(known["SSHD_OPTS"] ?? known["OPTIONS"] ?? "")
            }
        return SSHDaemon(commandLine: ["/usr/sbin/sshd"] + options, isJoined: false) ?? .usual
    }

    /// What a unit that is in use starts, according to `systemctl show`.
    private static func daemon(_ block: String) -> SSHDaemon? {
        var lines: [String: [String]] = [:]
        for line in block.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2 { lines[parts[0], default: []].append(parts[1]) }
        }
        let isTemplate = lines["Id"]?.first?.contains("@") == true
        guard lines["LoadState"]?.first == "loaded",
            lines["ActiveState"]?.first == "active"
                || !isTemplate && lines["UnitFileState"]?.first?.hasPrefix("enabled") == true
                || SSHDaemon.isStartedBySocket,
            let start = lines["ExecStart"]?.first, let from = start.firstRange(of: "argv[]="),
            let end = start[from.upperBound...].firstRange(of: " ; ")
        else { return nil }
        var known: [String: String] = [:]
        for assignment in lines["Environment"] ?? [] {
            for word in words(assignment) { add(word, to: &known) }
        }
        // /etc/default/ssh (ignore_errors=yes)
        for file in lines["EnvironmentFiles"] ?? [] {
            known.merge(variables(String(file.prefix { $0 != " " }))) { $1 }
        }
        let argv = start[from.upperBound..<end.lowerBound].split(separator: " ")
        let command = argv.flatMap { word -> [String] in
            guard word.hasPrefix("$") else { return [String(word)] }
            let name = word.dropFirst().filter { $0 != "{" && $0 != "}" }
            return words(known[name] ?? "")
        }
        // If it is started for each connection, it does not listen.
        let listening = isTemplate ? command.filter { $0 != "-i" } : command
        return SSHDaemon(commandLine: listening, isJoined: true)
    }

    /// The assignments of a file that both systemd and the shell read.
    private static func variables(_ file: String) -> [String: String] {
        var known: [String: String] = [:]
        for line in SystemFiles.lines(file) {
            let line = line.drop(while: \.isWhitespace)
            guard !line.hasPrefix("#"), let mark = line.firstIndex(of: "=") else { continue }
            let name = line[..<mark].split(separator: " ").last.map(String.init) ?? ""
            known[name] = words(String(line[line.index(after: mark)...])).first ?? ""
        }
        return known
    }

    private static func add(_ assignment: String, to known: inout [String: String]) {
        let parts = assignment.split(separator: "=", maxSplits: 1).map(String.init)
        if parts.count == 2 { known[parts[0]] = parts[1] }
    }

    /// The words of a text with quotes, as in sshd's own lines.
    private static func words(_ text: String) -> [String] {
        SSHWords.split("words " + text)?.words ?? []
    }
}
