import Foundation
import TestSupport
import Testing

/// The progress bar of long commands: on a terminal, and nowhere else.
@Suite struct ProgressTests {
    let desk: Desk

    init() async throws {
        desk = try Desk()
        _ = try await Account.make("slow")
    }

    /// Words that read every home on a slow disk: each file takes time to open, and longer if there
    /// are few homes, so that the whole takes some seconds.
    private func words() throws -> [String] {
        let users = try String(contentsOfFile: "/etc/passwd", encoding: .utf8)
            .split(separator: "\n").count
        let delay = "inject=openat:delay_enter=\(max(700, 60_000 / users))"
        return try ["strace", "-o", "/dev/null", "-e", "trace=openat", "-e", delay]
            + desk.words(["import", "--from", "google-authenticator", "--all", "--dry-run"])
    }

    @Test func aTerminalShowsTheBarAndLosesIt() async throws {
        let terminal = try Terminal(try words())
        try await terminal.expect("Reading homes  [")
        _ = try await terminal.finish()
        let shown = await terminal.transcript
        let parts = shown.components(separatedBy: "\r\u{1b}[K")
        // Each drawing begins at the line's start on an empty line; the last one removes the bar.
        #expect(parts.count >= 3)
        #expect(parts.dropFirst().dropLast().allSatisfy { $0.contains("% of ") && $0.count < 80 })
        #expect(parts.first?.contains("%") == false && parts.last?.contains("%") == false)
    }

    @Test func nobodyElseIsShownTheBar() async throws {
        let done = try await Command.run(words())
        #expect(!done.errors.contains("Reading homes") && !done.errors.contains("\u{1b}"))
        #expect(!done.output.contains("Reading homes") && !done.output.contains("\u{1b}"))
        let dumb = try Terminal(try words(), environment: ["TERM": "dumb"])
        _ = try await dumb.finish()
        #expect(await !dumb.transcript.contains("\u{1b}"))
    }
}
