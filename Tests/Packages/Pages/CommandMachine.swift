import Foundation
import TestSupport

/// A machine for typing the pages' commands: installed with `make install`, with a user alice, the
/// service's socket, and ssh set up as in README.
final class CommandMachine: Sendable {
    /// What alice has before a command.
    enum Before { case nothing, phone, phoneAndTablet }

    /// The state of bob, who has UID 1501 and has enrolled, before a command.
    enum Fate: String { case renamed = "-l robert", renumbered = "-u 2501", removed }

    /// The result of a command.
    struct Result {
        let status: Int32
        let shown: String
    }

    static let password = "first factor"
    static let tokenKey = "3132333435363738393031323334353637383930"
    let root: PrivateRoot
    private let listener: Terminal

    init() async throws {
        root = try await PrivateRoot()
        try await Self.make("install", in: root)
        for name in ["alice", "bob"] { try await root.user(name, password: Self.password) }
        try root.write("HOTP/T30/6 bob - \(Self.tokenKey)\n", to: "/etc/users.oath")
        try await root.output("chmod", "600", "/etc/users.oath")
        // As in README's steps 4 and 5.
        let blocks = try Self.blocks(of: Project.text("README.md"))
        guard let settings = blocks.first(where: { $0.contains("UsePAM yes") }),
            let lines = blocks.first(where: { $0.contains("pam_permit.so") })
        else { throw Trouble("README has no example for ssh") }
        try root.write(settings, to: "/etc/ssh/sshd_config.d/10-swiftotp.conf")
        let service = try root.text("/etc/pam.d/sshd")
        try root.write(
            service.replacing("@include common-auth\n", with: lines), to: "/etc/pam.d/sshd")
        try await root.output("ssh-keygen", "-A")
        try root.write("auth required pam_google_authenticator.so\n", to: "/etc/pam.d/old")
        try root.write("web1 sshd[7]: pam_swiftotp(sshd:auth): test\n", to: "/var/log/auth.log")

        try await root.output("mkdir", "-m", "755", "/run/swiftotp")
        // It ends with the service that it has started, which ends when idle.
        listener = try Terminal(
            root.running([
                "sh", "-c",
                """
                socket=/run/swiftotp/swiftotpd.sock
                while :; do
                    rm -f $socket
                    systemd-socket-activate --listen=$socket /usr/libexec/swiftotpd &
                    while ! [ -S $socket ]; do sleep 0.05; done
                    chmod 666 $socket
                    wait $!
                done
                """,
            ]))
        let socket = root.file("/run/swiftotp/swiftotpd.sock")
        try await patiently("the service's socket") {
            var status = stat()
            let isOpen = stat(socket, &status) == 0 && status.st_mode & 0o006 == 0o006
            return try isOpen && Port.answers(socket) ? () : nil
        }
    }

    /// `make install` or `make uninstall` into the root, with the programs built for these tests.
    static func make(_ target: String, in root: PrivateRoot) async throws {
        try await Command.output(
            [
                "make", "-s", "-C", Project.folder.path, target, "BIN=\(Build.products.path)",
                "DESTDIR=\(root.path)", "PREFIX=/usr",
            ], within: .seconds(180))
    }

    /// The indented blocks of a page.
    private static func blocks(of text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .split { !$0.hasPrefix("    ") }
            .map { block in
                block.map { $0.trimmingCharacters(in: .whitespaces) + "\n" }.joined()
            }
    }

    /// Gives alice what she must have before a command; returns her phone and backup codes.
    func prepare(_ before: Before) async throws -> Person {
        // Not `reset`, which leaves a record.
        try await root.output("sh", "-c", "rm -f /var/lib/swiftotp/$(id -u alice)")
        guard before != .nothing else { return Person(phone: nil, codes: []) }
        let enrolled = try await root.enroll("alice")
        if before == .phoneAndTablet {
            try await root.output(
                "otp-enroll", "add", "alice", "--name", "tablet", "--no-confirm", "--json")
        }
        return Person(phone: try Phone(scanning: enrolled.uri), codes: enrolled.backupCodes)
    }

    /// Enrolls bob under his old name and UID, and then changes them.
    func prepare(_ fate: Fate) async throws {
        let end = fate == .removed ? "userdel bob" : "usermod \(fate.rawValue) bob"
        try await root.output(
            "sh", "-ec",
            """
            for name in bob robert; do
                number=$(id -u $name 2>&1) || continue
                rm -f /var/lib/swiftotp/$number
                userdel $name
            done
            rm -f /var/lib/swiftotp/1501 /var/lib/swiftotp/2501
            useradd --uid 1501 --gid nogroup --shell /bin/sh bob
            otp-enroll add bob --name phone --no-confirm --json
            \(end)
            """)
        try root.write("bob robert\n", to: "/root/names")
    }

