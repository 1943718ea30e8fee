import Foundation
import TestSupport
import Testing

/// A command that is killed at any system call of its work leaves the record as before or as
/// after.
@Suite struct InterruptionTests {
    /// The calls that change something or say something, and the one that begins the work. strace
    /// counts each on its own.
    private static let calls = [
        "flock", "pwrite64", "pwritev", "fdatasync", "fsync", "ftruncate", "fallocate", "linkat",
        "link", "unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdirat", "sendto",
        "write",
    ]

    /// What `status` tells but for the times.
    private struct State: Equatable {
        let enrolled: Bool
        let names: [String]
        let codesLeft: Int
        let temporary: String
        let failures: Int
        let events: [String]

        init(_ told: [String: Any]) throws {
            enrolled = try #require(told["enrolled"] as? Bool)
            let list = try #require(told["authenticators"] as? [[String: Any]])
            names = list.compactMap { $0["name"] as? String }
            codesLeft = try #require(told["backup_codes_left"] as? Int)
            let code = told["temporary_code"] as? [String: Any]
            temporary = code.map { $0["used"] is String ? "used" : "live" } ?? "none"
            failures = try #require(told["failures"] as? Int)
            let log = try #require(told["events"] as? [[String: Any]])
            events = log.compactMap { $0["event"] as? String }
        }
    }

    /// A command, and whom it is about.
    struct Work: CustomStringConvertible, Sendable {
        let words: [String]
        let user: String

        var description: String { words.joined(separator: " ") }
    }

    static let work = [
        Work(words: ["issue", "root"], user: "root"),
        Work(words: ["issue", "root", "--revoke"], user: "root"),
        Work(words: ["issue", "daemon"], user: "daemon"),
        Work(words: ["reset", "root"], user: "root"),
        Work(words: ["unlock", "root"], user: "root"),
        Work(words: ["codes", "--yes"], user: "root"),
        Work(words: ["remove", "--yes", "tablet"], user: "root"),
        Work(words: ["disable", "--yes"], user: "root"),
        Work(words: ["add", "--no-confirm"], user: "root"),
        Work(words: ["add", "daemon", "--no-confirm"], user: "daemon"),
        Work(words: ["import", "--from", "otpauth", "--user", "root", "URIS"], user: "root"),
        Work(words: ["import", "--from", "otpauth", "--user", "daemon", "URIS"], user: "daemon"),
    ]

    @Test(arguments: work)
    func theRecordIsAsBeforeOrAsAfter(work: Work) async throws {
        let desk = try Desk()
        try await desk.enroll()
        let codes = try await desk.enroll("--name", "tablet", "daemon").codes
        if work.user == "daemon" { try FileManager.default.removeItem(atPath: desk.store + "/1") }
        #expect(codes.count == 10)
        try await desk.enroll("--name", "tablet")
        _ = try await desk.json("issue", "root")
        try await desk.fail(2)
        let uris = try desk.scratch.write(
            "otpauth://totp/a:root?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n", to: "uris")
        let command = try desk.words(work.words.map { $0 == "URIS" ? uris : $0 })
        let saved = desk.scratch.file("saved")
        try await Command.output(["cp", "-a", desk.store, saved])

        let before = try State(try await desk.json("status", work.user))
        try await Command.output(command)
        let after = try State(try await desk.json("status", work.user))
        #expect(before != after)

        var killed = 0
        var seen: [Bool] = []
        for call in Self.calls {
            for number in 1...40 {
                try await Command.output(["rm", "-rf", desk.store])
                try await Command.output(["cp", "-a", saved, desk.store])
                let done = try await Command.run(
                    [
                        "strace", "-f", "-o", "/dev/null", "-e", "trace=\(call)", "-e",
                        "inject=\(call):signal=KILL:when=\(number)",
                    ] + command)
                let place = "\(call) \(number) of \(work)"
                let state = try State(try await desk.json("status", work.user))
                #expect(state == before || state == after, "\(place): \(state)")
                if done.status == 0 { break }
                #expect(done.status == 128 + SIGKILL, "\(place): \(done.errors)")
                killed += 1
                seen.append(state == after)
                // Whoever types it once more, gets it; and what was half made is gone.
                if state == before { try await Command.output(command) }
                let files = try FileManager.default.contentsOfDirectory(atPath: desk.store)
                #expect(files.allSatisfy { ["0", "1", "seal.key"].contains($0) }, "\(place)")
                #expect(number < 40, "\(place): it never ends")
            }
        }
        #expect(killed >= 4 && Set(seen).count == 2, "\(work): killed \(killed) times")
    }

    /// Whoever leaves a question with Ctrl-C has said nothing.
    @Test(arguments: [
        ["verify"], ["resync"], ["codes"], ["disable"], ["reset", "root"], ["remove", "phone"],
    ])
    func aQuestionIsLeftWithoutAChange(words: [String]) async throws {
        let desk = try Desk()
        try await desk.enroll()
        try await desk.enroll("--name", "tablet")
        let before = desk.record
        // Ctrl-C, and Ctrl-\, at which Swift's runtime would begin to debug.
        for key in ["\u{3}", "\u{1c}"] {
            let terminal = try Terminal(desk.words(words))
            _ = try await terminal.expectAny([": ", "[y/N] "])
            try await terminal.send("12" + key)
            #expect(try await terminal.finish() > 128)
            #expect(desk.record == before)
        }
        let terminal = try Terminal(desk.words(words))
        _ = try await terminal.expectAny([": ", "[y/N] "])
        terminal.child.signal(SIGHUP)
        #expect(try await terminal.finish() > 128)
        #expect(desk.record == before)
    }

    /// A reset of a record that nobody can open ends as it began, or with nothing that logs in.
    @Test func aRuinedRecordIsRuinedOrGone() async throws {
        let desk = try Desk()
        try await desk.enroll()
        try await desk.enroll("daemon")
        truncate(desk.store + "/0", 1000)
        let saved = desk.scratch.file("saved")
        try await Command.output(["cp", "-a", desk.store, saved])
        var ends: Set<String> = []
        for call in Self.calls {
            for number in 1...40 {
                try await Command.output(["rm", "-rf", desk.store])
                try await Command.output(["cp", "-a", saved, desk.store])
                let done = try await Command.run(
                    [
                        "strace", "-f", "-o", "/dev/null", "-e", "trace=\(call)", "-e",
                        "inject=\(call):signal=KILL:when=\(number)",
                    ] + desk.words(["reset", "root"]))
                let status = try await desk.run("status", "--json")
                if status.status == 0 {
                    #expect(status.output.contains("\"enrolled\": false"))
                    ends.insert(status.output.contains("\"reset\"") ? "reset" : "gone")
                } else {
                    #expect(desk.record?.count == 1000, "\(call) \(number): \(status.errors)")
                    ends.insert("ruined")
                }
                if done.status == 0 { break }
                #expect(number < 40)
            }
        }
        #expect(ends.contains("ruined") && ends.contains("reset"))
    }
}
