import Foundation
import OTPWire
import Testing

@testable import FleetNetwork

/// `swiftotp-server move`: all who were renamed, by a map.
@Suite("Users of a whole map who were renamed", .serialized)
struct MoveCommandTests {
    /// A fleet with so many users, and a host that asks.
    private func fleet(_ users: Int) async throws -> LiveFleet {
        let fleet = try await LiveFleet()
        try await fleet.open()
        try fleet.startAgent()
        try fleet.enroll(users)
        #expect(await eventually { await fleet.isReady() })
        return fleet
    }

    private func map(_ text: String, in fleet: LiveFleet) throws -> String {
        let path = "\(fleet.folder)/map"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func move(
        _ map: String, _ words: [String] = [], in fleet: LiveFleet
    ) async throws -> String {
        try await fleet.command(["move", "--map", map] + words)
    }

    /// Who is in the fleet, as `users` lists them.
    private func users(_ fleet: LiveFleet) async throws -> [String] {
        try await fleet.server("users").split(separator: "\n").dropFirst()
            .map { String($0.prefix { $0 != " " }) }
    }

    /// The rows of the audit about moves.
    private func moves(_ fleet: LiveFleet) async throws -> [Substring] {
        try await fleet.server("audit").split(separator: "\n").filter { $0.contains(" moved ") }
    }

    /// Tries the code of the phone until it is judged; how it ended.
    private func login(_ name: String, _ uid: UInt32, at fleet: LiveFleet) async throws -> String {
        let code = LiveFleet.code
        for attempt in 0..<10 {
            guard case .judged(let judgement)? = try? await fleet.judge(code, of: name, uid: uid)
            else { continue }
            // The first yes may have had no answer in time.
            let reason = judgement.outcome.reason
            return attempt > 0 && reason == "replayed" ? "code" : reason
        }
        throw Built.Failure(description: "nothing is judged")
    }

    @Test("A dry run moves, a moved user cannot log in, or a line that was moved is in the way")
    func story() async throws {
        let fleet = try await fleet(3)
        try await fleet.server("role", "user0", "auditor")
        let path = try map(
            "# old new\nuser0 user0@example.com\n2001 user1@example.com\n", in: fleet)
        let dry = try await move(path, ["--dry-run"], in: fleet)
        #expect(dry.contains(#/\n2 +user0 +user0@example\.com +would be moved\n/#), "\(dry)")
        #expect(
            dry.hasSuffix("2 of 2 would be moved. This was a dry run: nothing was changed.\n"))
        #expect(try await users(fleet) == ["user0", "user1", "user2"])
        #expect(try await moves(fleet).isEmpty)

        let done = try await move(path, ["--yes"], in: fleet)
        #expect(done.hasSuffix("\n2 of 2 moved.\n"), "\(done)")
        let all = ["user0@example.com", "user1@example.com", "user2"]
        #expect(try await users(fleet) == all)
        #expect(
            try await fleet.server("users").contains(#/\nuser0@example\.com +2000 .* auditor\n/#))
        let rows = try await moves(fleet)
        #expect(rows.count == 2 && rows[0].contains("granted user0 (2000)"), "\(rows)")
        #expect(rows.allSatisfy { $0.contains("swiftotp-server on ") }, "\(rows)")
        #expect(try await login("user0@example.com", 2000, at: fleet) == "code")
        #expect(try await login("user0", 2000, at: fleet) == "no-record")

        // The whole map again, with one line more.
        let longer = try map(
            "user0 user0@example.com\n2001 user1@example.com\nuser2 user2@example.com\n",
            in: fleet)
        let more = try await move(longer, in: fleet)
        #expect(more.matches(of: #/moved already, on 20/#).count == 2, "\(more)")
        #expect(more.hasSuffix("\n1 of 1 moved. 2 were moved already.\n"), "\(more)")
        #expect(try await users(fleet) == (0..<3).map { "user\($0)@example.com" })
        let nothing = try await move(longer, in: fleet)
        #expect(nothing.hasSuffix("\n0 of 0 moved. 3 were moved already.\n"), "\(nothing)")
        #expect(try await moves(fleet).count == 3)
    }

    @Test("A map with a line that cannot be moved changes something, or does not say why")
    func conflicts() async throws {
        let fleet = try await fleet(4)
        for (line, why) in [
            ("user1 user2", "line 2: user2 is already enrolled"),
            ("nobody nobody@example.com", "line 2: there is no record of the old user"),
            ("2000 zero", "line 2: it is the same user as in line 1"),
            ("user1 1001", "line 2: the new user is a number"),
            ("user1 a:b", "line 2: the new user cannot be called so"),
            ("user1 user1", "line 2: both are the same name"),
            ("user1 x y", "line 2: not an old and a new user"),
            ("user0 y", "line 2: the old user is in line 1 too"),
            ("user1 user0@example.com", "line 2: the new user is in line 1 too"),
            ("user1 a\na user1", "line 3: there is no record of the old user"),
            (
                "user1 user2\nuser2 user3\nuser3 user1",
                "line 2: names go round in a circle, lines 2, 3, 4"
            ),
        ] {
            let path = try map("user0 user0@example.com\n\(line)\n", in: fleet)
            let said = try await Built.refusal { try await move(path, ["--yes"], in: fleet) }
            #expect(said.contains(why), "\(line): \(said)")
            #expect(said.contains("nothing was"), "\(said)")
        }
        let good = try map("user0 user0@example.com\n", in: fleet)
        for (path, words, why) in [
            (good, ["--realm", "lab"], "there are no users in the realm \"lab\""),
            ("\(fleet.folder)/none", [], "cannot read"),
            (fleet.folder, ["--yes"], "must be a plain file"),
        ] {
            let said = try await Built.refusal { try await move(path, words, in: fleet) }
            #expect(said.contains(why), "\(path): \(said)")
        }
        #expect(try await users(fleet) == (0..<4).map { "user\($0)" })
        #expect(try await moves(fleet).isEmpty)
    }

    @Test("A name that somebody leaves in the same map is not free, or two records become one")
    func chain() async throws {
        let fleet = try await fleet(3)
        let path = try map("user0 user1\nuser1 user2\nuser2 user3\n", in: fleet)
        let done = try await move(path, ["--yes"], in: fleet)
        #expect(done.hasSuffix("\n3 of 3 moved.\n"), "\(done)")
        let listed = try await fleet.server("users")
        for (name, uid) in [("user1", 2000), ("user2", 2001), ("user3", 2002)] {
            #expect(listed.contains("\n\(name)  \(uid) "), "\(listed)")
        }
        let again = try await move(path, in: fleet)
        #expect(again.hasSuffix("\n0 of 0 moved. 3 were moved already.\n"), "\(again)")
        #expect(try await fleet.server("users") == listed)
    }

    @Test("A run that is killed moves a record by half, or cannot be given again")
    func killed() async throws {
        let count = 400
        let fleet = try await fleet(count)
        let lines = (0..<count).map { "user\($0) new\($0)\n" }
        let path = try map(lines.joined(), in: fleet)
        for round in 1...4 {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: try Built.program("swiftotp-server"))
            process.arguments = [
                "move", "--map", path, "--yes", "--folder", fleet.path(of: 1),
            ]
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            try await Task.sleep(for: .milliseconds(400 * round))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        let last = try await move(path, ["--yes"], in: fleet)
        #expect(last.contains(#/\n\d+ of \d+ moved\./#), "\(last.suffix(200))")
        #expect(try await users(fleet).sorted() == (0..<count).map { "new\($0)" }.sorted())
        // Each of them once.
        #expect(try await moves(fleet).count == count)
        #expect(try await login("new7", 2007, at: fleet) == "code")
    }
}
