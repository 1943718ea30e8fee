import Foundation
import TestSupport

/// The image of packaging/container, made as in its Dockerfile, from this machine's own Debian.
final class ContainerImage: Sendable {
    /// The folders of its overlay, the topmost first.
    let layers: String
    /// The program that its containers run.
    let entrypoint: String
    /// The port on which its sshd listens.
    let port: String
    /// Keys and stores in a layer, past or present: every container must have its own.
    let secrets: [String]

    private let scratch: Scratch

    private static let made = Task { try await ContainerImage() }

    /// This process's one image.
    static func shared() async throws -> ContainerImage { try await made.value }

    private init() async throws {
        try Build.requireGround()
        let file = try Dockerfile(Project.text("packaging/container/Dockerfile"))
        _ = try file.suite()
        let base = try await MinimalDebian.root(MinimalDebian.suite())
        scratch = try Scratch()
        let upper = try scratch.folder("image", mode: 0o755)
        layers = "\(upper):\(base)"
        let building = try await Building(
            context: Self.context(in: scratch), base: base, upper: upper, scratch: scratch)
        for instruction in file.instructions.dropFirst(2) {
            try await building.carryOut(instruction)
        }
        await building.end()
        entrypoint = try building.said("ENTRYPOINT").replacing(#/^\["(.*)"\]$/#) { $0.1 }
        port = try building.said("EXPOSE")
        secrets = building.secrets
    }

    /// The folder that the page says to fill.
    private static func context(in scratch: Scratch) async throws -> String {
        let architecture = try await Command.output(["dpkg", "--print-architecture"])
            .trimmingCharacters(in: .newlines)
        for name in ["libpam-swiftotp", "otp-enroll"] {
            _ = try await Project.package("\(name)_\(Project.version())_\(architecture).deb")
        }
        let commands = try RecipePage.block("A bastion in a container", after: "**The image.**")
        guard commands.first == "make deb", commands.last == "podman build -t bastion image" else {
            throw Trouble("other commands than those that are known here: \(commands)")
        }
        let script = commands.dropFirst().dropLast().joined(separator: "\n")
            .replacing(" image", with: " \(scratch.file("context"))")
        try await Command.output(["env", "-C", Project.folder.path, "sh", "-ec", script])
        return scratch.file("context")
    }
}

/// An image under construction.
private final class Building {
    private let context: String
    private let root: String
    /// Instructions that change no file.
    private var words: [String: String] = [:]
    private(set) var secrets: [String] = []

    init(context: String, base: String, upper: String, scratch: Scratch) async throws {
        self.context = context
        root = try scratch.folder("building", mode: 0o755)
        let work = try scratch.folder("work", mode: 0o755)
        try await Command.output(
            [
                "mount", "-t", "overlay", "overlay",
                "-o", "lowerdir=\(base),upperdir=\(upper),workdir=\(work)", root,
            ])
    }

    func end() async { _ = try? await Command.run(["umount", "--lazy", root]) }

    /// An instruction that only describes the image.
    func said(_ word: String) throws -> String {
        guard let said = words[word] else { throw Trouble("the Dockerfile has no \(word)") }
        return said
    }

    func carryOut(_ instruction: Dockerfile.Instruction) async throws {
        switch instruction.word {
        case "RUN":
            try await Command.output(
                ["unshare", "-mpf", "--kill-child", "sh", "-ec", Self.run, "sh"]
                    + [root, instruction.rest], within: .seconds(600))
        case "COPY":
            try await Command.output(
                ["env", "-C", context, "sh", "-ec", Self.copy, "sh", root]
                    + instruction.rest.split(separator: " ").map(String.init))
        case "EXPOSE", "ENTRYPOINT": words[instruction.word] = instruction.rest
        default: throw Trouble("\(instruction.word) is not known here: teach it to this file")
        }
        let found = try await Command.output(["sh", "-c", Self.find, "sh", root])
        secrets += found.split(separator: "\n").map(String.init)
    }

    /// What an engine provides inside: processes, devices, and host names.
    private static let run = """
        mount -t proc proc "$1/proc"
        mount --rbind /dev "$1/dev"
        [ -e "$1/etc/resolv.conf" ] || : >"$1/etc/resolv.conf"
        mount --bind /etc/resolv.conf "$1/etc/resolv.conf"
        exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
            chroot "$1" sh -c "$2"
        """

    /// The sources are patterns for files at the top of the context.
    private static let copy = """
        root=$1 mode=
        shift
        case $1 in --chmod=*) mode=${1#--chmod=}; shift ;; esac
        for target in "$@"; do :; done
        while [ $# -gt 1 ]; do
            cp --no-preserve=ownership $1 "$root$target"
            shift
        done
        [ -z "$mode" ] || chmod "$mode" "$root$target"
        """

    private static let find = """
        find "$1/etc/swiftotp" "$1/var/lib/swiftotp" "$1"/etc/ssh/*_key* ! -type d 2>/dev/null ||
            true
        """
}
