import Foundation
import TestSupport
import Testing

/// Commands that end early; those killed at a system call are in `KilledCommandProof`.
@Suite struct InterruptionTests {
    /// Leaving a question with Ctrl-C gives no answer.
    @Test(arguments: [
        ["verify"], ["resync"], ["codes"], ["disable"], ["reset", "root"], ["remove", "phone"],
    ])
    func aQuestionIsLeftWithoutAChange(words: [String]) async throws {
        let desk = try Desk()
        try await desk.enroll()
        try await desk.enroll("--name", "tablet")
        let before = desk.record
        // Ctrl-C, and Ctrl-\, at which Swift's runtime would start its backtrace.
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
}
