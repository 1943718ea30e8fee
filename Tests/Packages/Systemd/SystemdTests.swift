import Foundation
import TestSupport
import Testing

/// The packages under systemd: what it starts, when, and what survives what.
@Suite("packages: in a systemd of their own")
struct SystemdTests {
    private static let socket = "swiftotpd.socket", service = "swiftotpd.service"

    @Test("The service starts too early, stays too long, or does not come back")
    func activation() async throws {
        let machine = try await SystemdMachine()
        let root = machine.root
        try await machine.root.installPackages()
        #expect(try await root.run("systemctl", "is-enabled", Self.socket).output == "enabled\n")
        #expect(try await machine.property("ActiveState", of: Self.socket) == "active")
        #expect(try await machine.service() == nil)

        let server = try await Server(in: root)
        let alice = try await Visitor("alice", in: root, server: server)
        try await alice.expectPasswordAlone("installed")
        var codes = try await root.enroll("alice").backupCodes[...]
        try await root.output("pam-auth-update", "--enable", "swiftotp")
        for way in Visitor.Way.allCases {
            #expect(try await alice.login(way, code: "BBBB-BBBB-BBBB-BBBB") == .refused)
            let result = try await alice.login(way, code: codes.removeFirst())
            #expect(result == .admittedWithCode, "\(way)")
        }
        // The service's minute at rest begins after this.
        let last = ContinuousClock.now
        #expect(try await sudo(alice, code: codes.removeFirst()) == true)
        let first = try #require(try await machine.service())
        // One service for all of them, and the store is as the package made it.
        #expect(try await machine.property("NRestarts", of: Self.service) == "0")
        for folder in ["/var/lib/swiftotp", "/etc/swiftotp"] {
            #expect(try await root.status(folder) == "drwx------ root root")
        }
        let log = try await root.output("journalctl", "-q", "-o", "cat", "-t", "swiftotpd")
        #expect(log.contains("pam_swiftotp(su:auth): login granted; factor=backup-code"), "\(log)")

        // A look at the socket does not connect.
        let looking = ContinuousClock.now
        while try await machine.service() != nil {
            try #require(ContinuousClock.now - looking < .seconds(180), "it runs on and on")
            try await Task.sleep(for: .milliseconds(500))
        }
        #expect(ContinuousClock.now - last > .seconds(60))
        #expect(try await machine.property("Result", of: Self.service) == "success")
        #expect(try await machine.property("ActiveState", of: Self.socket) == "active")
        #expect(try await alice.login(.ssh, code: codes.removeFirst()) == .admittedWithCode)
        let second = try #require(try await machine.service())
        #expect(second != first)

        // doctor must know what sshd's unit starts.
        try root.write("SSHD_OPTS=\"-o AuthenticationMethods=publickey\"\n", to: "/etc/default/ssh")
        try await root.output("mkdir", "/etc/systemd/system/ssh.service.d")
        try root.write(
            """
            [Service]
            Environment="MORE=-o 'Banner /etc/issue'"
            ExecStart=
            ExecStart=/usr/sbin/sshd -D $SSHD_OPTS $MORE

            """, to: "/etc/systemd/system/ssh.service.d/more.conf")
        try await root.output("systemctl", "enable", "ssh.service")
        let said = try await root.run("otp-enroll", "doctor").output.replacing("\n", with: " ")
        #expect(
            said.contains(
                "`/usr/sbin/sshd -o AuthenticationMethods=publickey -o 'Banner /etc/issue'`"),
            "\(said)")
    }

    /// alice's sudo, which asks for her password and a code; returns whether it let her in.
    private func sudo(_ alice: Visitor, code: String) async throws -> Bool {
        let root = alice.root
        try root.write("alice ALL=(ALL) ALL\nDefaults !lecture\n", to: "/etc/sudoers.d/alice")
        let words = ["setpriv", "--reuid=alice", "--regid=alice", "--clear-groups"]
        let terminal = try Terminal(
            root.running(words + ["sudo", "sh", "-c", "echo in:$(id -un)."]))
        try await terminal.expect("assword")
        try await terminal.type(alice.password)
        try await terminal.expect("Verification code")
        try await terminal.type(code)
        return try await terminal.expectAny(["in:root.", "incorrect"]) == 0
    }

    // MARK: Upgrade and removal

    @Test("An upgrade refuses a login, or leaves the old service running")
    func upgrade() async throws {
        let machine = try await SystemdMachine()
        let root = machine.root
        try await machine.root.installPackages()
        _ = try await root.output("/usr/bin/python3", "-c", Self.visit)
        let old = try #require(try await machine.service())
        let since = try await machine.property("ActiveEnterTimestampMonotonic", of: Self.socket)
        try root.write(Self.logins, to: "/srv/logins.py")
        let visitor = try Terminal(root.running(["/usr/bin/python3", "-u", "/srv/logins.py"]))
        try await visitor.expect("knocking")
        try await machine.root.installPackages()
        try await root.output("touch", "/srv/enough")
        try await visitor.expect("done")
        let told = await visitor.transcript
        #expect(told.contains("refused 0\n"), "\(told)")
        _ = try await root.output("/usr/bin/python3", "-c", Self.visit)
        let new = try #require(try await machine.service())
        #expect(new != old && access("/proc/\(old)", F_OK) != 0)
        #expect(
            try await machine.property("ActiveEnterTimestampMonotonic", of: Self.socket) == since)

        // What an admin has disabled stays disabled.
        try await root.output("systemctl", "disable", "-q", "--now", Self.socket)
        #expect(try await machine.service() == nil)
        try await machine.root.installPackages()
        #expect(try await root.run("systemctl", "is-enabled", Self.socket).output == "disabled\n")
        #expect(try await machine.property("ActiveState", of: Self.socket) == "inactive")
        try await root.output("systemctl", "enable", "-q", "--now", Self.socket)

        _ = try await root.output("/usr/bin/python3", "-c", Self.visit)
        try await root.output("dpkg", "-P", "libpam-swiftotp", "otp-enroll")
        try await expectNothing(machine)
    }

    @Test("The RPM does not enable, start, restart or stop the service")
    func rpm() async throws {
        let machine = try await SystemdMachine()
        let root = machine.root
        let architecture = try await root.output("uname", "-m").trimmingCharacters(in: .newlines)
        let name = "swiftotp-\(try Project.version())-1.\(architecture).rpm"
        let file = try root.bring(try await Project.package(name))
        try await root.installRPMs("-i", file)
        #expect(try await root.run("systemctl", "is-enabled", Self.socket).output == "enabled\n")
        _ = try await root.output("/usr/bin/python3", "-c", Self.visit)
        let old = try #require(try await machine.service())
        try await root.installRPMs("-U", "--force", file)
        _ = try await root.output("/usr/bin/python3", "-c", Self.visit)
        #expect(try await machine.service() != old)
        try await root.output("rpm", "--nodeps", "-e", "swiftotp")
        try await expectNothing(machine)
    }

    /// Nothing listens or runs any more, and nothing is left that would.
    private func expectNothing(_ machine: SystemdMachine) async throws {
        #expect(try await machine.service() == nil)
        let units = try await machine.root.output(
            "systemctl", "list-units", "--all", "--plain", "--no-legend", "swiftotp*")
        #expect(!units.contains(" active ") && !units.contains("failed"), "\(units)")
        let links = try await machine.root.output(
            "find", "/etc/systemd", "/run/systemd/system", "-name", "swiftotp*")
        #expect(links.isEmpty, "\(links)")
        #expect(try await machine.root.run("test", "-S", Self.path).status != 0)
    }

    private static let path = "/run/swiftotp/swiftotpd.sock"

    /// Connects, and receives the welcome.
    private static let visit = """
        import socket
        s = socket.socket(socket.AF_UNIX)
        s.connect("\(path)")
        assert s.recv(9) == b"\\x00\\x02\\x40\\x02"
        """

    /// Connects all the time, until a file tells it to stop.
    private static let logins = """
        import os, socket, time
        refused = connected = 0
        while not os.path.exists("/srv/enough"):
            s = socket.socket(socket.AF_UNIX)
            try:
                s.connect("\(path)")
                s.recv(9)
                connected += 1
            except ConnectionResetError:
                pass
            except OSError:
                refused += 1
            s.close()
            if connected == 10:
                print("knocking")
            time.sleep(0.01)
        print("refused", refused)
        print("done")

        """
}
