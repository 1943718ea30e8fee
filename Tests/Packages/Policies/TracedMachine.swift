import Foundation
import TestSupport

/// A machine where store, key, configuration, program and socket are where packages put them: in a
/// mount namespace of its own, so that it has them for itself. What programs open there is traced.
struct TracedMachine {
    /// One use of a file: `r`, `w`, `x` for a program, or `k` for a lock. Folders end in `/`.
    struct Use: Hashable {
        let path: String
        let needs: Character
    }

    /// Where programs and lists of this test are.
    var folder: String { scratch.path }

    private let scratch: Scratch
    private let account: Account

    init() async throws {
        scratch = try Scratch()
        account = try await Account.make("traced")
        try await copyEtc(to: scratch.file("etc"))
        try scratch.write(
            "first_enrollment = open\n", to: "etc/security/swiftotp.conf", mode: 0o644)
        _ = try scratch.folder("store")
        for folder in ["run", "libexec", "pam.d"] { _ = try scratch.folder(folder, mode: 0o755) }
        try scratch.write("", to: "trace", mode: 0o666)
        // Where everybody may run and read them, wherever they were built.
        let client = Project.path("Tests/second-client")
        try await Command.output(
            ["install", "-m", "755", "-t", scratch.path, client]
                + ["pam-dialogue", "libpam_swiftotp.so"].map { try Build.product($0) })
        try await Command.output([
            "install", "-m", "755", Project.program("swiftotpd"), scratch.file("libexec"),
        ])
        try service("login", [])
        try service("sudo", ["after_first_factor", "enroll=require"])
    }

    private func service(_ name: String, _ arguments: [String]) throws {
        let words = ["auth required", scratch.file("libpam_swiftotp.so")] + arguments
        try scratch.write(words.joined(separator: " ") + "\n", to: "pam.d/\(name)", mode: 0o644)
    }

    // MARK: What is done there

    /// A user enrolls, uses and changes a second factor, and logs in with a temporary code, by a
    /// service for everybody: what that opened.
    func service() async throws -> [Use] {
        let steps = [
            "policy", "status", "begin", "confirm 000000", "confirm =", "verify +1", "codes",
            "begin tablet",
        ]
        try scratch.write(steps.joined(separator: "\n") + "\n", to: "steps", mode: 0o644)
        try dialogue(users: [account.name])
        return try await uses(
            """
            listen strace -D -f -qq -y -A -o trace -e "$calls"
            as_user python3 -I second-client /run/swiftotp/swiftotpd.sock < steps
            "$enroll" issue "$user" >&2
            as_user ./pam-dialogue < dialogue
            kill "$service"
            while pgrep -x strace >/dev/null; do sleep 0.1; done
            """)
    }

    /// Logins by a program of root with nobody listening, of a user with a temporary code, of a
    /// stranger, and of somebody who is to enroll: what the services for these opened.
    func ownService() async throws -> [Use] { try await alone().filter(\.isService).map(\.use) }

    /// The same: what the module and its host opened, and started.
    func login() async throws -> [Use] { try await alone().filter { !$0.isService }.map(\.use) }

    private func alone() async throws -> [Traced] {
        try dialogue(users: ["daemon", "mallory"], enrolling: "games")
        return try await trace(
            """
            "$enroll" add daemon --no-confirm >&2
            "$enroll" issue daemon >&2
            strace -f -qq -y -o trace -e "$calls" ./pam-dialogue < dialogue
            """)
    }

    /// A login by a program that is not root, such as a screen locker.
    func lockerLogin() async throws -> [Use] {
        try dialogue(users: [account.name])
        return try await uses(
            """
            listen
            as_user strace -f -qq -y -o trace -e "$calls" ./pam-dialogue < dialogue
            kill "$service"
            """)
    }

    private func dialogue(users: [String], enrolling: String? = nil) throws {
        var lines =
            ["confdir \(scratch.file("pam.d"))", "service login", "fail-delay note"]
            + users.flatMap { ["user \($0)", "answer T222-2222-2222", "go authenticate"] }
        if let enrolling {
            lines += [
                "service sudo", "user \(enrolling)", "answer i", "answer ", "go authenticate",
            ]
        }
        try scratch.write(lines.joined(separator: "\n") + "\n", to: "dialogue", mode: 0o644)
    }

