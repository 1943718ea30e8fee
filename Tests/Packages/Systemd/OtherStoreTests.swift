import Foundation
import TestSupport
import Testing

/// A store in another place, made as docs/LOGIN.md says.
@Suite("packages: a store in another place")
struct OtherStoreTests {
    private static let unit = "swiftotpd.service"

    /// The page's blocks, in order: the unit's drop-in, AppArmor's rules, the commands.
    private static func blocks() throws -> [String] {
        let page = try Project.text("docs/LOGIN.md")
        let section = try #require(
            page.split(separator: "\n## ").last { $0.hasPrefix("A store in another place\n") })
        let lines = section.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.split { !$0.hasPrefix("    ") }.map { block in
            block.map { $0.dropFirst(4) + "\n" }.joined()
        }
    }

    @Test("A store in another place, made as in docs/LOGIN.md, is not made, or lets nobody in")
    func otherStore() async throws {
        let machine = try await SystemdMachine()
        let root = machine.root
        try await machine.root.installPackages()
        let alice = try await Visitor("alice", in: root, server: try await Server(in: root))
        let blocks = try Self.blocks()
        try #require(blocks.count == 3)
        try root.write("store = /srv/swiftotp\n", to: "/etc/security/swiftotp.conf")

        // Without the page's lines the service cannot write there.
        try await root.output("mkdir", "-m", "700", "/srv/swiftotp")
        let refused = try await root.run("otp-enroll", "init")
        #expect(refused.status != 0, "\(refused.output)")
        try await root.output("rmdir", "/srv/swiftotp")

        try await root.output("mkdir", "-p", "/etc/systemd/system/\(Self.unit).d")
        try root.write(blocks[0], to: "/etc/systemd/system/\(Self.unit).d/store.conf")
        // The kernel loads no profile from a container.
        for command in blocks[2].split(separator: "\n") where !command.contains("apparmor") {
            try await root.output("sh", "-ec", String(command.dropFirst("sudo ".count)))
        }
        try await root.output("otp-enroll", "init")
        let code = try await root.enroll("alice").backupCodes[0]
        #expect(try await root.status("/srv/swiftotp/seal.key") == "-rw------- root root")
        try await root.output("pam-auth-update", "--enable", "swiftotp")
        #expect(try await alice.login(.su, code: code) == .admittedWithCode)
        #expect(try await machine.service() != nil)
    }

    @Test("AppArmor keeps the service out of it despite the page's rules")
    func appArmor() async throws {
        let scratch = try Scratch()
        let base = scratch.file("base")
        try await Command.output(["cp", "-r", "/etc/apparmor.d", base])
        let profile = Project.path("packaging/apparmor/usr.libexec.swiftotpd")
        let uses: [(String, Character)] = [
            ("/srv/", "r"), ("/srv/swiftotp/", "w"), ("/srv/swiftotp/0", "w"),
            ("/srv/swiftotp/seal.key", "r"), ("/srv/swiftotp/0", "k"),
        ]
        let without = try await AppArmorRules(file: profile, base: base)
        #expect(uses.allSatisfy { !without.allow($0.0, needs: $0.1, isOwner: true) })
        try await Command.output(["mkdir", "-p", base + "/local"])
        try scratch.write(try Self.blocks()[1], to: "base/local/usr.libexec.swiftotpd")
        let rules = try await AppArmorRules(file: profile, base: base)
        for (path, needs) in uses {
            #expect(rules.allow(path, needs: needs, isOwner: true), "\(path) \(needs)")
        }
        #expect(!rules.allow("/srv/swiftotp/0", needs: "r", isOwner: false))
    }
}
