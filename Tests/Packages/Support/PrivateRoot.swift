import Foundation
import Synchronization
import TestSupport
import Testing

/// A copy of this machine for one test: all its files, of which only the copy is ever changed.
///
/// An overlay over the root file system, inside Tests/ground, where no other process sees the
/// mounts. `/run` and `/tmp` are its own; users and services are the machine's, without the
/// ground's.
final class PrivateRoot: Sendable {
    let path: String
    private let scratch: Scratch
    /// A process inside, next to which programs are run; nil for those that see what is outside.
    private let neighbor = Mutex<pid_t?>(nil)

    init() async throws {
        try Build.requireGround()
        scratch = try Scratch()
        path = try scratch.folder("root", mode: 0o755)
        let layers = try ["upper", "work"].map { try scratch.folder($0, mode: 0o755) }
        let script = """
            mount -t overlay overlay -o lowerdir=/,upperdir=$1,workdir=$2 "$3"
            mount --rbind /proc "$3/proc"
            mount --rbind /dev "$3/dev"
            mount -t tmpfs -o mode=755 run "$3/run"
            mount -t tmpfs -o mode=1777 tmp "$3/tmp"
            mkdir -m 755 "$3/run/sshd"
            # Every package with a manual would have man-db index those of the whole machine again.
            rm -f "$3/var/lib/man-db/auto-update"
            # What is mounted on the machine is not in there: the toolchain may be, and programs that
            # are built beside tests need its libraries.
            toolchain=$(readlink -f "$(command -v swiftc)")
            if ! [ -e "$3$toolchain" ]; then
                toolchain=${toolchain%/usr/bin/*}
                mount --bind "$toolchain" "$3$toolchain"
                mount -o remount,bind,ro "$3$toolchain"
            fi
            """
        try await Command.output(["sh", "-ec", script, "sh"] + layers + [path])
    }

    /// From now on, programs run in this process's namespaces, with their own `/run` and `/tmp`.
    func enter(beside process: pid_t) { neighbor.withLock { $0 = process } }

    /// The path of one of its files, as seen from outside.
    func file(_ name: String) -> String { path + name }

    /// The text of one of its files.
    func text(_ name: String) throws -> String {
        try String(contentsOfFile: file(name), encoding: .utf8)
    }

    /// Writes one of its files, keeping the owner and mode of an existing one.
    func write(_ text: String, to name: String) throws {
        guard let handle = fopen(file(name), "w") else { throw Trouble("cannot write \(name)") }
        fputs(text, handle)
        fclose(handle)
    }

    /// Mode, owner and group of a file, as `drwx------ root root`; nil if there is none.
    func status(_ name: String) async throws -> String? {
        let done = try await Command.run(["stat", "-c", "%A %U %G", file(name)])
        return done.status == 0 ? done.output.trimmingCharacters(in: .newlines) : nil
    }

    /// The words that run a program inside as root.
    func running(_ words: [String]) -> [String] {
        let spaces = ["--mount", "--uts", "--ipc", "--net", "--pid"]
        let entrance =
            neighbor.withLock { $0 }.map { ["nsenter", "--target", "\($0)"] + spaces }
            ?? ["chroot", path]
        return entrance + ["env", "DEBIAN_FRONTEND=noninteractive", "HOME=/root"] + words
    }

    /// Runs a program inside to its end.
    func run(_ words: String..., input: String = "") async throws -> Command {
        try await Command.run(running(words), input: input, within: .seconds(180))
    }

    /// Runs a program inside that must succeed, and returns its output.
    @discardableResult
    func output(_ words: String..., input: String = "") async throws -> String {
        try await Command.output(running(words), input: input, within: .seconds(180))
    }

    /// Copies a package into it, and returns its path inside.
    func bring(_ package: String) throws -> String {
        let name = "/srv/" + URL(fileURLWithPath: package).lastPathComponent
        try? FileManager.default.removeItem(atPath: file(name))
        try FileManager.default.copyItem(atPath: package, toPath: file(name))
        return name
    }

    /// Makes a user with a password.
    func user(_ name: String, password: String) async throws {
        try await output("useradd", "--create-home", "--shell", "/bin/sh", name)
        try await output("chpasswd", input: "\(name):\(password)\n")
    }

    /// A user's authenticator, and backup codes, each of which is valid for one login.
    struct Enrolled: Decodable {
        let uri: String
        let backupCodes: [String]
    }

    /// Enrolls a user with the otp-enroll inside.
    func enroll(_ name: String) async throws -> Enrolled {
        let output = try await output(
            "otp-enroll", "add", name, "--name", "phone", "--no-confirm", "--json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Enrolled.self, from: Data(output.utf8))
    }

    deinit {
        let words = ["umount", "--recursive", "--lazy", path]
        let done = try? Process.run(URL(fileURLWithPath: "/usr/bin/env"), arguments: words)
        done?.waitUntilExit()
    }
}
