import Foundation
import TestSupport
import Testing

/// What the system's log says about what an admin did, and how long things last.
@Suite struct JournalTests {
    let desk: Desk
    let account: Account
    let log: SystemLog

    init() async throws {
        desk = try Desk()
        account = try await Account.make("log")
        log = try SystemLog.shared()
    }

    @Test func aChangeIsLoggedWithItsMaker() async throws {
        let done = try await desk.run("add", account.name, "--no-confirm", "--name", "my phone")
        #expect(done.status == 0, "\(done.errors)")
        let line = try await line("authenticator added;")
        #expect(line.facility == 10 && line.severity == 5)
        #expect(line.text.contains(#"name="my phone""#), "\(line)")
        let start = #/ swiftotpd\[\d+\]: authenticator added; /#
        #expect(line.text.firstMatch(of: start) != nil, "\(line)")
        #expect(line.fields["by"] == Self.me)
    }

    /// Waits for the line about the user that says what happened.
    private func line(_ what: String) async throws -> SystemLog.Line {
        try await patiently("a log line with \(what)") {
            log.lines(containing: what).first { $0.fields["user"] == account.name }
        }
    }

    /// The kernel knows who logged in; where nobody did, it is root.
    private static var me: String? {
        let text = try? String(contentsOfFile: "/proc/self/loginuid", encoding: .utf8)
        guard let uid = text.flatMap({ uid_t($0) }), uid != .max else { return "root" }
        return getpwuid(uid).map { String(cString: $0.pointee.pw_name) }
    }

    /// sudo says who called it. Only where it says so to root, and of somebody who exists.
    @Test(arguments: [true, false]) func sudoTellsWhoItIs(exists: Bool) async throws {
        try #require(Self.me == "root", "this test needs a machine where no login is recorded")
        let admin = try await Account.make("admin")
        let uid = try Account.numbers(of: admin.name).uid
        let done = try await Command.run(
            desk.words(["issue", account.name]),
            environment: ["SUDO_UID": exists ? "\(uid)" : "4000000000"])
        #expect(done.status == 0, "\(done.errors)")
        let line = try await line("temporary code issued;")
        #expect(line.fields["by"] == (exists ? admin.name : "root"))
    }

    @Test(arguments: [
        ("10m", 600), ("90m", 5400), ("1h30m", 5400), ("24h", 86_400), ("3d", 259_200),
    ])
    func aTimeIsReadInItsUnits(text: String, seconds: Double) async throws {
        let before = Date()
        let file = try desk.scratch.write("temporary_hours = 72\n", to: "conf", mode: 0o644)
        let issued = try await desk.json(
            "issue", account.name, "--valid", text, "--config", file)
        let expires = try #require(issued["expires"] as? String)
        let end = try Date.ISO8601FormatStyle().parse(expires)
        let left = end.timeIntervalSince(before)
        #expect((seconds - 2...seconds + 20).contains(left), "\(left)")
    }

    @Test(arguments: [
        "", "0", "10", "m", "10 m", "10M", "10x", "1.5h", "-10m", "+10m", "9m", "599s", "4d", "73h",
        "3d1s", "10m1h", "1h1h", "1hm", "h1", "1000000000m", "99999999999999999999d", "１h", "10m\n",
        "0x10m", "10m;", "",
    ])
    func whatIsNoTimeIsRefused(text: String) async throws {
        let done = try await desk.run("issue", account.name, "--valid=\(text)")
        #expect(done.status == 64, "\(done.errors)")
        let line = try #require(done.errors.split(separator: "\n").first)
        let wanted =
            text.isEmpty
            ? "missing value" : "it is a time such as 30m, 24h or 1h30m, from 10m to 3d"
        #expect(line.hasPrefix("otp-enroll: ") && line.contains(wanted), "\(done.errors)")
    }
}