    /// Files that a command names, as a user would have them.
    func bring(for line: String) async throws {
        if line.contains("fob.key") {
            try root.write(Self.tokenKey + "\n", to: "/root/fob.key")
            try await root.output("chmod", "600", "/root/fob.key")
        }
        if line.contains("--group staff") {
            try await root.output("usermod", "--append", "--groups", "staff", "alice")
        }
        if line.contains("--output") { try await root.output("rm", "-f", "/root/users.oath") }
        if line.contains("aegis.json") {
            let sample = try Project.text("Tests/OTPImportTests/Files/aegis.json")
            try root.write(sample, to: "/root/aegis.json")
        }
        if line.contains("tokens.csv") {
            let key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
            try root.write(
                "serial number,secret key,time interval\n4711,\(key),30\n", to: "/root/tokens.csv")
            try root.write("4711 alice\n", to: "/root/owners")
        }
        guard line.contains("google-authenticator") else { return }
        let maker = ["google-authenticator", "-t", "-d", "-f", "-q", "-C", "-w", "3", "-u"]
        try await Command.output(root.running(asAlice(maker)))
        try await root.output("mkdir", "-p", "/srv/otp")
        try await root.output(
            "install", "-m", "600", "/home/alice/.google_authenticator", "/srv/otp/alice")
    }

    private func asAlice(_ words: [String]) -> [String] {
        [
            "setpriv", "--reuid=alice", "--regid=alice", "--init-groups", "env", "HOME=/home/alice",
            "USER=alice", "LOGNAME=alice",
        ] + words
    }

    /// Types a line on a terminal, and answers its questions. Lines that begin with `sudo` are
    /// typed by root, and all others by alice.
    func type(_ line: String, by person: Person) async throws -> Result {
        let isRoot = line.hasPrefix("sudo ") || line.hasPrefix("grep ")
        let shell = ["bash", "-c", "cd \"$HOME\" && \(line)"]
        let screen = try await Screen(
            root.running(isRoot ? shell : asAlice(shell)), columns: 120, rows: 60)
        var person = person
        let clock = ContinuousClock(), end = clock.now + .seconds(90)
        while screen.status == nil {
            let text = try await screen.text()
            guard clock.now < end else { throw Trouble("\(line) does not end:\n\(text)") }
            let question = text.split(separator: "\n").last.map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            if let question, let answer = try await person.answer(question, on: screen) {
                try await screen.type(answer)
                for _ in 0..<100 where screen.status == nil {
                    if try await screen.text() != text { break }
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            try await Task.sleep(for: .milliseconds(80))
        }
        return Result(
            status: try await screen.finish(), shown: try await screen.history())
    }

    /// Including the service.
    deinit { kill(-listener.child.pid, SIGTERM) }
}

/// Alice, with what she has at hand when she is asked.
struct Person {
    var phone: Phone?
    var codes: [String]
    private var presses = 0
    private var steps = 0

    init(phone: Phone?, codes: [String]) { (self.phone, self.codes) = (phone, codes) }

    /// Her answer to a question; nil if it is none.
    mutating func answer(_ question: String, on screen: Screen) async throws -> String? {
        if question.hasPrefix("Code shown by the app"), question.hasSuffix(":") {
            return try await screen.phone().code()
        }
        if question.hasPrefix("Code shown by the token"), question.hasSuffix(":") {
            presses += 1
            return try await Command.output(
                ["oathtool", "--counter=\(presses - 1)", "-"],
                input: CommandMachine.tokenKey + "\n"
            ).trimmingCharacters(in: .newlines)
        }
        if question.hasSuffix("device:") || question == "A code:" {
            if steps == 0 { try await phone?.settle() }
            steps += 1
            return try await phone?.code(steps: steps - 1)
        }
        if question.lowercased().contains("password"), question.hasSuffix(":") {
            return CommandMachine.password
        }
        // Once it is answered, the answer stands behind it.
        if question.hasSuffix("[y/N]") { return "y" }
        guard question.lowercased().contains("code"), question.hasSuffix(":") else { return nil }
        return codes.isEmpty ? nil : codes.removeFirst()
    }
}
