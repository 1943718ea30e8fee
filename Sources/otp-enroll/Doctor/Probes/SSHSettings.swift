/// What sshd would do with a user, as `sshd -T` tells.
struct SSHSettings {
    private let values: [String: String]

    private static let program = "/usr/sbin/sshd"

    /// Why it cannot be told.
    enum Trouble: Error {
        /// There is no sshd.
        case missing
        /// What sshd said instead.
        case refused(String)
    }

    /// The settings for a login of this user.
    init(user: String) throws(Trouble) {
        guard
            let result = Tool.ask([
                SSHSettings.program, "-T", "-C", "user=\(user),host=localhost,addr=127.0.0.1",
            ])
        else { throw .missing }
        guard result.status == 0 else {
            // Some of its lines end with CR LF, which Swift takes for one character.
            let line = result.errors.split(whereSeparator: \.isNewline).first.map(String.init)
            throw .refused(line ?? "exit status \(result.status)")
        }
        var values: [String: String] = [:]
        for line in result.output.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            if let key = parts.first { values[key.lowercased()] = parts.dropFirst().first ?? "" }
        }
        self.values = values
    }

    /// Whether a setting is `yes`.
    func isOn(_ key: String) -> Bool { value(key.lowercased()) == "yes" }

    /// A setting's value; empty where sshd does not know it.
    func value(_ key: String) -> String { values[key] ?? "" }

    /// The ways to log in, each the methods that it takes together.
    var ways: [[String]] {
        let methods = value("authenticationmethods")
        guard methods.isEmpty || methods == "any" else {
            return methods.split(separator: " ").map { way in
                way.split(separator: ",").map { String($0.prefix { $0 != ":" }) }
            }
        }
        return SSHSettings.switches.filter { isOn($0.key) }.map { [$0.method] }
    }

    private static let switches = [
        (method: "publickey", key: "PubkeyAuthentication"),
        (method: "password", key: "PasswordAuthentication"),
        (method: "keyboard-interactive", key: "KbdInteractiveAuthentication"),
        (method: "hostbased", key: "HostbasedAuthentication"),
        (method: "gssapi-with-mic", key: "GSSAPIAuthentication"),
    ]

    // MARK: Where to write

    /// What is wrong where sshd refuses its configuration, as it said.
    static func finding(_ said: String) -> Finding {
        let text = "sshd refuses its configuration: \(said)"
        // Disabled method "keyboard-interactive" in AuthenticationMethods list ...
        for (method, key) in switches where said.hasPrefix("Disabled method \"\(method)\"") {
            return Finding(
                .problem, text, in: place(of: key.lowercased()), change: "\(key) yes")
        }
        // /etc/ssh/sshd_config: line 7: Bad configuration option: ...
        let parts = said.split(separator: ":", maxSplits: 2).map(String.init)
        let isPlace = parts.count == 3 && said.hasPrefix("/") && parts[1].hasPrefix(" line ")
        return Finding(.problem, text, in: isPlace ? parts[0] + parts[1] : "")
    }

    /// Where a setting stands, or where it would be written.
    static func place(of key: String) -> String {
        let main = "/etc/ssh/sshd_config"
        let folder = main + ".d"
        // Debian's sshd_config includes the folder first, and the first value holds.
        let parts = SystemFiles.names(in: folder).filter { $0.hasSuffix(".conf") }
        for file in parts.map({ folder + "/" + $0 }) + [main] {
            guard case .text(let text) = SystemFiles.read(file) else { continue }
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
                .enumerated()
            {
                let word = line.drop(while: \.isWhitespace).prefix { !$0.isWhitespace && $0 != "=" }
                if word.lowercased() == key { return "\(file) line \(index + 1)" }
            }
        }
        return SystemFiles.exists(folder) ? folder + "/10-swiftotp.conf" : main
    }
}