    // MARK: How

    /// Before every script. `listen` starts the service at the first connection, as systemd does,
    /// with words before the program; strace's -D leaves the program the process that it is.
    private static let beginning = """
        set -eu
        cd "$scratch"
        mkdir -p /run/swiftotp
        mount --bind etc /etc
        mount --bind store /var/lib/swiftotp
        mount --bind run /run/swiftotp
        mount --bind libexec /usr/libexec
        listen() {
            rm -f /run/swiftotp/swiftotpd.sock
            systemd-socket-activate --listen=/run/swiftotp/swiftotpd.sock \\
                "$@" /usr/libexec/swiftotpd >&2 &
            service=$!
            # The kernel's list also has those that other tests have at this place in their own view.
            while ! [ -S /run/swiftotp/swiftotpd.sock ] ||
                ! grep -q ' 00010000 .* /run/swiftotp/swiftotpd.sock$' /proc/net/unix; do
                sleep 0.1
            done
            sleep 0.2
            chmod 666 /run/swiftotp/swiftotpd.sock
        }
        as_user() {
            setpriv --reuid "$user" --regid "$user" --init-groups --reset-env "$@"
        }

        """

    private func uses(_ script: String) async throws -> [Use] {
        Array(Set(try await trace(script).map(\.use)))
    }

    /// A use, and whether it is by a service that was started for one login.
    private struct Traced: Hashable {
        let use: Use
        let isService: Bool
    }

    private func trace(_ script: String) async throws -> [Traced] {
        let done = try await Command.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh"],
            input: Self.beginning + script + "\nexit\n",
            environment: [
                "scratch": scratch.path, "user": account.name,
                "enroll": try Build.product("otp-enroll"),
                "calls": "execve,openat,flock,fcntl,unlinkat,renameat2,mkdirat,connect",
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            ])
        guard done.status == 0 else { throw Trouble("\(done.output) \(done.errors)") }
        let text = try String(contentsOfFile: scratch.file("trace"), encoding: .utf8)
        try scratch.write("", to: "trace", mode: 0o666)
        var services: Set<Substring> = []
        var all: Set<Traced> = []
        for line in text.split(separator: "\n") {
            let process = line.prefix { $0.isNumber }
            for use in Self.uses(String(line)) {
                all.insert(Traced(use: use, isService: services.contains(process)))
            }
            if line.contains("\"--stdio\"") { services.insert(process) }
        }
        return Array(all)
    }

    /// What a line of strace(1) with `-y` says of files.
    private static func uses(_ line: String) -> [Use] {
        if line.contains(" = -1 ") || line.contains("O_PATH") || line.contains("(deleted)") {
            return []
        }
        if let program = line.firstMatch(of: #/execve\("(\/[^"]*)"/#) {
            return [Use(path: String(program.output.1), needs: "x")]
        }
        if let open = line.firstMatch(of: #/openat\(.*?, "[^"]*", (\w[\w|]*).* = \d+<(/.*)>$/#) {
            let flags = open.output.1.split(separator: "|").map(String.init)
            let path = String(open.output.2) + (flags.contains("O_DIRECTORY") ? "/" : "")
            let reads = !flags.contains("O_WRONLY")
            let writes = !Set(flags).isDisjoint(with: ["O_WRONLY", "O_RDWR", "O_CREAT"])
            return (reads ? [Use(path: path, needs: "r")] : [])
                + (writes ? [Use(path: path, needs: "w")] : [])
        }
        if let lock = line.firstMatch(of: #/(?:flock\(|fcntl\()\d+<(/.*?)>, (?:LOCK_|F_.*SETLK)/#) {
            return [Use(path: String(lock.output.1), needs: "k")]
        }
        if let connection = line.firstMatch(of: #/connect\(.*sun_path="(/[^"]*)"/#) {
            return [Use(path: String(connection.output.1), needs: "w")]
        }
        let isFolder = line.contains("mkdirat(")
        return line.matches(of: #/\d+<(/.*?)>, "([^"]*)"/#).map {
            Use(path: "\($0.output.1)/\($0.output.2)\(isFolder ? "/" : "")", needs: "w")
        }
    }
}
