import Foundation
import TestSupport

/// A container of the image, in its own namespaces, with everything that the page's `podman run`
/// gives it.
final class BastionContainer: Sendable {
    /// The output of its programs, as in `podman logs`.
    let terminal: Terminal
    private let image: ContainerImage
    private let options: PodmanRun
    private let scratch: Scratch

    /// Starts one with the folders of these volumes; volumes that are not listed are not mounted.
    init(
        _ image: ContainerImage, _ options: PodmanRun, volumes: [String: String],
        arguments: [String] = []
    ) throws {
        try Build.requireGround()
        (self.image, self.options) = (image, options)
        let scratch = try Scratch()
        self.scratch = scratch
        let folders = try ["upper", "work", "root"].map { try scratch.folder($0, mode: 0o755) }
        var script = Self.begin
        for volume in options.volumes {
            guard let folder = volumes[volume.name] else { continue }
            script += "volume '\(folder)' '\(volume.path)' \(volume.readOnly ? "ro" : "rw")\n"
        }
        for folder in options.memoryFolders { script += "memory '\(folder)'\n" }
        if options.isReadOnly { script += "mount -o remount,bind,ro \"$root\"\n" }
        script += Self.end
        let words =
            ["unshare", "--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "--kill-child"]
            + ["sh", "-ec", script, "sh", image.layers] + folders + ["--"]
        terminal = try Terminal(
            words + Self.environment + options.confining + [image.entrypoint] + arguments)
    }

    private static let environment = [
        "env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME=/root", "container=podman",
    ]

    /// What an engine mounts: the layers with a writable one, /proc, /sys, and its own /dev.
    private static let begin = """
        layers=$1 upper=$2 work=$3 root=$4
        shift 5
        ip link set lo up
        mount -t overlay overlay -o "lowerdir=$layers,upperdir=$upper,workdir=$work" "$root"
        mount -t proc proc "$root/proc"
        mount -t sysfs -o ro sysfs "$root/sys"
        mount -t tmpfs -o mode=755,nosuid,noexec dev "$root/dev"
        for name in null zero full random urandom tty; do
            : >"$root/dev/$name"
            mount --bind "/dev/$name" "$root/dev/$name"
        done
        mkdir "$root/dev/pts"
        mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$root/dev/pts"
        ln -s pts/ptmx "$root/dev/ptmx"
        ln -s /proc/self/fd "$root/dev/fd"
        # A folder that is new gets what the image has there, as a volume with a name does.
        volume() {
            mkdir -p "$root$2"
            if [ "$3" = rw ] && [ ! -e "$1" ]; then cp -a "$root$2" "$1"; fi
            mount --bind "$1" "$root$2"
            mount -o "remount,bind,$3" "$root$2"
        }
        # Anybody may write there, as engines make it.
        memory() { mount -t tmpfs -o mode=1777,nosuid,nodev,noexec tmpfs "$root$1"; }

        """

    private static let end = """
        cd "$root"
        # As util-linux's pivot_root, which Debian leaves out from 14 on.
        python3 -c 'import ctypes, sys; sys.exit(ctypes.CDLL(None).pivot_root(b".", b"."))'
        umount --lazy .
        exec "$@"
        """

    // MARK: While it runs

    /// Its first process, by the machine's process ID.
    private func first() throws -> pid_t {
        let outer = terminal.child.pid
        let text = try String(
            contentsOfFile: "/proc/\(outer)/task/\(outer)/children", encoding: .utf8)
        guard let pid = pid_t(text.trimmingCharacters(in: .whitespaces)) else {
            throw Trouble("the container has ended")
        }
        return pid
    }

    /// Waits until sshd listens.
    func listening() async throws { try await terminal.expect("Server listening on") }

    /// Waits for the end, and returns the status.
    func finish() async throws -> Int32 { try await terminal.finish() }

    /// Ends it like `podman stop`, which would kill it if this did not help.
    func stop() async throws -> Int32 {
        kill(try first(), SIGTERM)
        return try await finish()
    }

    /// Runs a program inside, like `podman exec`.
    func run(_ words: [String], input: String = "") async throws -> Command {
        let spaces = ["--mount", "--uts", "--ipc", "--net", "--pid"]
        return try await Command.run(
            ["nsenter", "--target", "\(first())"] + spaces + Self.environment + options.confining
                + words, input: input)
    }

    /// Runs a program inside that must succeed, and returns its output.
    @discardableResult
    func output(_ words: String..., input: String = "") async throws -> String {
        let done = try await run(words, input: input)
        guard done.status == 0 else { throw Trouble("\(words): \(done.errors)") }
        return done.output
    }

    /// Changes its mounts, as the machine's root.
    func change(_ words: String...) async throws {
        try await Command.output(
            ["nsenter", "--target", "\(first())", "--mount", "--pid"] + words)
    }

    /// A real ssh with a key, on the container's own network.
    func client(_ user: String, key: String, knownHosts: String) throws -> Terminal {
        try Terminal(
            [
                "nsenter", "--target", "\(first())", "--net", "ssh", "-F", "none",
                "-o", "UserKnownHostsFile=\(knownHosts)", "-o", "GlobalKnownHostsFile=/dev/null",
                "-o", "StrictHostKeyChecking=yes", "-o", "NumberOfPasswordPrompts=1",
                "-o", "IdentitiesOnly=yes", "-i", key, "-p", image.port, "-l", user, "127.0.0.1",
                "echo inside:$(id -un).",
            ])
    }

    deinit { terminal.child.signal(SIGKILL) }
}
