import Foundation
import TestSupport
import Testing

/// What other users can make appear in the log.
@Suite("swiftotpd: the log", .timeLimit(.minutes(5)))
struct LogTests {
    /// The complete frame of a login, for `raw`.
    private func raw(_ frame: LoginFrame) -> String {
        "raw " + frame.bytes.map { String(format: "%02x", $0) }.joined()
    }

    @Test("Texts with NUL, line ends and quotes forge a field or a line, or let somebody in")
    func texts() async throws {
        let log = try SystemLog.shared()
        let service = try await Service()
        let account = try await Account.make("odd")
        let client = try Client(service, account)
        try await client.enroll()
        let before = try client.record
        let odd = "x\u{0}y\nlogin granted; user=root rhost=1.2.3.4\u{1b}[2J\""
        var frame = LoginFrame(account.name + "\u{0}" + odd, service: odd)
        (frame.terminal, frame.remoteHost, frame.remoteUser) = (odd, odd, odd)
        // An unknown name: an ordinary user's program is denied, and one of root's asks.
        let denied = try await client.run(raw(frame), "reply", "reply", "reply")
        #expect(denied.map(\.kind) == ["errorMessage", "end", "end"])
        let root = try Client.root(service)
        let asked = try await root.run(
            raw(frame), "reply", "frame 2 313233343536", "reply", "reply")
        #expect(asked.map(\.kind) == ["promptHidden", "errorMessage", "log"])
        let line = try #require(asked.last?.text)
        #expect(line.dropFirst().allSatisfy { $0.isASCII && $0 >= " " })
        #expect(line.contains("reason=unknown-user service=x\\x00y\\x0alogin\\x20granted;"))
        // No word in it becomes a field of its own.
        #expect(line.split(separator: " ").count { $0.hasPrefix("user=") } == 1)
        #expect(line.split(separator: " ").count { $0.hasPrefix("rhost=") } == 1)
        // An unknown argument is named as far as it can be printed.
        frame = LoginFrame(account.name, service: "lock", arguments: ["nul\u{0}lok\n"])
        _ = try await client.run(raw(frame), "reply", "reply")
        _ = try await log.line(
            containing: "user=\(account.name) error=\"argument nul\\x00lok\\x0a: there is no such")
        #expect(try client.record == before)
    }

    @Test("A user's own programs fill the log, or others' lines are missing")
    func flood() async throws {
        let log = try SystemLog.shared()
        let service = try await Service()
        let account = try await Account.make("noisy")
        let other = try await Account.make("other")
        let person = try Person(account.name, in: service.store)
        let locker = try await Host(service.socket, as: account)
        let uid = try Account.numbers(of: account.name).uid
        let start = ContinuousClock.now
        // The count starts again with each minute of the service.
        var count = 0
        while log.lines(containing: "left out; reason=too-many-lines uid=\(uid)").isEmpty {
            _ = try await locker.login(account.name)
            count += 1
            try #require(count < 2000)
        }
        let minutes = Int((ContinuousClock.now - start) / .seconds(60)) + 1
        let lines = log.lines(containing: "pam_swiftotp(locker:auth)", "user=\(account.name)")
        #expect(lines.count <= 60 * minutes && lines.count < count)
        // One of another user, and an attempt through a program of root's that this user starts.
        try await Client(service, other).run("login \(other.name) lock nullok")
        _ = try await log.line(containing: "not asked; ", "user=\(other.name)")
        let su = try Client.setuid(service, startedBy: account)
        for _ in 0..<5 {
            try await su.run("login \(other.name) su", "answer 000000")
        }
        _ = try await patiently("a line for each of five tries by su") {
            let lines = log.lines(containing: "pam_swiftotp(su:auth)", "user=\(other.name)")
            return lines.count == 5 ? lines : nil
        }
        #expect(try await locker.login(account.name, person.code()).name == "PAM_SUCCESS")
    }

    @Test("A user's own requests fill the log, or others' lines are missing")
    func requests() async throws {
        let log = try SystemLog.shared()
        let service = try await Service()
        let (account, other) = (try await Account.make("noisy"), try await Account.make("other"))
        let (client, second) = (try Client(service, account), try Client(service, other))
        try await client.enroll()
        try await second.enroll()
        let uid = try Account.numbers(of: account.name).uid
        let start = ContinuousClock.now
        var count = 0
        while log.lines(containing: "left out; reason=too-many-lines uid=\(uid)").isEmpty {
            try await client.run("verify 000000", "verify 000000", "verify 000000", "verify 000000")
            count += 4
            try #require(count < 2000)
        }
        let minutes = Int((ContinuousClock.now - start) / .seconds(60)) + 1
        let lines = log.lines(containing: "by=\(account.name) ")
        #expect(lines.count <= 60 * minutes + 2 && lines.count < count)
        try await second.run("verify 000000")
        _ = try await log.line(containing: "authentication failure; ", "by=\(other.name) ")
    }
}
