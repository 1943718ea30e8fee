import Foundation
import TestSupport
import Testing

/// The systemd units, as far as they can be tested without systemd as PID 1.
@Suite("swiftotpd: the systemd units")
struct UnitTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../packaging/systemd").standardizedFileURL

    static func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }

    /// The values of a setting, split into words.
    static func words(_ setting: String, in unit: String) throws -> [String] {
        try text(unit).split(separator: "\n").filter { $0.hasPrefix("\(setting)=") }
            .flatMap { $0.dropFirst(setting.count + 1).split(separator: " ").map(String.init) }
    }

    /// Copies of both units, with the built program.
    private func copies() throws -> (scratch: Scratch, socket: String, service: String) {
        let scratch = try Scratch()
        let service = try Self.text("swiftotpd.service").replacing(
            "ExecStart=/usr/libexec/swiftotpd",
            with: "ExecStart=\(Build.product("swiftotpd"))")
        return (
            scratch,
            try scratch.write(Self.text("swiftotpd.socket"), to: "swiftotpd.socket", mode: 0o644),
            try scratch.write(service, to: "swiftotpd.service", mode: 0o644)
        )
    }

    @Test("systemd finds something wrong with them")
    func verify() async throws {
        let units = try copies()
        let done = try await Command.run(
            ["systemd-analyze", "verify", "--man=no", units.socket, units.service])
        #expect(done.status == 0)
        #expect((done.output + done.errors).isEmpty, "\(done.output)\(done.errors)")
    }

    @Test("systemd-analyze security: an exposure of more than 0.7, of 10")
    func security() async throws {
        let units = try copies()
        let done = try await Command.run(
            ["systemd-analyze", "security", "--offline=true", "--threshold=7", units.service])
        let figure = done.output.split(separator: "\n").last { $0.contains("exposure level") }
        #expect(done.status == 0, "\(figure ?? "")")
    }

    @Test("The socket is not for everybody, or several services take the connections")
    func socket() throws {
        let unit = "swiftotpd.socket"
        #expect(try Self.words("ListenStream", in: unit) == ["/run/swiftotp/swiftotpd.sock"])
        #expect(try Self.words("SocketMode", in: unit) == ["0666"])
        #expect(try Self.words("DirectoryMode", in: unit) == ["0755"])
        #expect(try Self.words("Accept", in: unit) == ["no"])
        #expect(try Self.words("PassCredentials", in: unit) == ["yes"])
        // A flood may stop it neither from listening nor from being started again.
        #expect(try Self.words("TriggerLimitIntervalSec", in: unit) == ["0"])
        #expect(try Self.words("StartLimitIntervalSec", in: "swiftotpd.service") == ["0"])
    }

    @Test(
        "systemd finds something wrong with the unit that opens a sealed key, or it comes too late")
    func key() async throws {
        let name = "swiftotp-key.service", scratch = try Scratch()
        let text = try Self.text(name).replacing(
            "=/usr/libexec/swiftotp/open-key", with: "=\(Project.path("packaging/open-key"))")
        let unit = try scratch.write(text, to: name, mode: 0o644)
        let done = try await Command.run(["systemd-analyze", "verify", "--man=no", unit])
        #expect(done.status == 0)
        #expect((done.output + done.errors).isEmpty, "\(done.output)\(done.errors)")
        for other in ["swiftotpd.socket", "swiftotpd.service"] {
            #expect(try Self.words("Wants", in: other).contains(name))
            #expect(try Self.words("After", in: other).contains(name))
            #expect(try Self.words("Before", in: name).contains(other))
        }
        #expect(try Self.words("BindPaths", in: "swiftotpd.service") == ["-/run/swiftotp-key"])
    }

    @Test("systemd finds something wrong with the messenger's units")
    func messenger() async throws {
        let scratch = try Scratch()
        let socket = try scratch.write(
            Self.text("swiftotp-messenger.socket"), to: "swiftotp-messenger.socket", mode: 0o644)
        let text = try Self.text("swiftotp-messenger.service")
            .replacing(
                "=/usr/libexec/swiftotp-messenger", with: "=\(Build.product("swiftotp-messenger"))"
            )
            // A user that there is here.
            .replacing("User=swiftotp-messenger", with: "User=games")
        let service = try scratch.write(text, to: "swiftotp-messenger.service", mode: 0o644)
        let done = try await Command.run(
            ["systemd-analyze", "verify", "--man=no", socket, service])
        #expect(done.status == 0)
        #expect((done.output + done.errors).isEmpty, "\(done.output)\(done.errors)")
    }

    /// A service that a timer starts, as systemd finds it right.
    private static func verified(_ name: String) async throws -> String {
        let scratch = try Scratch()
        let text = try Self.text("\(name).service")
            .replacing("=/usr/bin/otp-enroll", with: "=\(Build.product("otp-enroll"))")
        let files = try [
            ("\(name).timer", Self.text("\(name).timer")),
            ("\(name).service", text),
            ("swiftotpd.socket", Self.text("swiftotpd.socket")),
            (
                "swiftotpd.service",
                Self.text("swiftotpd.service").replacing(
                    "=/usr/libexec/swiftotpd", with: "=\(Build.product("swiftotpd"))")
            ),
        ].map { name, text in try scratch.write(text, to: name, mode: 0o644) }
        let done = try await Command.run(["systemd-analyze", "verify", "--man=no"] + files)
        #expect(done.status == 0)
        #expect((done.output + done.errors).isEmpty, "\(done.output)\(done.errors)")
        let exposure = try await Command.run(
            ["systemd-analyze", "security", "--offline=true", "--threshold=12", files[1]])
        let figure = exposure.output.split(separator: "\n").last { $0.contains("exposure level") }
        #expect(exposure.status == 0, "\(figure ?? "")")
        return text
    }

    @Test("systemd finds something wrong with the report's units, or they have too many rights")
    func report() async throws {
        let text = try await Self.verified("swiftotp-report")
        // Nothing starts it by itself, and the mail goes to root.
        #expect(!text.contains("[Install]"))
        #expect(try Self.words("WantedBy", in: "swiftotp-report.timer") == ["timers.target"])
        #expect(try Self.words("Environment", in: "swiftotp-report.service") == ["MAILTO=root"])
    }

    @Test("systemd finds something wrong with the backup's units, or they have too many rights")
    func backup() async throws {
        let text = try await Self.verified("swiftotp-backup")
        #expect(!text.contains("[Install]"))
        #expect(try Self.words("WantedBy", in: "swiftotp-backup.timer") == ["timers.target"])
        #expect(try Self.words("StateDirectoryMode", in: "swiftotp-backup.service") == ["0700"])
    }

    @Test("Mailers that are setuid or setgid cannot work, or others reach the messenger's socket")
    func mailers() throws {
        let unit = "swiftotp-messenger.service"
        // systemd.exec(5): each of these sets NoNewPrivileges for a service that is not root's.
        for setting in [
            "NoNewPrivileges", "SystemCallFilter", "SystemCallArchitectures", "SystemCallLog",
            "RestrictAddressFamilies", "RestrictNamespaces", "RestrictRealtime",
            "RestrictSUIDSGID", "RestrictFileSystems", "PrivateDevices", "ProtectKernelTunables",
            "ProtectKernelModules", "ProtectKernelLogs", "ProtectClock", "ProtectHostname",
            "MemoryDenyWriteExecute", "LockPersonality", "DynamicUser",
        ] {
            #expect(try Self.words(setting, in: unit).isEmpty, "\(setting)")
        }
        #expect(try Self.words("User", in: unit) == ["swiftotp-messenger"])
        #expect(try Self.words("StateDirectoryMode", in: unit) == ["0700"])
        let socket = "swiftotp-messenger.socket"
        #expect(try Self.words("SocketMode", in: socket) == ["0600"])
        #expect(try Self.words("DirectoryMode", in: socket) == ["0700"])
        let path = "/run/swiftotp-messenger"
        #expect(try Self.words("ListenStream", in: socket) == ["\(path)/messenger.sock"])
        #expect(
            try Self.words("BindReadOnlyPaths", in: "swiftotpd.service").contains("-\(path)"))
    }

    @Test("The unit has no room for all connections that the service accepts")
    func room() throws {
        let unit = "swiftotpd.service"
        let files = try #require(Self.words("LimitNOFILE", in: unit).first.flatMap { Int($0) })
        let tasks = try #require(Self.words("TasksMax", in: unit).first.flatMap { Int($0) })
        #expect(files >= 512 * 4 && tasks > 512 + 64)
    }
}
