import Foundation
import TestSupport
import Testing

/// The units of a fleet's packages, as far as they can be tested without systemd as PID 1.
@Suite("packages: the units of a fleet")
struct FleetUnitTests {
    private static let names = [
        "swiftotp-server.service", "swiftotp-agent.service", "swiftotp-agent.socket",
        "swiftotp-server-report.service", "swiftotp-server-report.timer",
    ]

    private func text(_ name: String) throws -> String {
        try Project.text("packaging/fleet/systemd/\(name)")
    }

    /// The words of a setting.
    private func words(_ setting: String, in unit: String) throws -> [String] {
        try text(unit).split(separator: "\n").filter { $0.hasPrefix("\(setting)=") }
            .flatMap { $0.dropFirst(setting.count + 1).split(separator: " ").map(String.init) }
    }

    /// Copies, with a program and a user that there are here.
    private func copies(in scratch: Scratch) throws -> [String] {
        try Self.names.map { name in
            let text = try text(name)
                .replacing(#/=\/usr\/sbin\/swiftotp-\w+/#, with: "=/usr/bin/true")
                .replacing(#/User=.*/#, with: "User=games")
            return try scratch.write(text, to: name, mode: 0o644)
        }
    }

    @Test("systemd finds something wrong with them")
    func verify() async throws {
        let scratch = try Scratch()
        let done = try await Command.run(
            ["systemd-analyze", "verify", "--man=no"] + copies(in: scratch))
        #expect(done.status == 0)
        #expect((done.output + done.errors).isEmpty, "\(done.output)\(done.errors)")
    }

    @Test("systemd-analyze security: an exposure of more than 1.4, of 10", arguments: [0, 1, 3])
    func security(index: Int) async throws {
        let scratch = try Scratch()
        let unit = try copies(in: scratch)[index]
        let done = try await Command.run(
            ["systemd-analyze", "security", "--offline=true", "--threshold=14", unit])
        let figure = done.output.split(separator: "\n").last { $0.contains("exposure level") }
        #expect(done.status == 0, "\(figure ?? "")")
    }

    @Test("Others than root reach the agent's socket, or swiftotpd does not see it")
    func socket() throws {
        let unit = "swiftotp-agent.socket"
        #expect(try words("ListenStream", in: unit) == ["/run/swiftotp-agent/agent.sock"])
        #expect(try words("SocketMode", in: unit) == ["0600"])
        #expect(try words("DirectoryMode", in: unit) == ["0700"])
        #expect(try words("Accept", in: unit) == ["no"])
        #expect(try words("TriggerLimitIntervalSec", in: unit) == ["0"])
        // SO_PEERCRED shows callers as they are.
        #expect(try words("PrivateUsers", in: "swiftotp-agent.service").isEmpty)
        let dropIn = "swiftotpd.service.d/fleet.conf"
        #expect(try words("BindReadOnlyPaths", in: dropIn) == ["-/run/swiftotp-agent"])
        let folders = try Project.text("packaging/fleet/tmpfiles/swiftotp-agent.conf")
        #expect(folders.contains("\nd /run/swiftotp-agent 0700 root root -\n"))
    }

    @Test("A server's messages do not reach the messenger, or those of other users do")
    func messages() throws {
        let (socket, service) = (
            "swiftotp-messenger.socket.d/fleet.conf", "swiftotp-messenger.service.d/fleet.conf"
        )
        #expect(try words("SocketGroup", in: socket) == ["swiftotp-server"])
        #expect(try words("SocketMode", in: socket) == ["0660"])
        // Others pass through the folder, and cannot open the socket.
        #expect(try words("DirectoryMode", in: socket) == ["0711"])
        #expect(
            try words("ExecStart", in: service).suffix(3)
                == ["/usr/libexec/swiftotp-messenger", "--user", "swiftotp-server"])
        #expect(try words("User", in: "swiftotp-server.service") == ["swiftotp-server"])
        let folders = try Project.text("packaging/fleet/tmpfiles/swiftotp-server.conf")
        #expect(folders.contains("\nz /run/swiftotp-messenger 0711 root root -\n"))
    }

    @Test("They start on a machine that has made or joined no fleet, or keep core files")
    func conditions() throws {
        for (unit, file) in [
            ("swiftotp-server.service", "/etc/swiftotp-server/server.conf"),
            ("swiftotp-agent.service", "/etc/swiftotp-agent/host.pem"),
            ("swiftotp-agent.socket", "/etc/swiftotp-agent/host.pem"),
            ("swiftotp-server-report.service", "/etc/swiftotp-server/server.conf"),
        ] { #expect(try words("ConditionPathExists", in: unit) == [file], "\(unit)") }
        for unit in Self.names.prefix(2) {
            #expect(try words("LimitCORE", in: unit) == ["0"])
            #expect(try words("NoNewPrivileges", in: unit) == ["yes"])
            #expect(try words("StartLimitIntervalSec", in: unit) == ["0"])
        }
    }

    @Test("The report of a fleet starts by itself, or goes elsewhere than to root")
    func report() throws {
        let service = "swiftotp-server-report.service"
        #expect(try !text(service).contains("[Install]"))
        #expect(try words("User", in: service) == ["swiftotp-server"])
        #expect(try words("Environment", in: service) == ["MAILTO=root"])
        #expect(
            try words("WantedBy", in: "swiftotp-server-report.timer") == ["timers.target"])
    }

    @Test("The packages for one host contain something of a fleet")
    func apart() throws {
        let makefile = try Project.text("Makefile")
        let sections = makefile.components(separatedBy: "# MARK: ")
        let installing = try #require(sections.first { $0.hasPrefix("Installing") })
        #expect(!installing.contains("fleet") && installing.contains("packaging/systemd"))
        for file in try Project.files(below: "packaging", ending: "")
        where !file.hasPrefix("packaging/fleet/") {
            let text = (try? Project.text(file)) ?? ""
            #expect(!text.contains("packaging/fleet"), "\(file)")
        }
    }

    @Test("A purge does not name everything that is left of a sealed master key")
    func leftovers() throws {
        let parts = try Project.text("docs/FLEET.md").components(separatedBy: "\n### ")
        let part = try #require(parts.first { $0.hasPrefix("The master key, sealed\n") })
        let made = Set(
            part.matches(of: #/\/etc\/(?:credstore|systemd)\S+\.(?:key|conf)/#)
                .map { String($0.output) })
        #expect(made.count == 2)
        for file in ["debian/swiftotp-server.postrm", "rpm/swiftotp-fleet.spec"] {
            let script = try Project.text("packaging/fleet/\(file)")
            for path in made { #expect(script.contains(path), "\(file): \(path)") }
        }
    }
}
