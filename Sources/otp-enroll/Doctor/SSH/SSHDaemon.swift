/// An sshd of this machine, by its command line.
struct SSHDaemon: Hashable {
    /// The program.
    let program: String
    /// The options that select or override its settings.
    let options: [String]
    /// Its process, if it runs.
    var process: UInt32?
    /// When that process read its configuration, in Unix seconds.
    var readAt: UInt64?
    /// The PAM service that it uses.
    var service = "sshd"

    /// The one that an admin has in mind.
    static let usual = SSHDaemon(program: "/usr/sbin/sshd", options: [])

    static func == (one: SSHDaemon, other: SSHDaemon) -> Bool {
        one.program == other.program && one.options == other.options
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(program)
        hasher.combine(options)
    }

    init(program: String, options: [String]) {
        (self.program, self.options) = (program, options)
    }

    /// The configuration that it reads.
    var file: String {
        var file = "/etc/ssh/sshd_config"
        for (option, value) in zip(options, options.dropFirst()) where option == "-f" {
            file = value
        }
        return file
    }

    /// The command that starts it, or the same with another configuration.
    func words(reading file: String? = nil) -> [String] {
        [program] + options + (file.map { ["-f", $0] } ?? [])
    }

    /// What distinguishes it from others; empty for the usual one.
    var name: String {
        guard self != .usual else { return "" }
        return words().map { $0.contains(" ") ? "'\($0)'" : $0 }.joined(separator: " ")
    }

    /// The place of its options, in words.
    static let optionsPlace = "the options that sshd is started with (SSHD_OPTS, or its unit)"

    /// The same without a setting on the command line; `nil` if there is none.
    func without(_ key: String) -> SSHDaemon? {
        var kept: [String] = []
        var rest = options[...]
        while let option = rest.popFirst(), let value = rest.popFirst() {
            if option == "-o", SSHWords.split(value)?.key == key { continue }
            kept += [option, value]
        }
        guard kept.count < options.count else { return nil }
        return SSHDaemon(program: program, options: kept)
    }

    // MARK: Command lines

    /// Options that take a value, in all versions.
    private static let valued = Array("CEbcfghkopu")
    /// Those of them that matter here.
    private static let telling = Array("cfghop")
    /// With these it handles only one login, or runs a test.
    private static let passing = Array("CGQRTVit")

    /// Parses a command line; `nil` for an sshd that does not listen. If `isJoined`, the words of a
    /// value have been split.
    init?(commandLine words: [String], isJoined: Bool) {
        guard let program = words.first, program.hasPrefix("/") else { return nil }
        var options: [String] = []
        var rest = words.dropFirst()
        while let word = rest.popFirst() {
            guard word.hasPrefix("-") else { continue }
            var letters = word.dropFirst()
            while let letter = letters.popFirst() {
                if SSHDaemon.passing.contains(letter) { return nil }
                if letter == "4" || letter == "6" {
                    options += ["-o", "AddressFamily=" + (letter == "4" ? "inet" : "inet6")]
                }
                guard SSHDaemon.valued.contains(letter) else { continue }
                var value = letters.isEmpty ? rest.popFirst() ?? "" : String(letters)
                letters = ""
                while isJoined, letter == "o", let next = rest.first, !next.hasPrefix("-") {
                    value += " " + next
                    rest = rest.dropFirst()
                }
                if SSHDaemon.telling.contains(letter) { options += ["-\(letter)", value] }
            }
        }
        self.init(program: program, options: options)
    }
}
