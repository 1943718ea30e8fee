import Foundation
import TestSupport
import Testing

/// The AppArmor rules: read by the real parser, and held against what the programs open. (The
/// kernel of a test machine may have no AppArmor, so they are not put in force.)
@Suite("AppArmor policy")
struct AppArmorTests {
    private static let helper = "apparmor/usr.libexec.swiftotp-helper"
    private static let dropIn = "apparmor/abstractions/authentication.d/swiftotp"

    @Test("The parser compiles the helper's profile")
    func helperProfile() async throws {
        let done = try await Command.run([
            "apparmor_parser", "--skip-kernel-load", "--skip-cache", "--names",
            Packaging.path(Self.helper),
        ])
        #expect(done.status == 0, "\(done.errors)")
        #expect(done.output == "swiftotp-helper\n")
        let unit = try Packaging.text("systemd/swiftotp-helper@.service")
        let profile = try Packaging.text(Self.helper)
        #expect(unit.contains("\nExecStart=/usr/libexec/swiftotp-helper\n"))
        #expect(profile.contains("\nprofile swiftotp-helper /usr/libexec/swiftotp-helper {\n"))
        let rules = try await AppArmorRules(file: Packaging.path(Self.helper))
        #expect(rules.allow("/usr/bin/sh", needs: "x", isOwner: true) == false)
        #expect(rules.allow("/etc/shadow", needs: "r", isOwner: true) == false)
        #expect(rules.allow("/var/lib/swiftotp/0", needs: "r", isOwner: false) == false)
    }

    @Test("What swiftotp-helper opens on a machine is in its profile")
    func helperFiles() async throws {
        let machine = try await TracedMachine()
        let trace = try await machine.helper()
        let rules = try await AppArmorRules(file: Packaging.path(Self.helper))
        #expect(trace.filter { !rules.allow($0.path, needs: $0.needs, isOwner: true) } == [])
        let used = Set(trace.map(\.path))
        for path in [
            "/etc/swiftotp/seal.key", "/etc/security/swiftotp.conf", "/run/swiftotp/connections",
            "/proc/sys/kernel/random/boot_id",
        ] { #expect(used.contains(path), "\(path)") }
        #expect(trace.contains { $0.path.hasPrefix("/var/lib/swiftotp/") && $0.needs == "k" })
    }

    @Test("What the module opens is in the rules for programs that log users in")
    func moduleFiles() async throws {
        // The machine's abstractions, with ours where packages put it, and a program of no rules
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
        try await Command.output(["cp", Packaging.path(Self.dropIn), folder])
        let rules = try await AppArmorRules(file: profile, base: scratch.file("base"))

        let machine = try await TracedMachine()
        let trace = try await machine.login() + machine.lockerLogin()
        let ours = trace.filter { $0.path.contains("/swiftotp") || $0.path.contains("boot_id") }
            .filter { !$0.path.hasPrefix(machine.folder) }
        #expect(ours.filter { !rules.allow($0.path, needs: $0.needs, isOwner: true) } == [])
        for path in ["/etc/swiftotp/seal.key", "/run/swiftotp/helper.sock"] {
            #expect(ours.contains { $0.path == path })
            #expect(without.allow(path, needs: "r", isOwner: true) == false)
        }
        #expect(ours.contains { $0.path == "/var/lib/swiftotp/1" && $0.needs == "w" })
        // Nobody but root gets at the store by these rules.
        #expect(rules.allow("/var/lib/swiftotp/1", needs: "r", isOwner: false) == false)
        #expect(rules.allow("/etc/swiftotp/seal.key", needs: "w", isOwner: true) == false)
    }
}
