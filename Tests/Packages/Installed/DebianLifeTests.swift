import Foundation
import TestSupport
import Testing

/// The Debian packages on a real system, from the first installation to the purge.
@Suite("packages: the life of the Debian packages")
struct DebianLifeTests {
    private static let commonAuth = "/etc/pam.d/common-auth"
    private static let configuration = "/etc/security/swiftotp.conf"
    private static let store = "/var/lib/swiftotp"
    private static let key = "/etc/swiftotp/seal.key"

    @Test("Installed, enabled, upgraded, removed, reinstalled, purged: a login fails on the way")
    func life() async throws {
        let root = try await PrivateRoot()
        let server = try await Server(in: root)
        let alice = try await Visitor("alice", in: root, server: server)
        let bob = try await Visitor("bob", in: root, server: server)
        let untouched = try root.text(Self.commonAuth)
        #expect(!untouched.contains("swiftotp"))

        try await root.installPackages()
        #expect(try root.text(Self.commonAuth) == untouched)
        #expect(try await root.status(Self.store) == "drwx------ root root")
        #expect(try await root.status("/etc/swiftotp") == "drwx------ root root")
        #expect(try await root.status(Self.key) == "-rw------- root root")
        let enabledUnits = try await root.output(
            "find", "/etc/systemd", "-name", "swiftotp*", "-printf", "%P %l\n")
        let units = try await Project.unitFolder()
        let wanted = [
            "multi-user.target.wants/swiftotp-messenger.service",
            "sockets.target.wants/swiftotp-messenger.socket",
            "sockets.target.wants/swiftotpd.socket",
        ]
        #expect(
            enabledUnits.split(separator: "\n").sorted()
                == wanted.map { "system/\($0) \(units)/\($0.split(separator: "/")[1])" })
        try await alice.expectPasswordAlone("installed")

        let enrolled = try await root.enroll("alice")
        var codes = enrolled.backupCodes[...]
        let key = try Data(contentsOf: URL(fileURLWithPath: root.file(Self.key)))
        try await alice.expectPasswordAlone("enrolled, not enabled")

        try await root.output("pam-auth-update", "--enable", "swiftotp")
        let enabled = try root.text(Self.commonAuth)
        #expect(enabled.contains("pam_swiftotp.so"))
        for way in Visitor.Way.allCases {
            #expect(try await alice.login(way, code: "BBBB-BBBB-BBBB-BBBB") == .refused)
            #expect(try await bob.login(way) == .refused)
        }
        let phone = try Phone(scanning: enrolled.uri)
        try await phone.settle()
        let code = try await phone.code()
        #expect(try await alice.login(.su, code: code) == .admittedWithCode)
        #expect(try await alice.login(.ssh, code: code) == .refused, "used before")
        #expect(try await alice.login(.ssh, code: codes.removeFirst()) == .admittedWithCode)

        // As in README.Debian: users who have not enrolled pass.
        let changed = try root.text(Self.configuration).replacing(
            "#nullok = no", with: "nullok = yes")
        try root.write(changed, to: Self.configuration)
        try await bob.expectPasswordAlone("nullok")

        try await root.installPackages()
        #expect(try root.text(Self.commonAuth) == enabled)
        #expect(try root.text(Self.configuration) == changed)
        #expect(try Data(contentsOf: URL(fileURLWithPath: root.file(Self.key))) == key)
        for way in Visitor.Way.allCases {
            #expect(try await alice.login(way, code: codes.removeFirst()) == .admittedWithCode)
        }
        try await bob.expectPasswordAlone("upgraded")

        try await root.output("dpkg", "-r", "libpam-swiftotp", "otp-enroll")
        #expect(try root.text(Self.commonAuth) == untouched)
        try await alice.expectPasswordAlone("removed")
        try await root.installPackages()
        #expect(try root.text(Self.commonAuth) == untouched)
        try await root.output("pam-auth-update", "--enable", "swiftotp")
        #expect(try root.text(Self.configuration) == changed)
        for way in Visitor.Way.allCases {
            #expect(try await alice.login(way, code: codes.removeFirst()) == .admittedWithCode)
        }

