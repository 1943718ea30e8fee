import Foundation
import TestSupport
import Testing

/// Callers who mean harm, against the real program.
@Suite("swiftotp-helper: hostile callers")
struct HostileTests {
    @Test("A second connection races the first: one enrolls, the other is told, and no proof moves")
    func race() async throws {
        let helper = try await Helper()
        let client = try Client(helper, try await Account.make("racer"))
        let ends = try await withThrowingTaskGroup(of: [Reply].self) { group in
            for _ in 0..<8 {
                group.addTask { try await client.run("begin", "wait 1", "confirm =", "codes") }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let kept = ends.filter { $0.count == 3 && $0[1].kind == "kept" }
        #expect(kept.count == 1)
        // The losers began in time and were too late, or found the user enrolled at once.
        #expect(ends.filter { $0[1].kind == "denied" && [1, 7].contains($0[1].why) }.count == 7)
        #expect(ends.allSatisfy { $0[2].why == 1 })
        let status = try await client.run("status")
        #expect(status[0].authenticators == ["phone"])
        try await helper.rest()
    }

    @Test("Proof is not shared with a second connection of the same user")
    func proofStays() async throws {
        let helper = try await Helper()
        let client = try Client(helper, try await Account.make("prover"))
        let codes = try await client.enroll()
        async let proven = client.run("prove \(codes[0])", "wait 2", "codes")
        try await Task.sleep(for: .seconds(1))
        let other = try await client.run("codes", "disable", "remove phone")
        #expect(other.allSatisfy { $0.why == 1 })
        #expect(try await proven[1].kind == "codes")
    }

    @Test(
        "Bytes that are no request end the connection, and change nothing",
        arguments: [
            "0000", "0101", "ffff", "0002ff01", "000201ff", "00020180", "000301010a",
            "0003010300", "00040103ff31", "000a0105010106001e000000", "474554202f20485454500d0a",
        ])
    func noRequest(bytes: String) async throws {
        let helper = try await Helper()
        let client = try Client(helper, try await Account.make("garbled"))
        try await client.enroll()
        let before = try await client.record
        // What is short is cut off by the client's end; then there is nobody to reply to.
        let replies = try await client.run("raw \(bytes)", "end", "reply")
        #expect(replies.allSatisfy { $0.kind == "end" || $0.why == 9 || $0.outcome == 23 })
        #expect(replies.last?.kind == "end")
        #expect(try await client.record == before)
        try await helper.rest(within: .seconds(5))
    }

    @Test("Random bytes, and a megabyte in one line")
    func noise() async throws {
        let helper = try await Helper()
        let client = try Client(helper, try await Account.make("noisy"))
        try await client.enroll()
        let before = try await client.record
        var random = SystemRandomNumberGenerator()
        for size in [1, 2, 3, 16, 300, 5000] {
            let bytes = (0..<size).map { _ in String(format: "%02x", random.next() as UInt8) }
            _ = try await client.run("raw \(bytes.joined())", "end")
        }
        let megabyte = String(repeating: "41", count: 1 << 20)
        let replies = try await client.run("raw \(megabyte)", "reply", "reply")
        #expect(replies.first?.kind == "end" || replies.first?.why == 9)
        #expect(replies.last?.kind == "end")
        #expect(try await client.record == before)
        try await helper.rest(within: .seconds(5))
    }

    @Test("Half a request, and none: dropped after ten seconds")
    func silence() async throws {
        let helper = try await Helper()
        let client = try Client(helper, try await Account.make("silent"))
        for steps in [
            ["reply"], ["raw 00", "reply"], ["raw 0002", "reply"], ["raw 000201", "reply"],
        ] {
            let start = ContinuousClock.now
            let replies = try await client.run(steps)
            #expect(replies.map(\.kind) == ["end"])
            let time = ContinuousClock.now - start
            #expect((.seconds(9)...(.seconds(40))).contains(time), "\(steps) took \(time)")
        }
        try await helper.rest(within: .seconds(2))
    }

    @Test("A client that drips its request byte by byte has ten seconds, too")
    func dripping() async throws {
        let helper = try await Helper()
        let client = try Client(helper, try await Account.make("dripping"))
        let drip = (0..<12).flatMap { _ in ["raw 00", "wait 1"] }
        let start = ContinuousClock.now
        // A length of 0 is none: so the second byte already ends it.
        let replies = try await client.run(drip + ["reply"])
        #expect(replies.first?.why == 9 || replies.first?.kind == "end")
        let longer = ["raw 00ff"] + (0..<12).flatMap { _ in ["raw 01", "wait 1"] } + ["reply"]
        #expect(try await client.run(longer).map(\.kind) == ["end"])
        #expect(ContinuousClock.now - start < .seconds(100))
        try await helper.rest(within: .seconds(2))
    }

    @Test("More than 200 requests")
    func tooMany() async throws {
        let helper = try await Helper()
        let client = try Client(helper, try await Account.make("asking"))
        let body = String(repeating: "00020101", count: 250)
        let replies = try await client.run(
            ["raw \(body)"] + [String](repeating: "reply", count: 202))
        #expect(replies.count(where: { $0.kind == "flag" }) == 200)
        #expect(replies.last?.kind == "end")
    }

    @Test("A peer that dies at each step of enrolling leaves no trace until the last")
    func dying() async throws {
        let helper = try await Helper()
        let client = try Client(helper, try await Account.make("dying"))
        let steps = ["enrolled", "begin", "confirm 000000", "raw 0008010606"]
        for count in 0...steps.count {
            try await client.run(Array(steps[..<count]) + ["leave"])
            try await helper.rest()
            #expect(try await client.record.isEmpty)
        }
        // Enrolled: the same for a second phone.
        let codes = try await client.enroll()
        let names = try await client.run("status").first?.authenticators
        for count in 1...3 {
            let steps = ["prove \(codes[count])", "begin tablet", "confirm 000000"]
            try await client.run(Array(steps[..<count]) + ["leave"])
            try await helper.rest()
            let status = try await client.run("status")
            #expect(status[0].authenticators == names)
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: helper.store)
        #expect(left.count == 2, "\(left)")
    }

    @Test("Files that are sent along are not kept")
    func files() async throws {
        let helper = try await Helper()
        let client = try Client(helper, try await Account.make("sender"))
        let held = Task { try await client.run("files", "wait 5", "files", "wait 5", "enrolled") }
        let server = try await patiently("a helper to serve") { helper.serving.first }
        try await Task.sleep(for: .seconds(2))
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(server)/fd")
        #expect(open.count <= 4, "\(open)")
        let replies = try await held.value
        #expect(replies.map(\.kind) == ["flag", "flag", "flag"])
        try await helper.rest()
    }
}
