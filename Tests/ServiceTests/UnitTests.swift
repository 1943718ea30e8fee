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

    @Test("The unit has no room for all connections that the service accepts")
    func room() throws {
        let unit = "swiftotpd.service"
        let files = try #require(Self.words("LimitNOFILE", in: unit).first.flatMap { Int($0) })
        let tasks = try #require(Self.words("TasksMax", in: unit).first.flatMap { Int($0) })
        #expect(files >= 512 * 4 && tasks > 512 + 64)
    }
}
