import Foundation
import Synchronization
import TestSupport
import Testing

/// A machine for `doctor` to examine: its own /etc, store, logs and processes, in a mount namespace
/// for each command. At first everything is right for ssh with key and code.
final class DoctorPatient: Sendable {
    /// The module's file, as root installed it.
    let module: String
    private let scratch: Scratch
    /// Where the store is, and /srv.
    private let disk: Scratch
    private let listener = Mutex<(any Sendable)?>(nil)
    private let agent = Mutex<(any Sendable)?>(nil)
    /// Files whose attributes must be removed before they can be deleted.
    let frozen = Mutex<[String]>([])

    static let keyMethods = "AuthenticationMethods publickey,keyboard-interactive:pam"
    static let passwordMethods = "AuthenticationMethods keyboard-interactive:pam"

    /// A machine with root, alice and bob, who are enrolled: made once, and copied for each test.
    convenience init() async throws {
        try await self.init(like: try await Self.model.value)
        try auth("sshd", ["auth required MODULE"])
    }

    /// A copy of another machine.
    init(like model: DoctorPatient) async throws {
        (scratch, disk) = (try Scratch(), try await Scratch.onDisk())
        module = scratch.file("pam_swiftotp.so")
        for (from, to) in [(model.scratch, scratch), (model.disk, disk)] {
            try await Command.output(["cp", "-a", from.path + "/.", to.path])
        }
    }

    private static let model = Task { try await DoctorPatient(made: ()) }

    private init(made: Void) async throws {
        try Build.requireGround()
        (scratch, disk) = (try Scratch(), try await Scratch.onDisk())
        _ = try SystemLog.shared()
        module = scratch.file("pam_swiftotp.so")
        try await Command.output(["install", "-m", "0644", Build.module(), module])
        try await copyEtc(to: scratch.file("etc"))
        for folder in ["log", "systemd", "run", "agent", "libexec"] {
            _ = try scratch.folder(folder, mode: 0o755)
        }
        _ = try disk.folder("store")
        _ = try disk.folder("srv", mode: 0o755)
        try await Command.output([
            "install", Build.product("swiftotpd"), scratch.file("libexec/swiftotpd"),
        ])
        _ = try scratch.folder("systemd/timesync", mode: 0o755)
        try scratch.write("", to: "systemd/timesync/synchronized")
        try change("/etc/group", Self.withoutOthers)
        try change("/etc/passwd") { text in
            Self.withoutOthers(text) + """
                alice:x:4001:4001::/home/alice:/bin/sh
                bob:x:4002:4002::/home/bob:/bin/sh

                """
        }
        try change("/etc/ssh/sshd_config") { _ in "Include /etc/ssh/sshd_config.d/*.conf\n" }
        for name in ["ssh_host_ed25519_key", "ssh_host_rsa_key", "ssh_host_ecdsa_key"] {
            try? FileManager.default.removeItem(atPath: real("/etc/ssh/\(name)"))
        }
        try await Command.output([
            "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
            real("/etc/ssh/ssh_host_ed25519_key"),
        ])
        try ssh([Self.keyMethods])
        try auth("sshd", ["auth required MODULE"])
        for user in ["root", "alice", "bob"] { try await enroll(user) }
    }

    /// Users or groups without those of other tests; their numbers are gone too.
    private static func withoutOthers(_ text: String) -> String {
        let lines = text.split(separator: "\n").filter { line in
            let words = line.split(separator: ":", omittingEmptySubsequences: false)
            let number = words.count > 2 ? Int(words[2]) ?? 0 : 0
            return number < 1000 || number == 65_534
        }
        return lines.map { $0 + "\n" }.joined()
    }

    deinit {
        for path in frozen.withLock({ $0 }) {
            // Waits for its end: the folder is removed next.
            let thawing = try? Process.run(
                URL(fileURLWithPath: "/usr/bin/chattr"), arguments: ["-ia", path])
            thawing?.waitUntilExit()
        }
    }

    // MARK: Changing it

    /// The real path of a file of the machine.
    func real(_ path: String) -> String {
        for (folder, name) in Self.mounts where path == folder || path.hasPrefix(folder + "/") {
            return place(name) + path.dropFirst(folder.count)
        }
        return path
    }

    private func place(_ name: String) -> String {
        (["store", "srv"].contains(name) ? disk : scratch).file(name)
    }

    private static let mounts = [
        ("/etc", "etc"), ("/var/lib/swiftotp", "store"), ("/var/log", "log"),
        ("/run/systemd", "systemd"), ("/run/swiftotp", "run"), ("/run/swiftotp-agent", "agent"),
        ("/usr/libexec", "libexec"), ("/srv", "srv"),
    ]

    /// Writes a file of the machine.
    func write(_ path: String, _ text: String, mode: mode_t = 0o644) throws {
        let file = real(path)
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent,
            withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        chmod(file, mode)
    }

    /// Changes a file of the machine.
    func change(_ path: String, _ edit: (String) -> String) throws {
        try write(path, edit(try String(contentsOfFile: real(path), encoding: .utf8)))
    }

    /// Writes the auth lines of a service; MODULE stands for the module's file.
    func auth(_ service: String, _ lines: [String]) throws {
        let lines = lines.map { $0.replacingOccurrences(of: "MODULE", with: module) }
        try write(
            "/etc/pam.d/\(service)",
            (lines + ["@include common-account", "@include common-session"])
                .joined(separator: "\n") + "\n")
    }

    /// Writes sshd's drop-in.
    func ssh(_ lines: [String]) throws {
        let usual = [
            "UsePAM yes", "KbdInteractiveAuthentication yes", "PasswordAuthentication no",
            "PermitRootLogin yes",
        ]
        // The first value counts.
        try write(
            "/etc/ssh/sshd_config.d/10-swiftotp.conf",
            (lines + usual).joined(separator: "\n") + "\n")
    }

