import Foundation
import TestSupport
import Testing

/// The AppArmor rules: read by the real parser, and compared with what the programs open. (A test
/// machine's kernel may lack AppArmor, so they are not enforced.)
@Suite("AppArmor policy")
struct AppArmorTests {
    private static let service = "packaging/apparmor/usr.libexec.swiftotpd"
    private static let dropIn = "packaging/apparmor/abstractions/authentication.d/swiftotp"

    @Test("The parser does not compile the service's profile")
    func serviceProfile() async throws {
        let done = try await Command.run([
            "apparmor_parser", "--skip-kernel-load", "--skip-cache", "--names",
            Project.path(Self.service),
        ])
        #expect(done.status == 0, "\(done.errors)")
        #expect(done.output == "swiftotpd\n")
        let unit = try Project.text("packaging/systemd/swiftotpd.service")
        let profile = try Project.text(Self.service)
        #expect(unit.contains("\nExecStart=/usr/libexec/swiftotpd\n"))
        #expect(profile.contains("\nprofile swiftotpd /usr/libexec/swiftotpd {\n"))
        let rules = try await AppArmorRules(file: Project.path(Self.service))
        #expect(rules.allow("/usr/bin/sh", needs: "x", isOwner: true) == false)
        #expect(rules.allow("/etc/shadow", needs: "r", isOwner: true) == false)
        #expect(rules.allow("/var/lib/swiftotp/0", needs: "r", isOwner: false) == false)
    }

    @Test("With the agent's package swiftotpd may not reach the agent, or without it may")
    func agent() async throws {
        let scratch = try Scratch()
        try await Command.output(["cp", "-r", "/etc/apparmor.d", scratch.file("base")])
        try await Command.output(["rm", "-rf", scratch.file("base/abstractions/swiftotpd.d")])
        let (profile, base) = (Project.path(Self.service), scratch.file("base"))
        let socket = "/run/swiftotp-agent/agent.sock"
        let without = try await AppArmorRules(file: profile, base: base)
        #expect(!without.allow(socket, needs: "w", isOwner: true))
        let ours = Project.path("packaging/fleet/apparmor/abstractions/swiftotpd.d")
        try await Command.output(["cp", "-r", ours, scratch.file("base/abstractions")])
        let with = try await AppArmorRules(file: profile, base: base)
        #expect(with.allow(socket, needs: "w", isOwner: true))
        #expect(!with.allow("/etc/swiftotp-agent/host.pem", needs: "r", isOwner: true))
    }

    @Test("Something that swiftotpd opens is not in its profile, for everybody or for one login")
    func serviceFiles() async throws {
        let rules = try await AppArmorRules(file: Project.path(Self.service))
        // The program that started it; it starts nothing itself.
        let uses = try await TracedMachine().uses().service
            .subtracting([.init(path: "/usr/libexec/swiftotpd", needs: "x")])
        #expect(uses.filter { !rules.allow($0.path, needs: $0.needs, isOwner: true) } == [])
        let paths = uses.map(\.path)
        for path in [
            "/etc/swiftotp/seal.key", "/etc/security/swiftotp.conf",
            "/proc/sys/kernel/random/boot_id",
        ] { #expect(paths.contains(path), "\(path)") }
        #expect(uses.contains { $0.path.hasPrefix("/var/lib/swiftotp/") && $0.needs == "k" })
        #expect(paths.contains { $0.contains("libqrencode.so") })
    }

    @Test("Something that the module opens or starts is not in the rules for login programs")
    func moduleFiles() async throws {
        // The machine's abstractions, with ours where packages put it, and a program without rules
        // of its own.
        let scratch = try Scratch()
        try await Command.output(["cp", "-r", "/etc/apparmor.d", scratch.file("base")])
        let folder = scratch.file("base/abstractions/authentication.d")
        try await Command.output(["mkdir", "-p", folder])
        let profile = try scratch.write(
            """
            abi <abi/3.0>,
            include <tunables/global>
            profile door /usr/sbin/door {
              include <abstractions/base>
              include <abstractions/authentication>
            }

            """, to: "door")
        let without = try await AppArmorRules(file: profile, base: scratch.file("base"))
        try await Command.output(["cp", Project.path(Self.dropIn), folder])
        let rules = try await AppArmorRules(file: profile, base: scratch.file("base"))

        let machine = try await TracedMachine()
        let ours = try await machine.uses().host.filter {
            ($0.path.contains("/swiftotp") || $0.path == "/dev/null")
                && !$0.path.hasPrefix(machine.folder)
        }
        #expect(ours.filter { !rules.allow($0.path, needs: $0.needs, isOwner: true) } == [])
        // Neither store nor key, nor the configuration.
        #expect(ours.filter { $0.path.hasPrefix("/var/") || $0.path.hasPrefix("/etc/") } == [])
        let program = "/usr/libexec/swiftotpd", socket = "/run/swiftotp/swiftotpd.sock"
        for (path, needs) in [(program, Character("x")), (socket, "w")] {
            #expect(ours.contains(.init(path: path, needs: needs)))
            #expect(rules.allow(path, needs: needs, isOwner: true))
            #expect(!without.allow(path, needs: needs, isOwner: true))
        }
        for path in ["/var/lib/swiftotp/1", "/etc/swiftotp/seal.key"] {
            #expect(rules.allow(path, needs: "r", isOwner: true) == false)
        }
    }
}
