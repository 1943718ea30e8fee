import Foundation
import TestSupport
import Testing

/// `doctor`'s findings about a store in another place, where systemd itself confines the service.
/// The programs are those built along with the tests.
@Suite("A store in another place, under systemd")
struct StoreElsewhereTests {
    private struct Report: Decodable {
        struct Finding: Decodable {
            let check, severity, text: String
            let change: String?
        }
        let findings: [Finding]
    }

    private func install(in root: PrivateRoot) async throws {
        for (program, place) in [
            (try Build.product("otp-enroll"), "/usr/bin/otp-enroll"),
            (try Build.product("swiftotpd"), "/usr/libexec/swiftotpd"),
        ] { try await root.output("install", "-D", root.bring(program), place) }
        let folder = try await root.output("sh", "-c", "echo /usr/lib/*/security")
            .trimmingCharacters(in: .newlines)
        try await root.output(
            "install", "-m", "644", root.bring(Build.module()), folder + "/pam_swiftotp.so")
        for unit in ["swiftotpd.service", "swiftotpd.socket"] {
            try root.write(
                try Project.text("packaging/systemd/\(unit)"), to: "/etc/systemd/system/\(unit)")
        }
    }

    @Test(
        "doctor misses a store that the unit hides from the service, or the drop-in has no effect"
    )
    func dropIn() async throws {
        let machine = try await SystemdMachine()
        let root = machine.root
        try await install(in: root)
        try await root.user("alice", password: "first factor")
        try root.write("store = /srv/swiftotp\n", to: "/etc/security/swiftotp.conf")
        try root.write("auth required pam_swiftotp.so\n", to: "/etc/pam.d/trial")
        // Nobody listens yet, and root's own service is not confined.
        try await root.output("otp-enroll", "init")
        let codes = try await root.enroll("alice").backupCodes
        try await root.output("systemctl", "daemon-reload")
        try await root.output("systemctl", "enable", "--now", "--quiet", "swiftotpd.socket")

        func login(_ code: String) async throws -> Bool {
            let words = ["--try", "--service", "trial", "--user", "alice"]
            let done = try await Command.run(
                root.running(["otp-enroll", "doctor"] + words), input: code + "\n")
            return done.status == 0
        }
        func said() async throws -> [Report.Finding] {
            let done = try await root.run("otp-enroll", "doctor", "--service", "trial", "--json")
            let report = try JSONDecoder().decode(Report.self, from: Data(done.output.utf8))
            return report.findings.filter { $0.check == "service" }
        }
        #expect(try await login(codes[0]) == false)
        let findings = try await said()
        let finding = try #require(findings.first)
        #expect(findings.count == 1 && finding.severity == "problem")
        #expect(
            finding.text == "swiftotpd.service may not write to /srv/swiftotp: it denies everybody")
        #expect(finding.change == "ReadWritePaths=/srv/swiftotp")

        let folder = "/etc/systemd/system/swiftotpd.service.d"
        try await root.output("mkdir", "-p", folder)
        try root.write("[Service]\n\(finding.change ?? "")\n", to: folder + "/override.conf")
        try await root.output("systemctl", "daemon-reload")
        try await root.output("systemctl", "stop", "--quiet", "swiftotpd.service")
        #expect(try await said().isEmpty)
        #expect(try await login(codes[1]) == true)

        // If it cannot see the store, no such line helps.
        try await root.output("cp", "-a", "/srv/swiftotp", "/home/swiftotp")
        try root.write("store = /home/swiftotp\n", to: "/etc/security/swiftotp.conf")
        try root.write(
            "[Service]\nReadWritePaths=/home/swiftotp\n", to: folder + "/override.conf")
        try await root.output("systemctl", "daemon-reload")
        try await root.output("systemctl", "stop", "--quiet", "swiftotpd.service")
        #expect(try await login(codes[2]) == false)
        #expect(
            try await said().first?.text
                == "swiftotpd.service does not see /home/swiftotp, by ProtectHome=yes: it denies"
                + " everybody; keep the store elsewhere, as in /srv/swiftotp")
    }
}
