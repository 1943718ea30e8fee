import OTPSystem

/// What an sshd would do with a login, according to `sshd -T`.
struct SSHSettings {
    private let all: [String: [String]]

    /// Why that is unknown.
    enum Trouble: Error {
        /// There is no sshd.
        case missing
        /// It is not started, because users other than root can change it.
        case openToOthers(Finding)
        /// sshd's message instead.
        case refused(String)
    }

    /// Asks an sshd. `file` is a configuration that replaces its own.
    init(
        _ daemon: SSHDaemon, user: String, from place: SSHPlace?, reading file: String? = nil
    ) throws(Trouble) {
        let specification =
            place?.specification(user: user)
            ?? "user=\(user),host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22,rdomain="
        let words = daemon.words(reading: file) + ["-T", "-C", specification]
        guard let result = Tool.ask(words) else {
            let path = SystemFiles.realPath(daemon.program)
            throw path.flatMap(PathSafety.programFinding).map { .openToOthers($0) } ?? .missing
        }
        guard result.status == 0 else {
            // Some of its lines end with CR LF, which Swift treats as one character.
            let line = result.errors.split(whereSeparator: \.isNewline).first.map(String.init)
            throw .refused(line ?? "exit status \(result.status)")
        }
        var all: [String: [String]] = [:]
        for line in result.output.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            guard let key = parts.first else { continue }
            all[key.lowercased(), default: []].append(parts.dropFirst().first ?? "")
        }
        self.all = all
    }

    /// What the system's sshd does with a login of this user.
    init(user: String) throws(Trouble) { try self.init(.usual, user: user, from: nil) }

    /// Whether a setting is `yes`.
    func isOn(_ key: String) -> Bool { value(key.lowercased()) == "yes" }

    /// A setting's value; empty if sshd does not know it.
    func value(_ key: String) -> String { all[key]?.last ?? "" }

    /// The values of a setting that has one line for each.
    func values(_ key: String) -> [String] { all[key] ?? [] }

    /// Where it listens.
    var listenAddresses: [(address: String, port: String?)] {
        values("listenaddress").map { text in
            // `127.0.0.1:22` or `[::1]:22`, optionally followed by a routing domain.
            let name = text.prefix { $0 != " " }
            guard let colon = name.lastIndex(of: ":") else { return (String(name), nil) }
            let address = name[..<colon].filter { $0 != "[" && $0 != "]" }
            return (address, String(name[name.index(after: colon)...]))
        }
    }

    // MARK: The ways to log in

    /// The ways to log in; each is the methods that it takes together, with their devices.
    var ways: [[String]] {
        let methods = value("authenticationmethods")
        guard methods.isEmpty || methods == "any" else {
            // A list that contains a disabled method is left out.
            return methods.split(separator: " ").map { $0.split(separator: ",").map(String.init) }
                .filter { $0.allSatisfy(isPossible) }
        }
        return SSHSettings.switches.filter { isOn($0.key) }.map { [$0.method] }
    }

    /// Whether AuthenticationMethods lists ways.
    var demandsMethods: Bool { !["", "any"].contains(value("authenticationmethods")) }

    private func isPossible(_ method: String) -> Bool {
        let parts = method.split(separator: ":", maxSplits: 1)
        // sshd has one device on Linux.
        guard parts.count < 2 || parts[1] == "pam" else { return false }
        return SSHSettings.switches.first { $0.method == parts.first.map(String.init) }
            .map { isOn($0.key) } ?? true
    }

    /// The settings that turn methods on.
    static let switches = [
        (method: "publickey", key: "PubkeyAuthentication"),
        (method: "password", key: "PasswordAuthentication"),
        (method: "keyboard-interactive", key: "KbdInteractiveAuthentication"),
        (method: "hostbased", key: "HostbasedAuthentication"),
        (method: "gssapi-with-mic", key: "GSSAPIAuthentication"),
    ]
}
