import Foundation
import TestSupport
import Testing

/// A temporary code: its form, its lifetime, and what ends it.
@Suite struct IssueTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    /// Issues a code and returns it.
    private func issue(_ arguments: String...) async throws -> String {
        try #require(try await answer(arguments)["code"] as? String)
    }

    private func answer(_ arguments: [String]) async throws -> [String: Any] {
        let words = try desk.words(["issue", "--json"] + arguments)
        let told = try await Command.output(words)
        let object = try JSONSerialization.jsonObject(with: Data(told.utf8))
        return try #require(object as? [String: Any])
    }

    private func policy(_ text: String) throws -> String {
        try desk.scratch.write(text + "\n", to: "swiftotp.conf", mode: 0o644)
    }

    private func isCode(_ text: some StringProtocol) -> Bool {
        // Crockford's symbols: no I, L, O and U.
        String(text).wholeMatch(of: #/T[0-9A-HJKMNP-TV-Z]{3}(-[0-9A-HJKMNP-TV-Z]{4}){2}/#) != nil
    }

    /// Issues a code that must be valid for this number of seconds from some moment of the call.
    private func issue(
        validFor seconds: Double, _ words: String..., at location: SourceLocation = #_sourceLocation
    ) async throws -> [String: Any] {
        let before = Date()
        let issued = try await answer(["root"] + words)
        let text = try #require(issued["expires"] as? String)
        let start = try Date(text, strategy: .iso8601).addingTimeInterval(-seconds)
        // The answer has whole seconds.
        let moments = before.addingTimeInterval(-1)...Date()
        #expect(moments.contains(start), "\(text)", sourceLocation: location)
        return issued
    }

    @Test func aCodeIsForADay() async throws {
        try await desk.enroll()
        let issued = try await issue(validFor: 86_400)
        #expect(Set(issued.keys) == ["user", "code", "expires"])
        #expect(issued["user"] as? String == "root")
        #expect(isCode(try #require(issued["code"] as? String)))

        let inWords = try await desk.run("issue", "root")
        #expect(inWords.status == 0 && inWords.errors.isEmpty)
        let lines = inWords.output.split(separator: "\n")
        #expect(lines.count == 2)
        let start = "Temporary code for root: "
        #expect(lines[0].hasPrefix(start) && isCode(lines[0].dropFirst(start.count)))
        #expect(lines[1].hasPrefix("It logs in once, until 20"))
    }

    @Test(arguments: [
        ("10m", 600.0), ("600s", 600), ("90m", 5400), ("1h30m", 5400), ("24h", 86_400),
        ("3d", 259_200), ("2d24h", 259_200),
    ])
    func theTimeIsWhatIsAskedFor(text: String, seconds: Double) async throws {
        _ = try await issue(validFor: seconds, "--valid", text)
    }

    @Test(arguments: [
        "9m59s", "599s", "3d1s", "3d1m", "4d", "0", "24", "h", "1.5h", "-1h", "1h1h", "30m1h",
        "1 h", " 1h", "1h ", "1w", "9999999999d", "18446744073709551615s", "\u{661}h",
        "1h\u{1b}[2J",
    ])
    func anyOtherTimeIsWrongUsage(text: String) async throws {
        let done = try await desk.run("issue", "root", "--valid=\(text)")
        #expect(done.status == 64 && done.output.isEmpty)
        #expect(done.errors.contains("a time such as 30m, 24h or 1h30m, from 10m to 3d"))
        #expect(desk.record == nil)
    }

    @Test func thePolicyCapsIt() async throws {
        let two = try policy("temporary_hours = 2")
        _ = try await issue(validFor: 7200, "--config", two)
        _ = try await desk.json("issue", "root", "--config", two, "--valid", "2h")
        let before = desk.record
        let refused = try await desk.run("issue", "root", "--config", two, "--valid", "2h1s")
        #expect(refused.status == 1 && refused.output.isEmpty)
        #expect(
            refused.errors.hasPrefix("otp-enroll: the configuration allows at most 2 hours\nhint: ")
        )
        #expect(desk.record == before)
        // A limit above the default does not lengthen it.
        _ = try await issue(validFor: 86_400, "--config", try policy("temporary_hours=72"))
    }

    @Test func itIsUsedOnceAndANewOneEndsIt() async throws {
        let (phone, backup) = try await desk.enroll()
        let (old, new) = (try await issue("root"), try await issue("root"))
        #expect(try await desk.verify(old) == (false, "wrong"))
        // As typed by somebody who heard it on the telephone.
        let typed = new.lowercased().replacing("-", with: " ").replacing("0", with: "o")
        #expect(try await desk.verify(typed) == (true, "temporary-code"))
        #expect(try await desk.verify(new) == (false, "used-temporary-code"))
        let told = try #require(
            try await desk.json("status")["temporary_code"] as? [String: Any])
        #expect(told["used"] is String)
        #expect(
            try await desk.events()[0..<3]
                == ["failure", "temporary-code-used", "verified"])
        // Everything else works as before.
        #expect(try await desk.verify(backup[0]) == (true, "backup-code"))
        try await phone.settle()
        #expect(try await desk.verify(try await phone.code()) == (true, "code"))
    }

    @Test func itIsRevoked() async throws {
        try await desk.enroll()
        let code = try await issue("root")
        let revoked = try await desk.json("issue", "root", "--revoke")
        #expect(revoked["user"] as? String == "root" && revoked["code"] is NSNull)
        #expect(try await desk.verify(code) == (false, "wrong"))
        let before = desk.record
        let again = try await desk.run("issue", "root", "--revoke")
        #expect(again.status == 1)
        #expect(again.errors == "otp-enroll: root has no valid temporary code\n")
        #expect(desk.record == before)
    }

    @Test func theListHasWhatCanBeUsed() async throws {
        let nobody = try await desk.json("issue", "--list")
        #expect((nobody["temporary_codes"] as? [Any])?.isEmpty == true)
        #expect(
            try await desk.run("issue", "--list").output
                == "Nobody has a valid temporary code.\n")
        for user in ["root", "daemon", "bin", "sys"] { _ = try await issue(user) }
        _ = try await desk.json("issue", "bin", "--revoke")
        let used = try await issue("sys")
        #expect(try await desk.verify(used, of: "sys").0)
        let expired = try await desk.run(offClock: "-2h", "issue", "games", "--valid", "1h")
        #expect(expired.status == 0, "\(expired.errors)")

        let listed = try await desk.json("issue", "--list")
        let codes = try #require(listed["temporary_codes"] as? [[String: Any]])
        #expect(Set(codes.compactMap { $0["user"] as? String }) == ["root", "daemon"])
        #expect(codes.allSatisfy { Set($0.keys) == ["user", "issued", "expires"] })
        let table = try await desk.run("issue", "--list").output.split(separator: "\n")
        #expect(table.count == 3 && table[0].hasPrefix("USER "))
        #expect(table.dropFirst().allSatisfy { $0.hasPrefix("root ") || $0.hasPrefix("daemon ") })
    }

    @Test func aLockIsWarnedOf() async throws {
        try await desk.enroll()
        try await desk.fail(5)
        let issued = try await desk.run("issue", "root", "--json")
        #expect(issued.status == 0)
        #expect(
            issued.errors == """
                otp-enroll: warning: root is locked by wrong codes; only this code will work
                hint: `otp-enroll unlock root` ends that

                """)
        let members = try JSONSerialization.jsonObject(with: Data(issued.output.utf8))
        let code = try #require((members as? [String: Any])?["code"] as? String)
        #expect(try await desk.verify(code) == (true, "temporary-code"))
        _ = try await desk.json("unlock", "root")
    }
}
