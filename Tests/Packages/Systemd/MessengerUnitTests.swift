import Foundation
import TestSupport
import Testing

/// swiftotp-messenger as systemd runs it, with a mailer that is setgid (dma). The programs are those
/// built along with the tests.
@Suite("The messenger, under systemd")
struct MessengerUnitTests {
    private static let service = "swiftotp-messenger.service"
    private static let units = [
        "swiftotpd.service", "swiftotpd.socket", "swiftotp-messenger.service",
        "swiftotp-messenger.socket",
    ]

    private func install(in root: PrivateRoot) async throws {
        for (program, place) in [
            ("otp-enroll", "/usr/bin/otp-enroll"), ("swiftotpd", "/usr/libexec/swiftotpd"),
            ("swiftotp-messenger", "/usr/libexec/swiftotp-messenger"),
        ] { try await root.output("install", "-D", root.bring(Build.product(program)), place) }
        for unit in Self.units {
            try root.write(
                try Project.text("packaging/systemd/\(unit)"), to: "/etc/systemd/system/\(unit)")
        }
        for kind in ["sysusers", "tmpfiles"] {
            try root.write(
                try Project.text("packaging/\(kind)/swiftotp.conf"),
                to: "/usr/lib/\(kind).d/swiftotp.conf")
        }
        try await root.output("systemd-sysusers", "swiftotp.conf")
        try await root.output("systemd-tmpfiles", "--create", "swiftotp.conf")
        try root.write("notify = mail\n", to: "/etc/security/swiftotp.conf")
        try await root.output("otp-enroll", "init")
        try await root.output("systemctl", "daemon-reload")
        try await root.output("systemctl", "enable", "--quiet", Self.service)
        for socket in ["swiftotpd.socket", "swiftotp-messenger.socket"] {
            try await root.output("systemctl", "enable", "--now", "--quiet", socket)
        }
    }

    /// The mailbox; empty if there is none yet.
    private func mailbox(_ user: String, in root: PrivateRoot) -> String {
        (try? root.text("/var/mail/\(user)")) ?? ""
    }

    @Test(
        "A change is not told through a setgid mailer, or what waits is lost or for others to see")
    func mails() async throws {
        let machine = try await SystemdMachine()
        let root = machine.root
        try await install(in: root)
        try await root.user("alice", password: "first factor")
        let added = try await root.run("otp-enroll", "add", "alice", "--no-confirm", "--json")
        #expect(added.status == 0 && added.errors.isEmpty, "\(added.errors)")
        let words = "The authenticator \"phone\" was added"
        _ = try await patiently("a mail to alice", within: .seconds(60)) {
            mailbox("alice", in: root).contains(words) ? true : nil
        }
        let process = try await machine.property("MainPID", of: Self.service)
        let status = try await root.output("cat", "/proc/\(process)/status")
        let user = try await root.output("id", "-u", "swiftotp-messenger")
            .trimmingCharacters(in: .newlines)
        #expect(status.contains("\nUid:\t\(user)\t\(user)\t\(user)\t\(user)\n"), "\(status)")
        #expect(
            status.contains("\nNoNewPrivs:\t0\n")
                && status.contains("\nCapEff:\t0000000000000000\n"))
        let seen = try await root.run(
            "nsenter", "--mount", "--target", process, "ls", "/var/lib/swiftotp")
        #expect(seen.output.isEmpty, "\(seen.output)")

        // What waits is there after the next start, which a boot makes.
        try root.write(
            "mail = /bin/false {to}\nretry = 900s\n", to: "/etc/security/swiftotp-messenger.conf")
        #expect(try await root.run("otp-enroll", "issue", "alice", "--mail").status == 0)
        let queue = "/var/lib/swiftotp-messenger"
        let owner = "swiftotp-messenger swiftotp-messenger"
        #expect(try await root.output("stat", "-c", "%A %U %G", queue) == "drwx------ \(owner)\n")
        let names = try await root.output("ls", queue).split(separator: "\n")
        // The notice and the code.
        #expect(names.count == 2)
        for name in names {
            #expect(
                try await root.output("stat", "-c", "%A %U %G", "\(queue)/\(name)")
                    == "-rw------- \(owner)\n")
        }
        #expect(try await machine.property("ActiveState", of: Self.service) == "active")
        try await root.output("systemctl", "stop", Self.service)
        try await root.output("rm", "/etc/security/swiftotp-messenger.conf")
        try await root.output("systemctl", "start", "multi-user.target")
        _ = try await patiently("both mails to alice", within: .seconds(60)) {
            let text = mailbox("alice", in: root)
            return text.contains("A temporary code was issued")
                && text.contains("has issued this code for you") ? true : nil
        }
        _ = try await patiently("an empty queue", within: .seconds(60)) {
            try FileManager.default.contentsOfDirectory(atPath: root.file(queue)).isEmpty
                ? true : nil
        }
        let stranger = try await root.run(
            "setpriv", "--reuid", "alice", "--clear-groups", "ls", "/run/swiftotp-messenger")
        #expect(stranger.status != 0 && stranger.errors.contains("Permission denied"))
    }
}
