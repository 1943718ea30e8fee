import Foundation
import TestSupport
import Testing

/// The folder made by `make repo` with a key of the test's own: packages are installed from it with
/// the lines of docs/REPOSITORY.md, and refused after somebody has changed it.
@Suite("packages: a repository for apt and dnf")
struct RepositoryTests {
    private static let key = "root@example.org"
    private static let place = "/srv/repo"

    private static func environment(_ scratch: Scratch) -> [String: String] {
        ["GNUPGHOME": scratch.path, "GPG_TTY": "none"]
    }

    /// A gpg folder with a key.
    private func keyring() async throws -> Scratch {
        let scratch = try Scratch()
        try await Command.output(
            [
                "gpg", "--batch", "--passphrase", "", "--quick-generate-key",
                "swiftotp packages <\(Self.key)>", "rsa2048", "sign", "never",
            ], environment: Self.environment(scratch))
        return scratch
    }

    /// Packages of both kinds.
    private func packages() async throws -> [String] {
        let version = try Project.version()
        let architecture = try await architecture()
        let own = try await Command.output(["rpm", "--eval", "%{_arch}"])
            .trimmingCharacters(in: .newlines)
        var files: [String] = []
        for name in ["libpam-swiftotp", "otp-enroll"] {
            files.append(try await Project.package("\(name)_\(version)_\(architecture).deb"))
        }
        for name in ["swiftotp", "otp-enroll"] {
            files.append(try await Project.package("\(name)-\(version)-1.\(own).rpm"))
        }
        return files
    }

    /// Makes or updates the repository.
    private func make(_ folder: String, _ keyring: Scratch, _ files: [String]) async throws {
        try await Command.output(
            [Project.path("packaging/repo"), folder, Self.key] + files,
            environment: Self.environment(keyring), within: .seconds(120))
    }

    /// The lines of the page's example that begins with this one.
    private func example(_ first: String) throws -> String {
        let lines = try Project.text("docs/REPOSITORY.md").split(
            separator: "\n", omittingEmptySubsequences: false)
        let example = lines.drop { $0 != "    \(first)" }.prefix { $0.hasPrefix("    ") }
        try #require(!example.isEmpty, "no example with \(first)")
        return example.map { $0.dropFirst(4) + "\n" }.joined()
    }

    /// A machine set up as the page says, with no other source.
    private func machine(_ keyring: Scratch, _ files: [String]) async throws -> PrivateRoot {
        let root = try await PrivateRoot()
        let folder = root.file(Self.place)
        try await make(folder, keyring, files)
        try await root.output(
            "install", "-D", "-m", "0644", Self.place + "/swiftotp.asc",
            "/etc/apt/keyrings/swiftotp.asc")
        try await root.output("sh", "-c", "rm -rf /etc/apt/sources.list* /var/lib/apt/lists/*")
        try await root.output("mkdir", "-p", "/etc/apt/sources.list.d")
        try root.write(
            try example("Types: deb").replacing(
                "https://packages.example.org/swiftotp", with: "file:" + Self.place),
            to: "/etc/apt/sources.list.d/swiftotp.sources")
        return root
    }

    private static let update = ["apt-get", "-q", "--error-on=any", "update"]
    private static let install = [
        "apt-get", "-qy", "install", "libpam-swiftotp", "otp-enroll",
    ]

    private func run(_ words: [String], in root: PrivateRoot) async throws -> Command {
        try await Command.run(root.running(words), within: .seconds(180))
    }

    @Test("apt does not install from it, or accepts changes made without the key")
    func apt() async throws {
        let keyring = try await keyring()
        let files = try await packages()
        let root = try await machine(keyring, files)
        let updated = try await run(Self.update, in: root)
        #expect(updated.status == 0, "\(updated.errors)")
        let installed = try await run(Self.install, in: root)
        #expect(installed.status == 0, "\(installed.errors)")
        let version = try await root.output("dpkg-query", "-W", "-f", "${Version}", "otp-enroll")
        #expect(version == (try Project.version()))
        try await root.output("dpkg", "-P", "libpam-swiftotp", "otp-enroll")

        try await refusePackage(files[1], in: root)
        try await refuseLists(in: root)
        // Signed with another key of the same name.
        try await make(root.file(Self.place), try await self.keyring(), files)
        try await root.output("sh", "-c", "rm -rf /var/lib/apt/lists/*")
        let foreign = try await run(Self.update, in: root)
        #expect(foreign.status != 0 && foreign.errors.contains("is not signed."), "foreign")
        try await make(root.file(Self.place), keyring, files)
        let again = try await run(Self.update, in: root)
        #expect(again.status == 0, "\(again.errors)")
    }

