import Foundation
import OTPCore
import OTPStore
import TestSupport
import Testing

/// `status` in every state that a user can be in.
@Suite struct StatusStateTests {
    let desk: Desk
    static let root = User(name: Array("root".utf8), uid: 0, gid: 0)

    init() throws { desk = try Desk() }

    private func words(at offset: String = "+0") async throws -> String {
        let done = try await desk.run(offClock: offset, "status")
        #expect(done.status == 0 && done.errors.isEmpty, "\(done.errors)")
        return done.output
    }

    @Test func aTemporaryCodeIsLiveThenUsed() async throws {
        let code = try #require(
            try await desk.json("issue", "root", "--valid", "2h")["code"] as? String)
        let live = try await words()
        let noApp = "root has no authenticator: `otp-enroll add root` enrolls one.\n"
        #expect(live.hasPrefix(noApp))
        #expect(live.contains("\nTemporary code:    works once until 2"))
        #expect(live.contains(", for about 120 minutes (issued on 2"), "\(live)")
        #expect(live.contains("temporary-code-issued"))
        let member = try #require(
            try await desk.json("status")["temporary_code"] as? [String: Any])
        #expect(Set(member.keys) == ["issued", "expires", "used"])
        let dates = try ["issued", "expires"].map {
            try Date(try #require(member[$0] as? String), strategy: .iso8601)
        }
        #expect(dates[1].timeIntervalSince(dates[0]) == 7200 && member["used"] is NSNull)

        try await desk.enroll()
        #expect(try await desk.verify(code) == (true, "temporary-code"))
        let used = try await words()
        #expect(used.hasPrefix("root is enrolled.\n"))
        #expect(used.contains("\nTemporary code:    used on 2"))
        let after = try await desk.json("status")["temporary_code"] as? [String: Any]
        #expect(after?["used"] is String)
        #expect(try await desk.events().prefix(2) == ["temporary-code-used", "verified"])
    }

    @Test func aTemporaryCodeExpires() async throws {
        _ = try await desk.json("issue", "root", "--valid", "30m")
        let later = try await words(at: "+31m")
        let nothing = "root has nothing to log in with: `otp-enroll issue root` gives a new code."
        #expect(later.hasPrefix(nothing + "\n"), "\(later)")
        #expect(later.contains("\nTemporary code:    expired on 2"))
    }

    @Test(arguments: [("reset", "reset"), ("disable", "switched off")])
    func whatEndedItIsTold(command: String, word: String) async throws {
        try await desk.enroll()
        #expect(try await desk.run(command, "root", "--yes").status == 0)
        let told = try await words()
        let lines = told.split(separator: "\n", omittingEmptySubsequences: false)
        let first = try #require(lines.first)
        #expect(first.hasPrefix("root is not enrolled. The second factor was \(word) on 2"))
        #expect(first.hasSuffix(" (otp-enroll \(Desk.person))."))
        #expect(lines[1].isEmpty && lines[2].hasPrefix("WHEN "), "\(told)")
        #expect(!told.contains("Backup codes") && !told.contains("Failures"))
        #expect(try await desk.json("status")["enrolled"] as? Bool == false)
        // A new enrollment ends that.
        try await desk.enroll()
        #expect(try await words().hasPrefix("root is enrolled.\n"))
    }

    @Test func driftAndCounterAreTold() async throws {
        try desk.shelve(Self.root) { $0.drift = -2 }
        let hex = try Token.random().hex
        let file = try desk.scratch.write(hex + "\n", to: "key")
        let added = try await desk.run(
            "add", "--hotp", "--name", "token", "--secret-file", file, "--no-confirm")
        #expect(added.status == 0, "\(added.errors)")
        let told = try await words()
        #expect(told.contains("\nphone          totp drift -2   "), "\(told)")
        #expect(told.contains("\ntoken          hotp counter 0  "), "\(told)")
        let apps = try #require(
            try await desk.json("status")["authenticators"] as? [[String: Any]])
        #expect(apps[0]["drift"] as? Int == -2 && apps[0]["counter"] == nil)
        #expect(apps[0]["period"] as? Int == 30)
        #expect(apps[1]["kind"] as? String == "hotp" && apps[1]["counter"] as? Int == 0)
    }

    @Test func aLockIsToldWithItsReach() async throws {
        let phone = try await desk.enroll().phone
        try desk.fail(6, from: "192.0.2.66")
        let everybody = try await words()
        #expect(everybody.contains("\nFailures in a row: 6; locked until 2"))
        #expect(everybody.contains(#/, for (1 minute|[1-5]\d seconds)\n/#), "\(everybody)")

        // The user has logged in from here before: a stranger's failures do not matter here.
        #expect(try await desk.run("unlock", "root").status == 0)
        try await phone.settle()
        #expect(try await desk.verify(try await phone.code()).0)
        try desk.fail(8, from: "192.0.2.66")
        #expect(
            try await words().contains(", for 4 minutes, but not where root has logged in before\n")
        )
        #expect(try await desk.run("unlock", "root").status == 0)
        try await desk.fail(5)
        let here = try await words()
        #expect(here.contains("; locked until 2"), "\(here)")
        #expect(here.contains(" seconds, at a place where root has logged in before\n"))

        try desk.fail(100, from: "192.0.2.66")
        let closed = try await words()
        #expect(
            closed.contains("Failures in a row: 100; closed until an administrator unlocks it (`"))
        #expect(closed.contains("; backup and temporary codes still work\n"))
        let until = try await desk.json("status")["locked_until"] as? String
        #expect(until == "9999-12-31T23:59:59Z")
    }

    @Test func nothingFromOutsideIsPrintedRaw() async throws {
        try await desk.enroll()
        try desk.fail(1, from: "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}evil")
        for arguments in [["status"], ["status", "--json"]] {
            let done = try await Command.run(desk.words(arguments))
            #expect(done.status == 0 && done.output.contains("?]0;owned?"), "\(done.output)")
            #expect(done.output.contains("evil"))
            #expect(done.output.utf8.allSatisfy { (0x20...0x7e).contains($0) || $0 == 0x0a })
        }
    }
}
