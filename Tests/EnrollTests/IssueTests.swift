import Foundation
import TestSupport
import Testing

/// A temporary code: its form, how long it is valid, and what ends it.
@Suite struct IssueTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    /// Issues a code and gives it.
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

    /// Issues a code that has to be valid for so many seconds from some moment of that on.
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
            refused.errors.hasPrefix("otp-enroll: the policy here allows 2 hours at most\nhint: "))
        #expect(desk.record == before)
        // A cap above the default does not lengthen it.
        _ = try await issue(validFor: 86_400, "--config", try policy("temporary_hours=72"))
    }

    @Test func itIsUsedOnceAndANewOneEndsIt() async throws {
        let (phone, backup) = try await desk.enroll()
        let (old, new) = (try await issue("root"), try await issue("root"))
        #expect(try await desk.verify(old) == (false, "wrong"))
        // As somebody types it who was told it on the telephone.
        let typed = new.lowercased().replacing("-", with: " ").replacing("0", with: "o")
        #expect(try await desk.verify(typed) == (true, "temporary-code"))
        #expect(try await desk.verify(new) == (false, "used-temporary-code"))
        let told = try #require(
            try await desk.json("status")["temporary_code"] as? [String: Any])
        #expect(told["used"] is String)
        #expect(
            try await desk.events()[0..<3]
                == ["failure", "temporary-code-used", "verified"])
        // What there was before works as before.
        #expect(try await desk.verify(backup[0]) == (true, "backup-code"))
        try await phone.settle()
        #expect(try await desk.verify(try await phone.code()) == (true, "code"))
    }

    @Test func itEndsWithItsTime() async throws {
        try await desk.enroll()
        let code = try await issue("root", "--valid", "10m")
        let late = try await desk.run(offClock: "+10m", "verify", "--json", input: code)
        #expect(late.status == 1)
        #expect(late.output.contains("\"reason\": \"expired\""), "\(late.output)")
        // A clock that was set back does not take it away.
        let early = try await desk.run(offClock: "-1h", "verify", "--json", input: code)
        #expect(early.status == 0, "\(early.output)")
        let next = try await issue("root", "--valid", "10m")
        let last = try await desk.run(offClock: "+500s", "verify", "--json", input: next)
        #expect(last.status == 0, "\(last.output)")
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
        #expect(again.errors == "otp-enroll: root has no temporary code that can be used\n")
        #expect(desk.record == before)
    }

    @Test func theListHasWhatCanBeUsed() async throws {
        let nobody = try await desk.json("issue", "--list")
        #expect((nobody["temporary_codes"] as? [Any])?.isEmpty == true)
        #expect(
            try await desk.run("issue", "--list").output
                == "Nobody has a temporary code that can be used.\n")
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

    @Test func whoNeverEnrolledGetsOneToo() async throws {
        let code = try await issue("daemon")
        let added = try await desk.enroll("daemon", "--name", "phone")
        #expect(added.codes.count == 10)
        #expect(try await desk.verify(code, of: "daemon") == (true, "temporary-code"))
        #expect(try await desk.verify(added.codes[9], of: "daemon") == (true, "backup-code"))
        // And without ever enrolling: what is issued logs in.
        let other = try await issue("bin")
        #expect(try await desk.verify(other, of: "bin") == (true, "temporary-code"))
        #expect(try await desk.verify(other, of: "bin").0 == false)
    }

    @Test func aLockIsWarnedOf() async throws {
        try await desk.enroll()
        try await desk.fail(5)
        let issued = try await desk.run("issue", "root", "--json")
        #expect(issued.status == 0)
        #expect(
            issued.errors == """
                otp-enroll: warning: root is locked by wrong codes, but for this one
                hint: `otp-enroll unlock root` ends that

                """)
        let members = try JSONSerialization.jsonObject(with: Data(issued.output.utf8))
        let code = try #require((members as? [String: Any])?["code"] as? String)
        #expect(try await desk.verify(code) == (true, "temporary-code"))
        _ = try await desk.json("unlock", "root")
    }

    @Test func sixHundredCodesAreAllDifferent() async throws {
        let words = try desk.words(["issue", "root"])
        let script = #"i=0; while [ $i -lt 600 ]; do "$@" || exit 1; i=$((i + 1)); done"#
        let told = try await Command.output(
            ["sh", "-c", script, "sh"] + words, within: .seconds(600))
        let codes = told.split(separator: "\n").compactMap { line in
            line.hasPrefix("Temporary code for root: ") ? line.split(separator: " ").last : nil
        }
        #expect(codes.count == 600 && Set(codes).count == 600)
        #expect(codes.allSatisfy(isCode))
        // Each of the 11 places behind the T has all of the 32 symbols: one of 352 is missing by
        // chance once in 500,000 runs.
        let symbols = codes.map { $0.filter { $0 != "-" } }
        for place in 1..<12 {
            #expect(Set(symbols.map { Array($0)[place] }).count == 32, "place \(place)")
        }
    }

    @Test func ofManyAtOnceTheLastCounts() async throws {
        let codes = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<10 { group.addTask { try await self.issue("daemon") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(codes).count == 10)
        // As many as there is room for.
        #expect(
            try await desk.events("daemon") == Array(repeating: "temporary-code-issued", count: 8))
        var reasons: [String] = []
        for code in codes {
            reasons.append(try await desk.verify(code, of: "daemon").1)
            _ = try await desk.json("unlock", "daemon")
        }
        #expect(reasons.count { $0 == "temporary-code" } == 1, "\(reasons)")
    }

    @Test(arguments: [
        ["issue"], ["issue", "root", "bin"], ["issue", "--list", "root"],
        ["issue", "root", "--list", "--revoke"], ["issue", "--revoke"],
        ["issue", "root", "--revoke", "--valid", "1h"], ["issue", "root", "--revoke", "--mail"],
        ["issue", "root", "--revoke", "--copy"], ["issue", "--list", "--valid", "1h"],
        ["issue", "--list", "--copy"], ["issue", "root", "--address", "a@example.com"],
        ["issue", "root", "--revoke", "--mail", "--address", "a@example.com"],
        ["issue", "root", "--mail", "--address", "a@b\nBcc: c@d"], ["issue", "root", "--yes"],
    ])
    func whatDoesNotGoTogetherIsWrongUsage(arguments: [String]) async throws {
        let done = try await Command.run(desk.words(arguments))
        #expect(done.status == 64 && done.output.isEmpty)
        #expect(done.errors.split(separator: "\n").count { $0.hasPrefix("otp-enroll: ") } == 1)
        #expect(!FileManager.default.fileExists(atPath: desk.store))
    }
}
