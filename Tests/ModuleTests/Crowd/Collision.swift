import Foundation
import OTPCore
import OTPStore
import TestSupport
import Testing

extension Enrolled {
    /// Runs otp-enroll on the store, inside of `around`.
    func otpEnroll(
        _ words: [String], input: String = "", around: [String] = []
    ) async throws -> Command {
        try await Command.run(
            around + [Build.product("otp-enroll")] + words + ["--store", store], input: input)
    }
}

extension Command {
    /// A member of the JSON object that it printed.
    func member<Value>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
        let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
        return try #require((object as? [String: Any])?[name] as? Value, "\(output) \(errors)")
    }
}

/// Logins and commands that all wanted the same record at the same moment, and what it says of
/// them.
struct Collision {
    let answers: [String]
    let results: [DialogueResult]
    let words: [[String]]
    let commands: [Command]
    /// How often the record was written anew.
    let commits: Int
    /// What was written down of it, the first thing first, as far as the record has room for it.
    let events: [Event]
    /// How many of them waited for the lock when it was let go.
    let met: Int

    /// Brings them together; each of `commands` but `verify` has to succeed. `input` is what is
    /// typed into each.
    init(
        _ waiting: WaitingLogins, _ answers: [String], _ commands: [[String]], input: String = ""
    ) async throws {
        let enrolled = waiting.enrolled
        // What comes after this one is this collision's.
        let mark = Event(.exported, at: 1, detail: [], origin: Array("a test".utf8))
        try enrolled.change { $0.note(mark) }
        let before = try enrolled.generation
        try waiting.gather(answers.count)
        let gate = try RecordGate(enrolled.recordFile)
        let clerks = commands.map { words in
            Task { try await enrolled.otpEnroll(words, input: input) }
        }
        // They take longer to start than who waits at a prompt.
        _ = try await gate.gather(clerks.count, atMost: .seconds(2))
        try waiting.answer(answers)
        met = try await gate.gather(clerks.count + answers.count, atMost: .seconds(3))
        gate.open()
        results = try waiting.results(answers.count)
        var ends: [Command] = []
        for clerk in clerks { ends.append(try await clerk.value) }
        (words, self.commands) = (commands, ends)
        self.answers = answers
        for (end, words) in zip(ends, commands) where words[0] != "verify" {
            // What is added is void where something ended between its beginning and its end.
            let isVoid = words[0] == "add" && end.errors.contains("has changed meanwhile")
            #expect(end.status == 0 || isVoid, "\(words): \(end.errors)")
        }
        commits = Int(try enrolled.generation - before)
        events = try enrolled.read { record in
            let all = record.events.events
            return Array(all[(all.lastIndex(of: mark).map { $0 + 1 } ?? 0)...])
        }
    }

    /// How many got in.
    var yeses: Int { results.count { $0.name == "PAM_SUCCESS" } }

    /// How many got in by this answer.
    func yeses(_ answer: String) -> Int {
        zip(answers, results).count { $0 == answer && $1.name == "PAM_SUCCESS" }
    }

    /// How many events of this kind there are.
    func count(_ kind: Event.Kind) -> Int { events.count { $0.kind == kind } }

    /// Checks that each login and each of these changes is written down, and nothing else is; and
    /// that the throttle has counted what the events say. `isEnded` where the record may have ended
    /// in the midst of it: who came later was tried against none.
    func expectWhole(
        _ enrolled: Enrolled, _ changes: Event.Kind..., isEnded: Bool = false,
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let names = Set(results.map(\.name))
        #expect(names.isSubset(of: ["PAM_SUCCESS", "PAM_AUTH_ERR"]), sourceLocation: location)
        let wrong = try failures
        #expect(count(.login) == yeses, "\(kinds)", sourceLocation: location)
        let isCounted = isEnded ? count(.failure) <= wrong : count(.failure) == wrong
        #expect(isCounted, "\(kinds), \(wrong) were wrong", sourceLocation: location)
        let verified = try tries.count { try $0.member("accepted") == true }
        #expect(count(.verified) == verified, "\(kinds)", sourceLocation: location)
        for kind in Set(changes) {
            let wanted = changes.count { $0 == kind }
            #expect(count(kind) == wanted, "\(kinds)", sourceLocation: location)
        }
        let known: [Event.Kind] = [.login, .failure, .verified, .temporaryCodeUsed] + changes
        #expect(events.allSatisfy { known.contains($0.kind) }, "\(kinds)", sourceLocation: location)
        let pardons: [Event.Kind] = [.login, .verified, .unlocked, .reset]
        let counted = events.reversed().prefix { !pardons.contains($0.kind) }
            .count { $0.kind == .failure }
        #expect(
            try enrolled.read { Int($0.throttle.failures) } == counted, "\(kinds)",
            sourceLocation: location)
    }

    /// How many tries were made and refused: those that had to wait were none. What `verify`
    /// refuses is a failure like any other.
    var failures: Int {
        get throws {
            let refused = try tries.filter { try $0.member("accepted") == false }
                .count { try $0.member("reason") != "throttled" }
            let waits = results.count { $0.said.contains { $0.hasPrefix("Too many wrong codes.") } }
            return results.count - yeses - waits + refused
        }
    }

    /// What `verify` was told to try.
    private var tries: [Command] { zip(words, commands).filter { $0.0[0] == "verify" }.map(\.1) }

    private var kinds: [String] { events.map(\.kind.name) }
}

extension Enrolled {
    /// The number of the last commit: the higher one of the two slots (docs/FILEFORMAT.md).
    var generation: UInt64 {
        get throws {
            let bytes = try self.bytes
            return [4096, 8192].map { offset in
                bytes[offset..<offset + 8].reduce(0) { $0 << 8 | UInt64($1) }
            }.max() ?? 0
        }
    }
}
