import Foundation
import TestSupport
import Testing

/// What the service's unit lets a program do, seen by a program in swiftotpd's place.
@Suite("packages: the sandbox of the service, from inside")
struct SandboxTests {
    private static let unit = "swiftotpd.service"

    /// The findings of the program inside.
    private struct Report: Decodable {
        /// By path or address: an error's name, or `connected`.
        let sockets: [String: String]
        /// The contents of `/run`, `/run/systemd` and `/run/systemd/journal`.
        let run: [String]
        let systemd: [String]
        let journal: [String]
        /// By path: an error's name, or `written`.
        let files: [String: String]
        /// The home of a user in a file, and of one that systemd synthesizes.
        let homes: [String: String]
        /// Lines of /proc/self/status.
        let status: [String: String]
        let bootID: Int
        let users: Int
    }

    @Test("More or less than the log and user databases is in reach")
    func reach() async throws {
        let machine = try await SystemdMachine()
        let root = machine.root
        try await machine.root.installPackages()
        try await root.user("alice", password: "first factor")
        try root.write(Self.probe, to: "/srv/probe.py")
        try root.write(Self.listener, to: "/srv/listener.py")
        // nslcd in /run, and a listener with an abstract name; a user that systemd synthesizes.
        let listener = try Terminal(root.running(["/usr/bin/python3", "-u", "/srv/listener.py"]))
        try await listener.expect("listening")
        try await makeUp("madeup", in: root)
        try await root.output("mkdir", "/etc/systemd/system/\(Self.unit).d")
        // Python needs more from the system than swiftotpd.
        try root.write(
            """
            [Service]
            Type=oneshot
            ExecStart=
            ExecStart=/usr/bin/python3 -I /srv/probe.py
            StandardOutput=file:/srv/report
            SystemCallFilter=@system-service

            """, to: "/etc/systemd/system/\(Self.unit).d/probe.conf")
        try await root.output("systemctl", "daemon-reload")
        let started = try await root.run("systemctl", "start", Self.unit)
        let log = try await root.output("journalctl", "-q", "-o", "cat", "-u", Self.unit)
        #expect(started.status == 0, "\(started.errors)\(log)")
        let report = try JSONDecoder().decode(
            Report.self, from: Data(try root.text("/srv/report").utf8))

        for (socket, outcome) in report.sockets {
            let isAllowed = ["/dev/log", "/run/nslcd/socket"].contains(socket)
            let expected = isAllowed ? ["connected"] : Self.refusals
            #expect(expected.contains(outcome), "\(socket): \(outcome)")
        }
        #expect(report.sockets.count == 10)
        #expect(
            Set(report.run).isSubset(
                of: [
                    "systemd", "nscd", "nslcd", "samba", "swiftotp-messenger", "swiftotp-key",
                ]), "\(report.run)")
        let parts = Set(report.systemd)
        #expect(parts.isSuperset(of: ["journal", "userdb"]), "\(parts)")
        #expect(parts.isSubset(of: ["journal", "userdb", "incoming", "inaccessible"]), "\(parts)")
        #expect(report.journal == ["dev-log"])
        for (file, outcome) in report.files {
            let isAllowed = file.hasPrefix("/var/lib/swiftotp/") || file.hasPrefix("/etc/swiftotp/")
            #expect((outcome == "written") == isAllowed, "\(file): \(outcome)")
        }
        #expect(report.homes == ["alice": "/home/alice", "madeup": "/"])
        #expect(report.bootID == 36 && report.users == 0)
        for name in ["CapEff", "CapPrm", "CapBnd", "CapAmb"] {
            #expect(report.status[name] == "0000000000000000", "\(name)")
        }
        #expect(report.status["NoNewPrivs"] == "1" && report.status["Seccomp"] == "2")
        let said = try await root.output("journalctl", "-q", "-o", "cat", "-t", "probe")
        #expect(said == "a line from inside\n")
        // From outside, all of it is there.
        let outside = try await root.output("/usr/bin/python3", "-I", "/srv/probe.py")
        let free = try JSONDecoder().decode(Report.self, from: Data(outside.utf8))
        #expect(free.sockets.values.allSatisfy { $0 == "connected" }, "\(free.sockets)")
        #expect(free.files.values.allSatisfy { $0 == "written" }, "\(free.files)")
        #expect(free.users == 1 && free.run.contains("dbus"))
    }

    /// There is no listener, or none in this network, or it must not ask.
    private static let refusals = ["ENOENT", "ECONNREFUSED", "EAFNOSUPPORT", "EACCES", "EPERM"]

    @Test("In a unit that may not write, such as polkit's agent, the right code is refused")
    func strictHost() async throws {
        let machine = try await SystemdMachine()
        let root = machine.root
        try await machine.root.installPackages()
        try await root.user("alice", password: "first factor")
        // And one that the service finds only through systemd.
        try await makeUp("madeup", in: root)
        try await root.output("mkdir", "-p", "/srv/pam.d")
        let program = try root.bring(try Build.product("pam-dialogue"))
        try root.write("auth required pam_swiftotp.so\n", to: "/srv/pam.d/polkit-1")
        var lines = ["confdir /srv/pam.d", "service polkit-1", "fail-delay note"]
        for user in ["alice", "madeup"] {
            lines.append("user \(user)")
            for code in ["BBBB-BBBB-BBBB-BBBB", try await root.enroll(user).backupCodes[3]] {
                lines += ["answer \(code)", "go authenticate"]
            }
        }
        try root.write((lines + ["quit", ""]).joined(separator: "\n"), to: "/srv/dialogue")
        try root.write(Self.strictUnit(program), to: "/etc/systemd/system/agent.service")
        try await root.output("systemctl", "daemon-reload")
        try await root.output("systemctl", "start", "agent.service")
        let names = try root.text("/srv/said").matches(of: #/"name":"(\w+)"/#).map { $0.output.1 }
        #expect(names == ["PAM_AUTH_ERR", "PAM_SUCCESS", "PAM_AUTH_ERR", "PAM_SUCCESS"])
        // The service alone has written the records.
        for user in ["alice", "madeup"] {
            let left = try await root.output("otp-enroll", "status", user, "--json")
            #expect(left.contains("\"backup_codes_left\": 9"), "\(left)")
        }
        #expect(try await machine.service() != nil)
    }

    /// A user that systemd synthesizes, for a while.
    private func makeUp(_ name: String, in root: PrivateRoot) async throws {
        try await root.output(
            "systemd-run", "--quiet", "--unit=made-up", "--property=DynamicUser=yes",
            "--property=User=\(name)", "sleep", "600")
    }

    /// As in polkit 127 for polkit-agent-helper.
    private static func strictUnit(_ program: String) -> String {
        """
        [Service]
        Type=oneshot
        ExecStart=\(program)
        StandardInput=file:/srv/dialogue
        StandardOutput=file:/srv/said
        CapabilityBoundingSet=CAP_AUDIT_WRITE
        DeviceAllow=/dev/null rw
        DevicePolicy=strict
        IPAddressDeny=any
        LimitMEMLOCK=0
        LockPersonality=yes
        MemoryDenyWriteExecute=yes
        NoNewPrivileges=yes
        PrivateDevices=yes
        PrivateNetwork=yes
        PrivateTmp=yes
        ProtectControlGroups=yes
        ProtectHome=yes
        ProtectHostname=yes
        ProtectKernelLogs=yes
        ProtectKernelModules=yes
        ProtectKernelTunables=yes
        ProtectProc=invisible
        ProtectSystem=strict
        RemoveIPC=yes
        RestrictAddressFamilies=AF_UNIX AF_NETLINK
        RestrictNamespaces=yes
        RestrictRealtime=yes
        RestrictSUIDSGID=yes
        SystemCallArchitectures=native
        SystemCallErrorNumber=EPERM
        SystemCallFilter=@system-service
        UMask=0077

        """
    }

    // MARK: The program inside

    private static let probe = """
        import errno, json, os, pwd, socket, syslog

        def attempt(work):
            try:
                return work()
            except OSError as error:
                return errno.errorcode[error.errno]

        def connect(address):
            def work():
                isDatagram = address in ["/dev/log", "/run/systemd/notify"]
                kind = socket.SOCK_DGRAM if isDatagram else socket.SOCK_STREAM
                s = socket.socket(socket.AF_UNIX, kind)
                s.connect("\\0" + address[1:] if address.startswith("@") else address)
                return "connected"
            return attempt(work)

        def internet(port):
            def work():
                socket.create_connection(("127.0.0.1", port), 5)
                return "connected"
            return attempt(work)

        def write(path):
            def work():
                with open(path, "w") as file:
                    file.write("x")
                os.unlink(path)
                return "written"
            return attempt(work)

        sockets = {path: connect(path) for path in [
            "/run/dbus/system_bus_socket", "/var/run/dbus/system_bus_socket", "/run/systemd/private",
            "/run/systemd/notify", "/run/swiftotp/swiftotpd.sock", "/dev/log", "/run/nslcd/socket",
            "/run/mine/socket", "@probe"]}
        sockets["internet"] = internet(int(open("/srv/port").read()))
        status = dict(line.split(":\\t") for line in open("/proc/self/status").read().splitlines()
                      if line.count(":\\t") == 1)
        syslog.openlog("probe")
        syslog.syslog("a line from inside")
        print(json.dumps({
            "sockets": sockets, "run": os.listdir("/run"), "systemd": os.listdir("/run/systemd"),
            "journal": os.listdir("/run/systemd/journal"),
            "files": {path: write(path) for path in [
                "/etc/x", "/etc/security/swiftotp.conf.x", "/etc/pam.d/x", "/usr/lib/x", "/srv/x",
                "/run/x", "/run/systemd/journal/x", "/var/lib/x", "/root/x", "/home/x",
                "/var/lib/swiftotp/x", "/etc/swiftotp/x"]},
            "homes": {name: pwd.getpwnam(name).pw_dir for name in ["alice", "madeup"]},
            "status": status, "bootID": len(open("/proc/sys/kernel/random/boot_id").read().strip()),
            "users": int(os.path.exists("/home/alice"))}))

        """

    private static let listener = """
        import os, socket, time
        listening = []
        for path in ["/run/nslcd/socket", "/run/mine/socket", "\\0probe"]:
            if path[0] == "/":
                os.makedirs(os.path.dirname(path), exist_ok=True)
            s = socket.socket(socket.AF_UNIX)
            s.bind(path)
            listening.append(s)
        s = socket.socket()
        s.bind(("127.0.0.1", 0))
        listening.append(s)
        with open("/srv/port", "w") as file:
            file.write(str(s.getsockname()[1]))
        for s in listening:
            s.listen(9)
        print("listening")
        time.sleep(600)

        """
}
