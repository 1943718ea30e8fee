import Foundation
import TestSupport
import Testing

/// Commands that end before they are through; those killed at a system call of their work are in
/// `KilledCommandProof`.
@Suite struct InterruptionTests {
    /// The calls that change something or say something, and the one that begins the work. strace
    /// counts each on its own.
    private static let calls = [
        "flock", "pwrite64", "pwritev", "fdatasync", "fsync", "ftruncate", "fallocate", "linkat",
        "link", "unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdirat", "sendto",
        "write",
    ]

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
