import Foundation
import TestSupport
import Testing

/// The backup as systemd makes it, with the units and programs of the packages.
@Suite("The nightly backup, under systemd")
struct BackupUnitTests {
    private static let timer = "swiftotp-backup.timer"
    private static let service = "swiftotp-backup.service"
    private static let recipients = "/etc/swiftotp/backup.recipients"
    private static let file = "/var/lib/swiftotp-backup/swiftotp.age"

    @Test("The package turns it on; or it makes no backup, or one that cannot be restored")
    func works() async throws {
        let machine = try await SystemdMachine()
        let root = machine.root
        try await root.installPackages()
        #expect(try await root.run("systemctl", "is-enabled", Self.timer).output == "disabled\n")
        #expect(try await machine.property("ActiveState", of: Self.timer) == "inactive")
        try await root.output("systemctl", "enable", "--now", "--quiet", Self.timer)
        #expect(try await machine.property("ActiveState", of: Self.timer) == "active")

        // Without recipients it does nothing, and is no failure.
        #expect(try await root.run("systemctl", "start", Self.service).status == 0)
        #expect(try await root.run("test", "-e", Self.file).status != 0)

        try await root.user("alice", password: "first factor")
        try await root.output("otp-enroll", "add", "alice", "--no-confirm")
        try await root.output("age-keygen", "-o", "/root/key.txt")
        let recipient = try await root.output("age-keygen", "-y", "/root/key.txt")
        try root.write(recipient, to: Self.recipients)
        let started = try await root.run("systemctl", "start", Self.service)
        let log = try await root.output("journalctl", "-q", "-o", "cat", "-u", Self.service)
        #expect(started.status == 0, "\(started.errors)\(log)")
        #expect(log.contains("1 record in \(Self.file)."), "\(log)")
        #expect(try await root.output("stat", "-c", "%a", Self.file) == "600\n")

        // A disk is lost.
        try await root.output("systemctl", "stop", "swiftotpd.service")
        try await root.output("rm", "-r", "/var/lib/swiftotp", "/etc/swiftotp/seal.key")
        try await root.output("otp-enroll", "init")
        let restored = try await root.output(
            "otp-enroll", "restore", Self.file, "--identity", "/root/key.txt", "--yes")
        #expect(restored.contains("1 user was restored"), "\(restored)")
        let status = try await root.output("otp-enroll", "status", "alice")
        #expect(status.contains("alice is enrolled"), "\(status)")

        // Removal ends it.
        try await root.output("dpkg", "-P", "otp-enroll")
        #expect(try await machine.property("ActiveState", of: Self.timer) == "inactive")
    }
}