        // The records stay, and the admin is told.
        let purge = try await root.run("dpkg", "-P", "libpam-swiftotp", "otp-enroll")
        #expect(purge.status == 0, "\(purge.errors)")
        #expect(purge.errors.contains("rm -r \(Self.store) /etc/swiftotp"))
        #expect(try root.text(Self.commonAuth) == untouched)
        #expect(try await root.status(Self.configuration) == nil)
        #expect(try Data(contentsOf: URL(fileURLWithPath: root.file(Self.key))) == key)
        try await alice.expectPasswordAlone("purged")
    }

    @Test("The admin's own lines with the module do not stop removal, or something has changed")
    func ownLines() async throws {
        let root = try await PrivateRoot()
        let server = try await Server(in: root)
        try await root.installPackages()
        let alice = try await Visitor("alice", in: root, server: server)
        var codes = try await root.enroll("alice").backupCodes[...]
        try await root.output("pam-auth-update", "--enable", "swiftotp")
        let sudo = try root.text("/etc/pam.d/sudo")
        let before = try root.text(Self.commonAuth)
        for line in ["auth required pam_swiftotp.so nullok", "  auth\trequired pam_swiftotp.so"] {
            try root.write(sudo + line + "\n", to: "/etc/pam.d/sudo")
            let stopped = try await root.run("dpkg", "-r", "--force-depends", "libpam-swiftotp")
            #expect(stopped.status == 1)
            #expect(stopped.errors.contains("pam.d/sudo:\(line)\n"), "\(stopped.errors)")
            #expect(try root.text(Self.commonAuth) == before)
            #expect(try await alice.login(.su, code: codes.removeFirst()) == .admittedWithCode)
        }
        // A vendor's folder, and a continued line; a "-" alone does not keep a line from denying.
        try root.write(sudo, to: "/etc/pam.d/sudo")
        try await root.output("mkdir", "-p", "/usr/lib/pam.d")
        try root.write("-auth \\\nrequired pam_swiftotp.so\n", to: "/usr/lib/pam.d/vendor")
        let stopped = try await root.run("dpkg", "-r", "--force-depends", "libpam-swiftotp")
        #expect(stopped.status == 1, "\(stopped.errors)")
        #expect(stopped.errors.contains("/usr/lib/pam.d/vendor:-auth  required"))
        #expect(try root.text(Self.commonAuth) == before)
        try await root.output("rm", "/usr/lib/pam.d/vendor")
        // These deny nobody after the module is removed.
        let harmless = "# auth required pam_swiftotp.so\n-auth optional pam_swiftotp.so\n"
        try root.write(sudo + harmless, to: "/etc/pam.d/sudo")
        try await root.output("dpkg", "-r", "libpam-swiftotp", "otp-enroll")
        try await alice.expectPasswordAlone("removed")
    }

    @Test("Purged before anybody enrolled: something is left")
    func nothingLeft() async throws {
        let root = try await PrivateRoot()
        func files() async throws -> Set<String> {
            let all = try await root.output(
                "find", "/etc", "/usr/share", "/usr/lib", "/usr/libexec", "/usr/bin", "/var/lib",
                "-not", "-path", "/var/lib/dpkg/*", "-not", "-path", "/var/cache/*",
                // Python's bytecode.
                "-not", "-path", "*/__pycache__*")
            return Set(all.split(separator: "\n").map(String.init))
        }
        let before = try await files()
        try await root.installPackages()
        let installed = try await files().subtracting(before)
        #expect(installed.contains(Self.key) && installed.contains("/usr/bin/otp-enroll"))
        try await root.output("dpkg", "-P", "libpam-swiftotp", "otp-enroll")
        // dh_apparmor's script removes this folder of apparmor's if it is empty.
        let left = try await files().symmetricDifference(before)
            .subtracting(["/etc/apparmor.d/disable"])
        #expect(left.isEmpty, "\(left.sorted())")
    }

    @Test("Purged with nobody enrolled after a stranger failed: something is left")
    func decoys() async throws {
        let root = try await PrivateRoot()
        try await root.installPackages()
        try root.write("auth required pam_swiftotp.so\n", to: "/etc/pam.d/trial")
        let trial = try await root.run(
            "otp-enroll", "doctor", "--try", "--service", "trial", "--user", "games",
            input: "000000\n")
        #expect(trial.status == 1 && trial.output.contains("Refused"), "\(trial.errors)")
        // A leftover of an interrupted write.
        try root.write("", to: Self.store + "/new.7f")
        try root.write("", to: Self.store + "/name-7f")
        let names = try await root.output("ls", Self.store).split(separator: "\n")
        #expect(names.contains("decoy-00") && names.contains("new.7f"), "\(names)")
        #expect(!names.contains { Int($0) != nil }, "\(names)")

        // An installation over an existing one makes a lost key again.
        try FileManager.default.removeItem(atPath: root.file(Self.key))
        try await root.installPackages()
        #expect(try await root.status(Self.key) == "-rw------- root root")

        try FileManager.default.removeItem(atPath: root.file("/etc/pam.d/trial"))
        let purge = try await root.run("dpkg", "-P", "libpam-swiftotp", "otp-enroll")
        #expect(purge.status == 0 && !purge.errors.contains("are kept"), "\(purge.errors)")
        #expect(try await root.status(Self.store) == nil)
        #expect(try await root.status("/etc/swiftotp") == nil)
    }

    @Test("Purged with an unknown file in the store: it or the key is deleted")
    func unknownFile() async throws {
        let root = try await PrivateRoot()
        try await root.installPackages()
        try root.write("a copy of a record", to: Self.store + "/1000.bak")
        try root.write("", to: Self.store + "/decoy-00")
        let purge = try await root.run("dpkg", "-P", "libpam-swiftotp", "otp-enroll")
        #expect(purge.status == 0 && purge.errors.contains("are kept"), "\(purge.errors)")
        #expect(try await root.status(Self.key) == "-rw------- root root")
        #expect(try root.text(Self.store + "/1000.bak") == "a copy of a record")
    }

    @Test("A store that has lost its key gets another one")
    func lostKey() async throws {
        let root = try await PrivateRoot()
        try await root.installPackages()
        try await root.user("alice", password: "first factor")
        _ = try await root.enroll("alice")
        try FileManager.default.removeItem(atPath: root.file(Self.key))
        try await root.installPackages()
        #expect(try await root.status(Self.key) == nil)
    }
}