    /// Starts the service on this machine for the machine's life, and returns the socket.
    @discardableResult
    func serve() async throws -> String {
        // It keeps its key inside, like every store with a path of its own.
        try await Command.output([
            "cp", "-a", real("/etc/swiftotp/seal.key"), real("/var/lib/swiftotp"),
        ])
        let service = try await Service(store: real("/var/lib/swiftotp"))
        try listen(on: service.socket, in: "/run/swiftotp")
        listener.withLock { $0 = service }
        return service.socket
    }

    /// The same with an impostor in its place, see `Impostor`.
    func pretend(
        _ work: String, as words: ([String]) -> [String] = { $0 }
    ) async throws {
        let impostor = try await Impostor(work, as: words)
        try listen(on: impostor.socket, in: "/run/swiftotp")
        listener.withLock { $0 = impostor }
    }

    /// One in the place of swiftotp-agent.
    func pretendAgent(_ work: String) async throws {
        let impostor = try await Impostor(work, at: "agent.sock")
        try listen(on: impostor.socket, in: "/run/swiftotp-agent")
        agent.withLock { $0 = impostor }
    }

    private func listen(on socket: String, in folder: String) throws {
        try remove(folder)
        try FileManager.default.createSymbolicLink(
            atPath: real(folder),
            withDestinationPath: (socket as NSString).deletingLastPathComponent)
    }

    /// Removes a file of the machine.
    func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: real(path)) }

    /// Empties a folder of the machine.
    func empty(_ path: String) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: real(path)) {
            try remove(path + "/" + name)
        }
    }

    /// Enrolls a user, and returns the phone.
    @discardableResult
    func enroll(_ user: String) async throws -> Phone {
        let words = [try Build.product("otp-enroll"), "add", user, "--no-confirm", "--json"]
        let told = try JSONSerialization.jsonObject(
            with: Data(try await Command.output(running(words)).utf8))
        return try Phone(scanning: try #require((told as? [String: Any])?["uri"] as? String))
    }

    /// New backup codes of a user.
    func codes(of user: String) async throws -> [String] {
        let words = [try Build.product("otp-enroll"), "codes", user, "--yes", "--json"]
        let told = try JSONSerialization.jsonObject(
            with: Data(try await Command.output(running(words)).utf8))
        return try #require((told as? [String: Any])?["backup_codes"] as? [String])
    }

    // MARK: Running

    /// The words that run a program on this machine. It has its own /dev/shm: faketime(1) keeps a
    /// file there under its process number, which in a namespace of its own is another test's too.
    func running(_ words: [String]) -> [String] {
        let binds = Self.mounts.map { folder, name in
            "mount --bind '\(place(name))' \(folder) && "
        }.joined()
        let script =
            "hostname patient && mkdir -p /run/systemd /run/swiftotp /run/swiftotp-agent && cd / && "
            + "mount -t tmpfs shm /dev/shm && " + binds + #"exec "$@""#
        return ["unshare", "--mount", "--uts", "sh", "-c", script, "sh"] + words
    }

    /// In its own process namespace, so that it does not see the sshd of other tests.
    private static let alone = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]

    /// The plain text that `doctor` prints.
    func doctor(_ arguments: String..., around: [String] = []) async throws -> Command {
        let words = [try Build.product("otp-enroll"), "doctor"] + arguments
        return try await Command.run(running(Self.alone + around + words))
    }

    /// The output of `doctor --json`.
    func examine(_ arguments: [String] = [], around: [String] = []) async throws -> Verdict {
        let words = [try Build.product("otp-enroll"), "doctor", "--json"] + arguments
        let done = try await Command.run(
            running(Self.alone + around + words), environment: ["FAKETIME_DONT_FAKE_MONOTONIC": "1"]
        )
        let told = try JSONSerialization.jsonObject(with: Data(done.output.utf8))
        return try Verdict(try #require(told as? [String: Any], "\(done.errors)"), done.status)
    }

    /// That output, parsed.
    struct Verdict {
        struct Finding: CustomStringConvertible {
            let check, severity, text, place, change: String
            var description: String { "\(severity) (\(check)): \(text) [\(place): \(change)]" }
        }

        let isWell: Bool
        let status: Int32
        /// `ok`, `skipped` and so on, by the name of the check; and what was looked at.
        let states: [String: String], abouts: [String: String]
        let findings: [Finding]

        init(_ members: [String: Any], _ status: Int32) throws {
            self.status = status
            isWell = try #require(members["well"] as? Bool)
            let looks = try #require(members["looked_at"] as? [[String: Any]])
            states = looks.reduce(into: [:]) {
                $0[$1["check"] as? String ?? ""] = $1["state"] as? String
            }
            abouts = looks.reduce(into: [:]) {
                $0[$1["check"] as? String ?? ""] = $1["about"] as? String
            }
            findings = try #require(members["findings"] as? [[String: Any]]).map { one in
                Finding(
                    check: one["check"] as? String ?? "",
                    severity: one["severity"] as? String ?? "", text: one["text"] as? String ?? "",
                    place: one["where"] as? String ?? "", change: one["change"] as? String ?? "")
            }
        }

        /// The findings about sshd, except the note that every sshd since OpenSSH 9.8 gets.
        var ofSSHD: [Finding] {
            findings.filter { $0.check == "sshd" && !$0.text.contains("(PerSourcePenalties)") }
        }

        /// Those above a note.
        var serious: [Finding] { findings.filter { $0.severity != "note" } }
    }
}
