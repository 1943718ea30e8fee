import Foundation
import TestSupport
import Testing

/// `resync`: two codes find a device again whose clock or counter has drifted away.
@Suite struct ResyncTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    private func resync(
        _ first: String, _ second: String, _ arguments: String...
    ) async throws -> Command {
        try await Command.run(
            desk.words(["resync"] + arguments), input: "\(first)\n\(second)\n")
    }

    /// A wrong time zone, a clock that was not set for years.
    @Test(arguments: [5 * 3600, -5 * 3600, 1800, -90, 43_140, -43_140])
    func aClockIsFound(seconds: Int) async throws {
        let phone = try await desk.enroll().phone
        try await phone.settle(for: 20)
        let now = Int(Date().timeIntervalSince1970) + seconds
        let codes = try await [0, 30, 60].asyncMap { try await phone.code(at: now + $0) }
        #expect(try await desk.verify(codes[0]).0 == false)
        let found = try await resync(codes[0], codes[1], "--json")
        #expect(found.status == 0, "\(found.errors)")
        let object = try JSONSerialization.jsonObject(with: Data(found.output.utf8))
        let members = try #require(object as? [String: Any])
        #expect(Set(members.keys) == ["user", "name", "drift", "counter"])
        #expect(members["name"] as? String == "phone" && members["counter"] is NSNull)
        // The second code counts as the current one.
        #expect(members["drift"] as? Int == seconds / 30 + 1)
        // Both are burned (the first was refused before), and the next one logs in.
        #expect(try await desk.verify(codes[0]) == (false, "repeated"))
        #expect(try await desk.verify(codes[1]) == (false, "replayed"))
        #expect(try await desk.verify(codes[2]) == (true, "code"))
        let events = try await desk.events()
        #expect(events.contains("resynchronized"))
        let status = try await desk.json("status")
        let phones = try #require(status["authenticators"] as? [[String: Any]])
        #expect(phones[0]["drift"] as? Int == seconds / 30 + 1)
    }

    @Test func whatDoesNotFitIsRefusedAndCounted() async throws {
        let phone = try await desk.enroll().phone
        try await phone.settle(for: 20)
        let now = Int(Date().timeIntervalSince1970) + 7200
        let (one, two) = (try await phone.code(at: now), try await phone.code(at: now + 30))
        let apart = try await phone.code(at: now + 60)
        for (first, second) in [(two, one), (one, one), (one, apart)] {
            let refused = try await resync(first, second, "root")
            #expect(refused.status == 1 && refused.output.isEmpty)
            #expect(
                refused.errors == """
                    otp-enroll: refused: these are not two consecutive codes of any device of root
                    hint: they must be from the same device, in order

                    """)
        }
        #expect(try await desk.json("status")["failures"] as? Int == 3)
        #expect(try await resync(one, two).status == 0)
        #expect(try await desk.json("status")["failures"] as? Int == 0)
        // The same two once more: they are burned.
        let again = try await resync(one, two)
        #expect(again.status == 1)
        #expect(
            again.errors.hasPrefix(
                "otp-enroll: refused: this code, or a later one, was already used"))
        // With too many failures, nothing is tried.
        try await desk.fail(4)
        let late = try await resync(apart, try await phone.code(at: now + 90))
        #expect(late.status == 1)
        #expect(late.errors.hasPrefix("otp-enroll: not checked: too many wrong codes"))
    }

    @Test(arguments: [
        "", "\n", "123456\n", "123456\n\n", "123456\n12345\n", "123456\n12345678\n",
        "abcdef\n123456\n", "123456\n0ZZZZ-ZZZZZ-ZZZZZ\n", "\u{1b}[2J\n123456\n",
        String(repeating: "1", count: 5000) + "\n123456\n",
    ])
    func junkIsNoGuess(input: String) async throws {
        try await desk.enroll()
        let before = desk.record
        let done = try await desk.run("resync", input: input)
        #expect(done.status == 1 && done.output.isEmpty)
        #expect(
            done.errors == """
                otp-enroll: type two codes of 6 to 8 digits, one after the other
                hint: wait until the device shows the next one

                """)
        #expect(desk.record == before)
    }
}

extension Array {
    /// An asynchronous `map`.
    func asyncMap<Result>(_ change: (Element) async throws -> Result) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await change(element)) }
        return results
    }
}
