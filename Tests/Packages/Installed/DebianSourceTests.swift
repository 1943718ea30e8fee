import Foundation
import TestSupport
import Testing

/// What Debian would build from and test with: the source package, and `packaging/debian/tests`,
/// which autopkgtest runs on a machine with the packages.
@Suite("packages: Debian's source package and its own test")
struct DebianSourceTests {
    @Test("The source package lacks a file, needs the network, or lintian finds fault with it")
    func source() async throws {
        let scratch = try Scratch()
        let version = try Project.version()
        // `swift package resolve` would wait for the `swift test` that runs this; it was built
        // before.
        try await Command.output(
            [
                "make", "-s", "-C", Project.folder.path, "-o", "setup-packages", "-o", "fetch",
                "source", "SOURCE=\(scratch.path)",
            ], within: .seconds(120))
        let description = scratch.file("swiftotp_\(version).dsc")
        let folder = scratch.file("unpacked")
        try await Command.output(["dpkg-source", "-x", description, folder])
        let tracked = try await Command.output(["git", "-C", Project.folder.path, "ls-files"])
        let names = tracked.split(separator: "\n").filter { !$0.hasSuffix(".gitignore") }
        #expect(names.count > 500)
        for name in names {
            let isThere = access("\(folder)/\(name)", F_OK) == 0
            #expect(isThere || access(Project.path(String(name)), F_OK) != 0, "\(name)")
        }
        #expect(access("\(folder)/debian/rules", X_OK) == 0)
        #expect(access("\(folder)/.build", F_OK) != 0)

        let needed = try await Command.run(
            [
                "unshare", "--net", "swift", "package", "--package-path", folder,
                "show-dependencies", "--format", "json",
            ], within: .seconds(120))
        #expect(needed.status == 0, "\(needed.errors)")
        #expect(needed.output.contains("\"url\": \"\(folder)/swift-argument-parser\""))

        let lintian = try await Command.run(
            ["lintian", "--allow-root", "--pedantic", "--fail-on", "pedantic", description],
            within: .seconds(300))
        // What a newer lintian finds out of date is what an older Debian needs.
        let outdated = [
            "package-uses-old-debhelper-compat-version", "redundant-priority-optional-field",
            "redundant-rules-requires-root-no-field",
        ]
        let findings = lintian.output.split(separator: "\n").filter { line in
            !outdated.contains { line.contains(" source: \($0)") }
        }
        #expect(findings.isEmpty && lintian.errors.isEmpty, "\(lintian.output)")
    }

    @Test("debian/tests/login fails with the packages, or passes if anything lets a user in")
    func login() async throws {
        let root = try await PrivateRoot()
        try await root.installPackages()
        let script = try root.bring(Project.path("packaging/debian/tests/login"))
        func run() async throws -> Command { try await root.run(script) }
        let done = try await run()
        #expect(done.status == 0 && done.errors.isEmpty, "\(done.output)")
        #expect(done.output.matches(of: #/(?m)^ok: /#).count == 6, "\(done.output)")
        let left = try await root.run("getent", "passwd", "swiftotp-autopkgtest")
        #expect(left.status == 2, "\(left.output)")

        // With a module in its place that accepts everything, and one that denies everything.
        for (module, words) in [("permit", "FAIL: accepted"), ("deny", "FAIL: refused")] {
            try await root.output(
                "sh", "-ec", "cd /usr/lib/*/security && cp pam_\(module).so pam_swiftotp.so")
            let failed = try await run()
            #expect(failed.status == 1 && failed.output.contains(words), "\(failed.output)")
        }
    }
}
