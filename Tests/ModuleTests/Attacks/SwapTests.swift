import Foundation
import TestSupport
import Testing

/// Somebody who changes names in the store, and of the store, while others log in.
@Suite("Names that change meanwhile", .serialized)
struct SwapTests {
    @Test("A record that a link takes the place of: what it points to is never opened")
    func record() async throws {
        let enrolled = try Enrolled()
        let outside = try enrolled.scratch.folder("outside") + "/record"
        let link = enrolled.store + "/link"
        #expect(symlink(outside, link) == 0)
        try await logIn(
            enrolled, outside: outside, swapping: try enrolled.recordFile, link,
            copy: ["cp", "-a", try enrolled.recordFile, outside])
    }

    @Test("A store that a link takes the place of: what is in the other one is never opened")
    func store() async throws {
        let enrolled = try Enrolled()
        let outside = enrolled.scratch.file("outside"), link = enrolled.scratch.file("link")
        let number = URL(fileURLWithPath: try enrolled.recordFile).lastPathComponent
        #expect(symlink(outside, link) == 0)
        try await logIn(
            enrolled, outside: "\(outside)/\(number)", swapping: enrolled.store, link,
            copy: ["cp", "-aT", enrolled.store, outside])
    }

    /// Logs in for two seconds with codes that are right in the record, and in the copy of it that
    /// the link leads to.
    private func logIn(
        _ enrolled: Enrolled, outside: String, swapping first: String, _ second: String,
        copy: [String]
    ) async throws {
        let stack = try enrolled.stack()
        let swapper = try Swapper(first, second, in: enrolled.scratch)
        var granted = 0, refused = 0, swaps = 0
        let end = ContinuousClock.now + .seconds(2)
        while ContinuousClock.now < end || granted == 0 || refused == 0 {
            try #require(ContinuousClock.now < end + .seconds(60), "\(granted) in, \(refused) out")
            let codes = try enrolled.renewBackupCodes()
            try await Command.output(copy)
            let before = try Data(contentsOf: URL(fileURLWithPath: outside))
            let watch = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
            defer { close(watch) }
            try #require(inotify_add_watch(watch, outside, UInt32(IN_OPEN | IN_MODIFY)) >= 0)

            try swapper.start()
            let input =
                ["confdir \(stack.folder)", "service \(stack.service)", "fail-delay note"]
                + codes.map { "login \(enrolled.user) \($0)" } + ["rounds", "quit", ""]
            let done = try await Command.run(
                [try Build.product("pam-dialogue")], input: input.joined(separator: "\n"))
            swaps += try swapper.stop()

            var events = [UInt8](repeating: 0, count: 4096)
            #expect(read(watch, &events, events.count) < 0, "it was opened")
            #expect(try Data(contentsOf: URL(fileURLWithPath: outside)) == before)
            let tally = try JSONDecoder().decode(Tally.self, from: Data(done.output.utf8))
            // Each yes is a code that the record itself has lost.
            let left = try enrolled.read { $0.backupCodesLeft }
            #expect(codes.count - left == tally.granted, "\(done.output)")
            granted += tally.granted
            refused += codes.count - tally.granted
            let names = Set(tally.codes.map(\.name))
            #expect(names.isSubset(of: ["PAM_SUCCESS", "PAM_AUTHINFO_UNAVAIL"]), "\(names)")
        }
        #expect(swaps > 100, "\(swaps)")
    }

    /// What `rounds` prints.
    private struct Tally: Decodable {
        struct Code: Decodable { let name: String }
        let granted: Int
        let codes: [Code]
    }
}
