import CLinux
import Glibc
import OTPStore

// The sshds of this machine: those that run, and the one that the next boot starts.

extension SSHDaemon {
    /// All of them, each once.
    static var all: [SSHDaemon] {
        var found: [SSHDaemon] = []
        let started = SSHUnit.daemons
        for daemon in (started.isEmpty && running.isEmpty ? [.usual] : started) + running {
            guard let index = found.firstIndex(of: daemon) else {
                found.append(daemon)
                continue
            }
            // The oldest one has the oldest settings.
            if (daemon.readAt ?? .max) < (found[index].readAt ?? .max) {
                (found[index].process, found[index].readAt) = (daemon.process, daemon.readAt)
            }
        }
        return found
    }

    /// Whether systemd listens in its place.
    static var isStartedBySocket: Bool {
        ["ssh.socket", "sshd.socket"].contains { name in
            ["/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system"].contains {
                SystemFiles.exists("\($0)/sockets.target.wants/\(name)")
            }
        }
    }

    /// Those that listen now. Not those in containers, which are for a doctor in there, nor those
    /// that are not root's: such a one lets in nobody but its owner.
    private static var running: [SSHDaemon] {
        let own = SystemFiles.status("/proc/self/ns/pid")?.st_ino
        return SystemFiles.names(in: "/proc").compactMap { name -> SSHDaemon? in
            guard let pid = UInt32(name), isRoots(pid),
                case .text(let text) = SystemFiles.read("/proc/\(pid)/cmdline"),
                var daemon = listener(text), runs(pid, daemon.program),
                SystemFiles.status("/proc/\(pid)/ns/pid")?.st_ino == own
            else { return nil }
            (daemon.process, daemon.readAt) = (pid, readAt(pid))
            return daemon
        }
    }

    /// Whether a process is root's in all ways: anybody may start a program that is set-user-ID.
    private static func isRoots(_ pid: UInt32) -> Bool {
        SystemFiles.lines("/proc/\(pid)/status").contains { line in
            line.hasPrefix("Uid:")
                && line.dropFirst(4).split(whereSeparator: \.isWhitespace)
                    == ["0", "0", "0", "0"]
        }
    }

    /// Whether a process runs this program, whatever it calls itself.
    private static func runs(_ pid: UInt32, _ program: String) -> Bool {
        guard var file = SystemFiles.target(ofLink: "/proc/\(pid)/exe") else { return false }
        // After an upgrade, until it is started again.
        let deleted = " (deleted)"
        if file.hasSuffix(deleted) { file.removeLast(deleted.count) }
        return SystemFiles.realPath(program) == file
    }

    private static func listener(_ commandLine: String) -> SSHDaemon? {
        let words = commandLine.split(separator: "\0").map(String.init)
        guard let first = words.first else { return nil }
        if first.hasPrefix("/") {
            guard first.split(separator: "/").last?.hasPrefix("sshd") == true else { return nil }
            return SSHDaemon(commandLine: words, isJoined: false)
        }
        // sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups
        guard first.hasPrefix("sshd"), let colon = first.firstRange(of: ": /"),
            let end = first.firstRange(of: " [listener]")
        else { return nil }
        let title = first[first.index(after: colon.lowerBound)..<end.lowerBound]
        return SSHDaemon(
            commandLine: title.split(separator: " ").map(String.init), isJoined: true)
    }

    /// When a process last read its configuration: it writes its PID file then, and keeps its start
    /// time when told to reload.
    private static func readAt(_ pid: UInt32) -> UInt64? {
        for file in ["/run/sshd.pid", "/var/run/sshd.pid"] {
            guard case .text(let text) = SystemFiles.read(file),
                text.split(whereSeparator: \.isWhitespace).first == "\(pid)",
                let status = SystemFiles.status(file)
            else { continue }
            return UInt64(exactly: status.st_mtim.tv_sec)
        }
        return startedAt(pid)
    }

    /// When a process was started (proc(5), stat).
    private static func startedAt(_ pid: UInt32) -> UInt64? {
        guard case .text(let text) = SystemFiles.read("/proc/\(pid)/stat"),
            let name = text.lastIndex(of: ")")
        else { return nil }
        // The 22nd field; the second ends with the name.
        let fields = text[text.index(after: name)...].split(separator: " ")
        guard fields.count > 19, let ticks = UInt64(fields[19]),
            let boot = SystemFiles.lines("/proc/stat").first(where: { $0.hasPrefix("btime ") }),
            let start = UInt64(boot.dropFirst(6)),
            let rate = UInt64(exactly: sysconf(CInt(_SC_CLK_TCK))),
            rate > 0
        else { return nil }
        return start &+ ticks / rate
    }
}
