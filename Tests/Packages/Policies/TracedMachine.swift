import Foundation
import TestSupport

/// A machine with store, key, configuration, program and socket where packages put them: in its own
/// mount namespace. The files that programs open there are traced.
struct TracedMachine {
    /// One use of a file: `r`, `w`, `x` for a program, or `k` for a lock. Folders end in `/`.
    struct Use: Hashable {
        let path: String
        let needs: Character
    }

    /// The folder of this test's programs and lists.
    var folder: String { scratch.path }

    private let scratch: Scratch

    init() async throws {
        scratch = try Scratch()
        try await copyEtc(to: scratch.file("etc"))
        try scratch.write("window = 1\n", to: "etc/security/swiftotp.conf", mode: 0o644)
        _ = try scratch.folder("store")
        for folder in ["run", "libexec", "pam.d"] { _ = try scratch.folder(folder, mode: 0o755) }
        try await Command.output(
            ["install", "-t", scratch.path]
                + ["pam-dialogue", "otp-enroll", "libpam_swiftotp.so"].map { try Build.product($0) }
        )
        try await Command.output([
            "install", "-m", "755", Project.program("swiftotpd"), scratch.file("libexec"),
        ])
        for (service, options) in [("login", ""), ("sudo", "after_first_factor enroll=require")] {
            let line = "auth required \(scratch.file("libpam_swiftotp.so")) \(options)\n"
            try scratch.write(line, to: "pam.d/\(service)", mode: 0o644)
        }
        try scratch.write(
            """
            confdir \(scratch.file("pam.d"))
            service login
            fail-delay note
            user daemon
            answer T222-2222-2222
            go authenticate
            user mallory
            answer T222-2222-2222
            go authenticate
            service sudo
            user games
            answer i
            answer \("")
            go authenticate

            """, to: "dialogue")
    }

    /// Logins of a user with a temporary code, of a stranger, and of a user who must enroll, with a
    /// listening service and without, and root's commands: what the services opened, and what the
    /// module and its host opened and started.
    func uses() async throws -> (service: Set<Use>, host: Set<Use>) {
        let script = """
            set -eu
            cd "$scratch"
            mkdir -p /run/swiftotp
            mount --bind etc /etc
            mount --bind store /var/lib/swiftotp
            mount --bind run /run/swiftotp
            mount --bind libexec /usr/libexec
            trace="strace -f -qq -y -A -o trace -e $calls"
            "$enroll" add daemon --no-confirm
            "$enroll" issue daemon
            $trace ./pam-dialogue < dialogue
            for words in "codes daemon --yes" "add bin --no-confirm" "reset daemon --yes" list; do
                strace -f -qq -y -A -o commands -e $calls "$enroll" $words
            done
            socket=/run/swiftotp/swiftotpd.sock
            # As systemd does; strace's -D leaves the program the process that it is.
            systemd-socket-activate --listen=$socket \\
                strace -D -f -qq -y -A -o resident -e $calls /usr/libexec/swiftotpd &
            service=$!
            while ! [ -S $socket ] || ! grep -q " 00010000 .* $socket\\$" /proc/net/unix; do
                sleep 0.1
            done
            sleep 0.2
            $trace ./pam-dialogue < dialogue
            kill "$service"
            while pgrep -x strace >/dev/null; do sleep 0.1; done
            """
        let done = try await Command.run(
            [
                "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
                script,
            ],
            environment: [
                "scratch": scratch.path, "enroll": scratch.file("otp-enroll"),
                "calls": "execve,openat,flock,fcntl,unlinkat,renameat2,mkdirat,connect",
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            ])
        guard done.status == 0 else { throw Trouble("\(done.output) \(done.errors)") }
        var (service, host): (Set<Use>, Set<Use>) = ([], [])
        for name in ["trace", "commands", "resident"] {
            var services: Set<Substring> = []
            let text = try String(contentsOfFile: scratch.file(name), encoding: .utf8)
            for line in Self.whole(text.split(separator: "\n").map(String.init)) {
                let process = line.prefix { $0.isNumber }
                if name == "resident" || services.contains(process) {
                    service.formUnion(Self.uses(line))
                } else if name == "trace" {
                    host.formUnion(Self.uses(line))
                }
                if line.contains("\"--stdio\"") { services.insert(process) }
            }
        }
        return (service, host)
    }

    /// Joins calls that strace(1) reports in two lines because another thread's came between.
    private static func whole(_ lines: [String]) -> [String] {
        let end = " <unfinished ...>"
        var begun: [Substring: Substring] = [:]
        return lines.compactMap { line in
            let process = line.prefix { $0.isNumber }
            if line.hasSuffix(end) {
                begun[process] = line.dropLast(end.count)
                return nil
            }
            guard line.contains(" <... "), let rest = line.range(of: " resumed>")?.upperBound,
                let start = begun.removeValue(forKey: process)
            else { return line }
            return String(start + line[rest...])
        }
    }

    /// The file uses in a line of strace(1) with `-y`.
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
