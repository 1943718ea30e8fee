import Foundation
import OTPCore
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

    /// The bars of commands whose service is slow, because of a slow disk or many records.
    @Test(
        arguments: [
            (["list"], ["Reading records  ["]), (["issue", "--list"], ["Reading records  ["]),
            (["move", "--all", "--yes", "--map", "map"], ["Looking  [", "Moving  ["]),
            (
                ["export", "--format", "json", "--reveal-secrets", "--output", "out"],
                ["Reading records  [", "Writing down the export  ["]
            ),
        ])
    func slowWorkShowsItsBars(words: [String], bars: [String]) async throws {
        let names = try String(contentsOfFile: "/etc/passwd", encoding: .utf8)
            .split(separator: "\n").compactMap { $0.split(separator: ":").first }
            .map(String.init).filter { $0 != "root" }.prefix(15)
        if words.first == "move" {
            let lines = names.enumerated().map { "gone\($0) \($1)\n" }
            _ = try desk.scratch.write(lines.joined(), to: "map")
        } else {
            for name in names { try desk.shelve(Self.user(name)) }
        }
        // The rows come in pages of 48.
        for number in 0..<UInt32(words.first == "export" ? 0 : 50) {
            let name = Array("gone\(number)".utf8)
            try desk.shelve(User(name: name, uid: 50_000 + number, gid: 100))
        }
        // An export takes a few records at a time, a move many files.
        let delay = ["export": 100_000, "move": 15_000][words[0]] ?? 40_000
        let service = try WrappedService(
            in: desk.scratch,
            behind: "strace -f -o /dev/null -e trace=openat"
                + " -e inject=openat:delay_enter=\(delay)")
        let arguments = words.map { ["map", "out"].contains($0) ? desk.scratch.file($0) : $0 }
        let terminal = try Terminal(desk.words(arguments, by: service.program))
        for bar in bars { try await terminal.expect(bar) }
        _ = try await terminal.finish()
        let rest = await terminal.transcript.components(separatedBy: "\r\u{1b}[K").last
        #expect(rest?.contains("% of") == false)
    }

    private static func user(_ name: String) throws -> User {
        let (uid, gid) = try Account.numbers(of: name)
        return User(name: Array(name.utf8), uid: uid, gid: gid)
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
