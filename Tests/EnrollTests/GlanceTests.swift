import Foundation
import OTPCore
import TestSupport
import Testing

/// `status`, `list` and `doctor` on a terminal: colors, relative times, and the terminal's width.
@Suite("The output on a terminal")
struct GlanceTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    private static let root = User(name: Array("root".utf8), uid: 0, gid: 0)
    private static let green = "\u{1b}[32m", yellow = "\u{1b}[33m", red = "\u{1b}[31m"
    private static let end = "\u{1b}[0m"

    /// A command's output on a terminal.
    private func shown(
        _ arguments: String..., environment: [String: String] = [:], columns: UInt16 = 80
    ) async throws -> String {
        let terminal = try Terminal(
            desk.words(arguments), environment: environment, columns: columns)
        #expect(try await terminal.finish() == 0)
        return await terminal.transcript
    }

    /// root with an authenticator that is some days old, and these events.
    private func enrolled(before times: [(Event.Kind, UInt64)] = []) throws {
        let now = UInt64(Date().timeIntervalSince1970)
        let events = times.map { kind, seconds in
            Event(
                kind, at: now - seconds, detail: Array("phone".utf8),
                origin: Array("sshd 192.0.2.7".utf8))
        }
        try desk.shelve(Self.root, events: events) {
            $0.added = now - 400 * 86_400
            $0.lastUsed = now - 3 * 86_400
        }
    }

    @Test("A time is not in words, or not in its natural unit")
    func times() async throws {
        let (minute, hour, day) = (UInt64(60), UInt64(3600), UInt64(86_400))
        try enrolled(before: [
            (.added, 900 * day), (.login, 100 * day), (.login, 3 * day), (.login, day + hour),
            (.login, 5 * hour + minute), (.failure, 2 * minute + 5), (.login, 5),
        ])
        let page = try await shown("status", environment: ["NO_COLOR": "1"])
        let rows = page.split(separator: "\n").filter { $0.hasSuffix("  phone  sshd 192.0.2.7") }
        let times = rows.map { $0.prefix { $0 != "," }.split(separator: #/ {2,}/#)[0] }
        #expect(
            times == [
                "just now", "2 minutes ago", "5 hours ago", "1 day ago", "3 days ago",
                "3 months ago", "2 years ago",
            ], "\(page)")
        #expect(page.contains(#/\nphone +totp  13 months ago  3 days ago\n/#), "\(page)")

        // A file has the time itself, as it may be read at any later time.
        let kept = try await desk.run("status").output
        #expect(kept.count { $0 == "\n" } == page.count { $0 == "\n" })
        let row = #/\nphone +totp  [\d-]{10} [\d:]{5}  [\d-]{10} [\d:]{5} \(3 days ago\)\n/#
        #expect(kept.contains(row), "\(kept)")
        #expect(!kept.contains("hours ago"), "\(kept)")
    }

    @Test("Something important has no color, or something else has one")
    func colors() async throws {
        try enrolled(before: [(.failure, 60), (.login, 60)])
        let page = try await shown("status")
        #expect(page.contains("\(Self.green)root is enrolled.\(Self.end)\n"), "\(page)")
        #expect(page.contains("\(Self.yellow)failure\(Self.end)  phone"), "\(page)")
        #expect(page.contains("\(Self.yellow)0 (`otp-enroll codes` makes new ones)\(Self.end)\n"))
        #expect(page.contains("Failures in a row: 0\n") && page.contains("login    phone"))
        try desk.fail(100, from: "192.0.2.66")
        let closed = try await shown("status")
        let words = "Failures in a row: \(Self.red)100; closed until an"
        #expect(closed.contains(words), "\(closed)")
        let row = try #require(
            try await shown("list").split(separator: "\n").first { $0.hasPrefix("root ") })
        #expect(row.contains("  \(Self.yellow)0\(Self.end)  "), "\(row)")
        #expect(row.contains("  \(Self.red)closed\(Self.end)  "), "\(row)")
        #expect(try await desk.run("reset", "root", "--yes").status == 0)
        #expect(try await shown("status").hasPrefix("\(Self.yellow)root is not enrolled. The "))
        #expect(try await shown("list").contains("\(Self.yellow)reset\(Self.end)"))
    }

    @Test("Colors change the text, or its position")
    func colorsAddNothing() async throws {
        try enrolled(before: [(.failure, 60), (.login, 60)])
        for command in ["status", "list"] {
            let colored = try await shown(command)
            let plain = try await shown(command, environment: ["NO_COLOR": "1"])
            #expect(colored.contains("\u{1b}[") && !plain.contains("\u{1b}"))
            // Other tests make and remove users meanwhile, whose names make room.
            func ours(_ page: String) -> [[Substring]] {
                page.split(separator: "\n").filter {
                    command == "status" || $0.hasPrefix("USER ") || $0.hasPrefix("root ")
                }.map { $0.split(separator: " ") }
            }
            let bare = colored.replacing(#/\x{1b}\[\d+m/#, with: "")
            #expect(ours(bare) == ours(plain) && ours(plain).count > 1)
        }
    }

    @Test(
        "Colors come where nobody wants them",
        arguments: [
            ["NO_COLOR": "1"], ["NO_COLOR": "0"], ["TERM": "dumb"], ["TERM": ""],
            ["TERM": "xterm-mono"],
        ])
    func noColors(environment: [String: String]) async throws {
        try enrolled(before: [(.failure, 60)])
        for command in ["status", "list"] {
            let page = try await shown(command, environment: environment)
            #expect(!page.contains("\u{1b}") && page.contains("root"))
        }
    }

    @Test("An empty NO_COLOR counts, or a script gets a color")
    func whoGetsColors() async throws {
        try enrolled(before: [(.failure, 60)])
        #expect(try await shown("status", environment: ["NO_COLOR": ""]).contains(Self.green))
        for arguments in [["status"], ["list"], ["status", "--json"], ["list", "--json"]] {
            let done = try await Command.run(desk.words(arguments))
            #expect(done.status == 0 && !done.output.contains("\u{1b}"), "\(arguments)")
        }
        #expect(try await !shown("status", "--json").contains("\u{1b}"))
    }

    @Test("A row or a sentence is wider than the terminal", arguments: [UInt16(40), 60, 80])
    func width(columns: UInt16) async throws {
        try enrolled(before: [(.failure, 60), (.temporaryCodeIssued, 60)])
        try desk.fail(100, from: "192.0.2.66")
        for command in ["status", "list"] {
            for environment in [[:], ["NO_COLOR": "1"]] {
                let page = try await shown(command, environment: environment, columns: columns)
                for line in page.replacing(#/\x{1b}\[\d+m/#, with: "").split(separator: "\n") {
                    #expect(line.count <= columns, "\(line)")
                }
                #expect(page.count { $0 == "\u{1b}" } % 2 == 0, "an open color")
            }
        }
    }

    @Test("The totals differ from the list")
    func counts() async throws {
        try Build.requireGround()
        let (alice, bob) = (try await Account.make("alice"), try await Account.make("bob"))
        try await desk.enroll(alice.name)
        try desk.fail(100, from: "192.0.2.66", of: try alice.user())
        let words = ["list", "--group", bob.name]
        let one = try Terminal(desk.words(words))
        #expect(try await one.finish() == 0)
        #expect(await one.transcript.hasSuffix("\n\n1 user: 0 enrolled, 1 not.\n"))
        let locked = try await shown("list", "--locked")
        #expect(locked.hasSuffix("\n\n1 user: 1 enrolled, 0 not, 1 locked.\n"), "\(locked)")
        #expect(try await !desk.run("list", "--locked").output.contains("1 user"))
    }
}
