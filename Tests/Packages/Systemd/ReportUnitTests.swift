import Foundation
import TestSupport
import Testing

/// The report as systemd sends it, with the units and programs of the packages.
@Suite("The report to admins, under systemd")
struct ReportUnitTests {
    private static let timer = "swiftotp-report.timer"
    private static let service = "swiftotp-report.service"

    /// The mailbox; empty if there is none yet.
    private func mailbox(_ user: String, in root: PrivateRoot) -> String {
        (try? root.text("/var/mail/\(user)")) ?? ""
    }

    @Test("The package turns it on; or its mail does not arrive, or not where the admin wants it")
    func mails() async throws {
        let machine = try await SystemdMachine()
        let root = machine.root
        try await root.installPackages()
        #expect(try await root.run("systemctl", "is-enabled", Self.timer).output == "disabled\n")
        #expect(try await machine.property("ActiveState", of: Self.timer) == "inactive")
        for name in ["alice", "chief"] { try await root.user(name, password: "first factor") }
        try await root.output("systemctl", "enable", "--now", "--quiet", Self.timer)
        #expect(try await machine.property("ActiveState", of: Self.timer) == "active")
        let next = try await machine.property("NextElapseUSecRealtime", of: Self.timer)
        #expect(next.hasPrefix("Mon "), "\(next)")

        // To somebody of this machine, by a drop-in as in the unit's comment.
        try await root.output("mkdir", "-p", "/etc/systemd/system/\(Self.service).d")
        try root.write(
            "[Service]\nEnvironment=MAILTO=chief\n",
            to: "/etc/systemd/system/\(Self.service).d/override.conf")
        try await root.output("systemctl", "daemon-reload")
        let started = try await root.run("systemctl", "start", Self.service)
        let log = try await root.output("journalctl", "-q", "-o", "cat", "-u", Self.service)
        #expect(started.status == 0, "\(started.errors)\(log)")
        #expect(log.contains("The report was sent to chief."), "\(log)")
        let mail = try await patiently("a mail to chief", within: .seconds(60)) {
            let text = mailbox("chief", in: root)
            return text.contains("\nNot enrolled: ") ? text : nil
        }
        #expect(mail.contains("alice") && mail.contains(": report on one-time codes"), "\(mail)")

        // An upgrade leaves it on.
        try await root.installPackages()
        #expect(try await machine.property("ActiveState", of: Self.timer) == "active")
        #expect(try await root.run("systemctl", "is-enabled", Self.timer).output == "enabled\n")

        // Without a messenger it is in the journal, and the unit fails.
        try await root.output("systemctl", "stop", "swiftotp-messenger.socket")
        try await root.output("systemctl", "mask", "--quiet", "swiftotp-messenger.socket")
        #expect(try await root.run("systemctl", "start", Self.service).status != 0)
        let kept = try await root.output("journalctl", "-q", "-o", "cat", "-u", Self.service)
        #expect(kept.contains("no mail can be sent: swiftotp-messenger is not listening"))
        #expect(kept.contains("Not enrolled: "), "\(kept)")

        // Removal ends it.
        try await root.output("dpkg", "-P", "otp-enroll")
        #expect(try await machine.property("ActiveState", of: Self.timer) == "inactive")
        let links = try await root.output("find", "/etc/systemd/system", "-name", "*report.timer")
        #expect(links.isEmpty, "\(links)")
    }
}
