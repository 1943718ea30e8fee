import Foundation
import TestSupport
import Testing

/// The module is a guest in its host: it leaves everything as it found it.
@Suite("A guest in its host")
struct GuestTests {
    /// The process state printed by `hostcheck`, without what the kernel counts late.
    private func state(_ line: Substring) throws -> [String: String] {
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
        let fields = try #require(object as? [String: Any])
        return fields.filter { !["rss_kb"].contains($0.key) }
            .mapValues { "\($0)" }
    }

    /// The differences between two such states.
    private func changes(_ before: Substring, _ after: Substring) throws -> [String] {
        let (before, after) = (try state(before), try state(after))
        return Set(before.keys).union(after.keys).sorted().compactMap { key in
            let (old, new) = (before[key] ?? "-", after[key] ?? "-")
            return old == new ? nil : "\(key): \(old) -> \(new)"
        }
    }

    /// Runs `commands` in one process as the enrolled user; returns the printed lines.
    private func lines(
        _ enrolled: Enrolled, _ commands: String, arguments: String = "",
        replies: [String] = ["answer not-a-code"], within limit: Duration = .seconds(30)
    ) async throws -> [Substring] {
        // libc keeps its connection to the log once it has one.
        _ = try SystemLog.shared()
        let stack = try enrolled.stack(arguments)
        let input = """
            confdir \(stack.folder)
            service \(stack.service)
            user \(enrolled.user)
            \(replies.joined(separator: "\n"))
            \(commands)
            quit

            """
        let done = try await Command.run(
            [try Build.product("pam-dialogue")], input: input, within: limit)
        try #require(done.status == 0, "\(done.output) \(done.errors)")
        return done.output.split(separator: "\n")
    }

    @Test("300 rounds of loading, refusing and unloading leave something in the process")
    func manyRounds() async throws {
        // Refused before anything is counted, so that every round takes the same path.
        let lines = try await lines(
            try Enrolled(), "rounds 50\nhostcheck\nrounds 300\nhostcheck", within: .seconds(120))
        try #require(lines.count == 4, "\(lines)")
        #expect(lines[2].contains("\"rounds\":300"))
        let changed = try changes(lines[1], lines[3])
        #expect(changed.isEmpty, "\(changed)")
    }

    @Test("successful logins in one process leave a descriptor, thread or signal handler behind")
    func logins() async throws {
        let enrolled = try Enrolled()
        let logins = enrolled.backupCodes.map { "answer \($0)\ngo authenticate setcred\n" }.joined()
        let lines = try await lines(
            enrolled, "go authenticate\nhostcheck\n\(logins)hostcheck")
        try #require(lines.count == 23, "\(lines)")
        #expect(lines.filter { $0.contains("\"PAM_SUCCESS\"") }.count == 20)
        let changed = try changes(lines[1], lines[22])
        #expect(changed.isEmpty, "\(changed)")
    }

    @Test("setcred fails or writes something")
    func setCredentials() async throws {
        let enrolled = try Enrolled()
        let before = try enrolled.bytes
        let results = try await enrolled.stack().run(["user \(enrolled.user)", "go setcred"])
        #expect(results.map(\.name) == ["PAM_SUCCESS"])
        #expect(try enrolled.bytes == before)
    }
}
