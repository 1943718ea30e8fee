import Foundation
import TestSupport
import Testing

/// A key that comes back: by running a script again, under another name, or after it was removed.
@Suite struct SameKeyTests {
    let desk: Desk
    let hex: String
    let token: Token
    let file: String

    init() throws {
        desk = try Desk()
        (hex, token) = try Token.random()
        file = try desk.scratch.write(hex + "\n", to: "fob.key")
    }

    private func add(_ more: String...) async throws -> Command {
        try await Command.run(
            desk.words(["add", "--no-confirm", "--secret-file", file] + more))
    }

    @Test("Repeating the same `add` changes something, or makes a used code good again")
    func again() async throws {
        #expect(try await add("--name", "fob").status == 0)
        let phone = try token.phone()
        try await phone.settle()
        let code = try await phone.code()
        #expect(try await desk.verify(code) == (true, "code"))
        let before = desk.record
        for words in [["--name", "fob"], []] {
            let again = try await Command.run(
                desk.words(["add", "--no-confirm", "--secret-file", file, "--json"] + words))
            let told =
                try JSONSerialization.jsonObject(with: Data(again.output.utf8)) as? [String: Any]
            #expect(again.status == 0 && told?["already_here"] as? Bool == true)
            #expect(told?["name"] as? String == "fob")
        }
        let other = try await add("--name", "second")
        #expect(other.status == 1 && other.errors.contains("\"fob\" of root already has this key"))
        #expect(desk.record == before)
        #expect(try await desk.verify(code) == (false, "replayed"))
        // The same command corrects a mistaken kind of code, and leaves used codes used.
        #expect(try await add("--name", "fob", "--digits", "8").output.contains("name: fob"))
        #expect(try await add("--name", "fob").status == 0)
        #expect(try await desk.verify(code) == (false, "replayed"))
        #expect(try await desk.names() == ["fob"])
    }

    /// What removes a key, and what brings it back.
    static let ways = ["remove", "replace", "reset", "disable", "import"]

    @Test("A used code is good again after its key comes back", arguments: ways)
    func back(way: String) async throws {
        try await desk.enroll("--name", "other")
        #expect(try await add("--name", "fob").status == 0)
        let phone = try token.phone()
        try await phone.settle()
        let code = try await phone.code()
        #expect(try await desk.verify(code) == (true, "code"))
        let end =
            switch way {
            case "remove", "import": try await desk.run("remove", "root", "fob", "--yes")
            case "replace": try await desk.run("add", "--no-confirm", "--name", "fob")
            case "reset": try await desk.run("reset", "root", "--yes")
            default: try await desk.run("disable", "root", "--yes")
            }
        #expect(end.status == 0, "\(end.errors)")
        if way == "import" {
            let uri = "otpauth://totp/host:root?secret=\(token.key)&issuer=host\n"
            let told = try await desk.report(
                ["--from", "otpauth", "--user", "root", "-"], input: uri)
            #expect(try told.result("root") == "imported")
        } else {
            #expect(try await add("--name", "back").status == 0)
        }
        #expect(try await desk.verify(code) == (false, "replayed"))
    }

    @Test("Used counters are good again, or a lower counter is accepted")
    func counters() async throws {
        #expect(try await add("--hotp", "--name", "fob").status == 0)
        for counter in 0..<3 {
            #expect(try await desk.verify(try await token.code(counter)) == (true, "code"))
            #expect(try await add("--hotp", "--name", "fob").status == 0)
        }
        #expect(try await desk.run("reset", "root", "--yes").status == 0)
        for counter in ["0", "2"] {
            let low = try await add("--hotp", "--counter", counter)
            #expect(low.status == 1 && low.errors.contains("below counter 3 are used up"))
            #expect(low.errors.contains("--counter 3"))
        }
        #expect(try await desk.isEnrolled() == false)
        #expect(try await add("--hotp", "--counter", "3").status == 0)
        #expect(try await desk.verify(try await token.code(2)).0 == false)
        #expect(try await desk.verify(try await token.code(3)) == (true, "code"))
    }
}
