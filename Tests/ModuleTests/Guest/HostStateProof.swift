import Foundation
import TestSupport
import Testing

/// A process before and after a login: descriptors and their flags, signals, IDs, limits, timers,
/// keyrings, locale and everything else that pam-dialogue's `hostcheck` prints.
@Suite("The state of a host, before and after a login of each kind")
struct HostStateProof {
    /// What grows and shrinks with memory use; `Guest` checks that over many logins.
    private static let memory: Set = ["rss_kb", "data_kb", "heap_end", "mappings"]

    private func state(_ line: Substring) throws -> [String: String] {
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
        let fields = try #require(object as? [String: Any], "\(line)")
        return fields.filter { !Self.memory.contains($0.key) }.mapValues { "\($0)" }
    }

    private func changes(_ before: [String: String], _ after: [String: String]) -> Set<String> {
        Set(Set(before.keys).union(after.keys).filter { before[$0] != after[$0] })
    }

    /// pam-dialogue's output for these commands.
    private func lines(_ commands: [String], around: [String] = []) async throws -> [Substring] {
        let done = try await Command.run(
            around + [try Build.product("pam-dialogue")],
            input: (commands + ["quit", ""]).joined(separator: "\n"))
        try #require(done.status == 0, "\(done.output) \(done.errors)")
        return done.output.split(separator: "\n")
    }

    @Test("A login changes something in its host")
    func isTheSame() async throws {
        // libc keeps its connection to the log once it has one.
        _ = try SystemLog.shared()
        let enrolled = try Enrolled(), newcomer = try Enrolled(user: "games", in: enrolled.scratch)
        try newcomer.forget()
        let temporary = try enrolled.issue()
        let kinds: [(arguments: String, commands: [String], result: String)] = [
            ("", ["answer \(try await enrolled.phone.code())"], "PAM_SUCCESS"),
            ("", ["answer \(try await enrolled.wrongCode())"], "PAM_AUTH_ERR"),
            ("", ["answer \(enrolled.backupCodes[0])"], "PAM_SUCCESS"),
            ("", ["answer \(temporary)"], "PAM_SUCCESS"),
            ("", ["conv-error"], "PAM_CONV_ERR"),
            ("", ["answer-size 100000"], "PAM_AUTH_ERR"),
            ("", ["user nobody-of-this-name", "answer 123456"], "PAM_AUTH_ERR"),
            ("retry=3", ["answer 1", "answer 2", "answer 3"], "PAM_AUTH_ERR"),
            ("forward_pass", ["answer word\(enrolled.backupCodes[1])"], "PAM_SUCCESS"),
            ("nullok", ["user games"], Stack.ignored),
            (
                "enroll=offer", LoginKey().login + ["user games", "answer i", "answer "],
                Stack.ignored
            ),
            ("store=/nowhere", ["answer 123456"], "PAM_AUTHINFO_UNAVAIL"),
            ("no-such-option", [], "PAM_AUTHINFO_UNAVAIL"),
        ]
        for kind in kinds {
            let stack = try enrolled.stack(kind.arguments)
            let start = ["confdir \(stack.folder)", "service login", "fail-delay note"]
            // One login before, for what libpam and libc keep after their first use.
            let lines = try await lines(
                start
                    + ["user nobody-of-this-name", "answer ", "go authenticate", "forget"]
                    + ["user \(enrolled.user)"]
                    + ["hostcheck"] + kind.commands + ["go authenticate setcred", "hostcheck"])
            try #require(lines.count == 5, "\(lines)")
            #expect(lines[2].contains("\"\(kind.result)\""), "\(kind): \(lines[2])")
            let (before, after) = (try state(lines[1]), try state(lines[4]))
            #expect(before.count > 30)
            #expect(changes(before, after) == [], "\(kind): \(before) \(after)")
        }
        try Proof.tell(
            "Hostile hosts", "State of the process before and after a login",
            "\(kinds.count) kinds of logins, 35 things each: none changed")
    }
}