    /// A byte of a package: it no longer matches its entry in the list.
    private func refusePackage(_ file: String, in root: PrivateRoot) async throws {
        let pool = Self.place + "/deb/pool"
        let package = pool + "/" + URL(fileURLWithPath: file).lastPathComponent
        try await root.output("cp", "-p", package, "/srv/whole")
        try await change(package, in: root)
        try await root.output("apt-get", "clean")
        let damaged = try await run(Self.install, in: root)
        #expect(damaged.status != 0 && damaged.errors.contains("Hash Sum mismatch"), "package")
        try await root.output("cp", "-p", "/srv/whole", package)
    }

    /// A byte of each of the signed files.
    private func refuseLists(in root: PrivateRoot) async throws {
        let lists = Self.place + "/deb/dists/stable/"
        let index = "main/binary-\(try await architecture())/Packages"
        for (files, words) in [
            (["", ".xz"].map { index + $0 }, "Hash Sum mismatch"),
            (["Release", "InRelease"], "is not signed."),
        ] {
            try await root.output("cp", "-a", lists, "/srv/lists")
            for file in files { try await change(lists + file, in: root) }
            try await root.output("sh", "-c", "rm -rf /var/lib/apt/lists/*")
            let refused = try await run(Self.update, in: root)
            #expect(refused.status != 0, "\(files) changed")
            #expect(refused.errors.contains(words), "\(files): \(refused.errors)")
            try await root.output("rm", "-r", lists)
            try await root.output("mv", "/srv/lists", lists)
        }
    }

    private func architecture() async throws -> String {
        try await Command.output(["dpkg", "--print-architecture"])
            .trimmingCharacters(in: .newlines)
    }

    /// Changes a byte in the middle of a file to another one of the same kind.
    private func change(_ file: String, in root: PrivateRoot) async throws {
        var data = try Data(contentsOf: URL(fileURLWithPath: root.file(file)))
        let text = Data("swiftotp".utf8)
        let place = data.range(of: text)?.lowerBound ?? data.count / 2
        data[place] ^= 1
        try data.write(to: URL(fileURLWithPath: root.file(file)))
    }

    @Test("dnf's list, or a package in it, is not signed, or accepted after a change")
    func rpm() async throws {
        let (keyring, scratch) = (try await keyring(), try Scratch())
        let folder = scratch.file("repo")
        try await make(folder, keyring, try await packages())
        let list = folder + "/rpm/repodata/repomd.xml"
        let ring = try await Command.run(
            ["gpg", "--dearmor", "--output", scratch.file("ring"), folder + "/swiftotp.asc"],
            environment: Self.environment(keyring))
        #expect(ring.status == 0, "\(ring.errors)")
        let look = ["gpgv", "--keyring", scratch.file("ring"), list + ".asc", list]
        #expect(try await Command.run(look).status == 0)

        let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/rpm")
            .filter { $0.hasSuffix(".rpm") }
        #expect(names.count == 2)
        let known = ["rpmkeys", "--dbpath", scratch.file("db")]
        try await Command.output(known + ["--import", folder + "/swiftotp.asc"])
        let text = try String(contentsOfFile: list, encoding: .utf8)
        for name in names {
            let file = folder + "/rpm/" + name
            let good = try await Command.run(known + ["-K", file])
            #expect(good.status == 0 && good.output.contains("signatures OK"), "\(good.output)")
            var data = try Data(contentsOf: URL(fileURLWithPath: file))
            data[data.count - 100] ^= 1
            try data.write(to: URL(fileURLWithPath: file))
            #expect(try await Command.run(known + ["-K", file]).status != 0, "\(name) changed")
        }
        try Data(text.replacing("<revision>", with: "<revision>1").utf8)
            .write(to: URL(fileURLWithPath: list))
        #expect(try await Command.run(look).status != 0, "the list changed")
        let lines = try example("[swiftotp]")
        #expect(lines.contains("\ngpgcheck=1\n") && lines.contains("\nrepo_gpgcheck=1\n"))
    }

    @Test("`make repo` without a key does not say how to make one, or builds something")
    func withoutKey() async throws {
        let scratch = try await keyring()
        for (key, words) in [("", "gpg --quick-generate-key '"), ("nobody@", "no secret key")] {
            let done = try await Command.run(
                ["make", "-C", Project.folder.path, "repo", "KEY=\(key)"],
                environment: Self.environment(scratch))
            #expect(done.status == 2 && done.errors.contains(words), "\(done.errors)")
            #expect(!done.output.contains("swift build"))
        }
    }
}
