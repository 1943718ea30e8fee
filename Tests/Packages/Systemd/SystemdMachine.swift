import Foundation
import Synchronization
import TestSupport

/// A private root with systemd as the first process of a container (systemd-nspawn(1)), and nothing
/// started that a machine does not need.
final class SystemdMachine: Sendable {
    let root: PrivateRoot
    private let container: Container

    /// Boots it.
    init() async throws {
        root = try await PrivateRoot()
        try await Command.output(["sh", "-ec", Self.preparation, "sh", root.path])
        container = try Container(root)
        root.enter(beside: try await container.systemd())
        let clock = ContinuousClock(), end = clock.now + Container.patience
        while true {
            let state = try await root.run("systemctl", "is-system-running").output
            if ["running\n", "degraded\n"].contains(state) { break }
            guard clock.now < end else { throw Trouble("systemd is \(state)") }
            try await Task.sleep(for: .milliseconds(100))
        }
        try await root.output("mkdir", "-p", "/run/sshd")
    }

    /// None of the machine's services, none that packages may not start (policy-rc.d), and no
    /// logind sessions, which take a second each.
    private static let preparation = """
        for folder in proc dev run tmp; do umount --recursive --lazy "$1/$folder"; done
        rm -rf "$1"/etc/systemd/system/*.wants "$1"/etc/rc?.d/S* "$1"/var/lib/swiftotp "$1"/etc/swiftotp
        rm -f "$1"/usr/sbin/policy-rc.d
        sed -i '/pam_systemd/d' "$1"/etc/pam.d/common-session
        """

    // MARK: systemd's answers

    /// A property of a unit, such as `ActiveState`.
    func property(_ name: String, of unit: String) async throws -> String {
        try await root.output("systemctl", "show", "--value", "--property", name, unit)
            .trimmingCharacters(in: .newlines)
    }

    /// The service's process; nil if it is not running.
    func service() async throws -> pid_t? {
        let text = try await property("MainPID", of: "swiftotpd.service")
        return pid_t(text).flatMap { $0 > 0 ? $0 : nil }
    }
}

/// systemd-nspawn and everything in it, in its own control group, so that several do not interfere;
/// both end with this object.
private final class Container: Sendable {
    static let patience = Duration.seconds(120)

    private let root: PrivateRoot
    private let group: String
    private let nspawn: Child
    private let first = Mutex<pid_t?>(nil)

    init(_ root: PrivateRoot) throws {
        self.root = root
        group = "swiftotp-\(UUID().uuidString.prefix(8).lowercased())"
        let quiet = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(quiet) }
        nspawn = try Child(
            ["sh", "-ec", Self.start, group, root.path],
            streams: .descriptors(quiet, quiet, quiet))
    }

    /// Version 2 of control groups, and systemd's part of version 1 if both are mounted. Without
    /// the capability, which changes nothing here, newer versions of systemd give no service its
    /// own network.
    private static let start = """
        exec >"$1/srv/nspawn.log" 2>&1
        for mount in $(awk '$3 == "cgroup2" || ($3 == "cgroup" && $4 ~ /name=systemd/) {print $2}' \\
            /proc/self/mounts); do
            mkdir "$mount/$0"
            echo $$ >"$mount/$0/cgroup.procs"
        done
        exec systemd-nspawn --quiet --register=no --keep-unit --machine="$0" --directory="$1" --boot \\
            --link-journal=no --console=pipe --resolv-conf=off --timezone=off --suppress-sync=yes \\
            --capability=CAP_NET_ADMIN systemd.unit=multi-user.target
        """

    /// The first process inside, as soon as it exists.
    func systemd() async throws -> pid_t {
        let pid = try await patiently("systemd to start", within: Self.patience) {
            guard nspawn.status == nil else {
                let said = (try? root.text("/srv/nspawn.log")) ?? ""
                throw Trouble("systemd-nspawn ends: \(said)")
            }
            return Self.children(of: nspawn.pid).first { child in
                let path = "/proc/\(child)/exe"
                let program = try? FileManager.default.destinationOfSymbolicLink(atPath: path)
                return program?.hasSuffix("/systemd") ?? false
            }
        }
        first.withLock { $0 = pid }
        return pid
    }

    private static func children(of pid: pid_t) -> [pid_t] {
        let list = try? String(
            contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)
        return (list ?? "").split(separator: " ").compactMap { pid_t($0) }
    }

    private static let cleaning = """
        for round in $(seq 100); do
            left=$(find /sys/fs/cgroup -maxdepth 2 -type d -name "$0")
            [ -n "$left" ] || exit 0
            find $left -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.05
        done
        """

    deinit {
        // All processes inside end with the first one.
        let pids = first.withLock { $0 }.map { [$0] } ?? Self.children(of: nspawn.pid)
        for pid in pids { kill(pid, SIGKILL) }
        nspawn.end()
        let done = try? Process.run(
            URL(fileURLWithPath: "/bin/sh"), arguments: ["-c", Self.cleaning, group])
        done?.waitUntilExit()
    }
}
