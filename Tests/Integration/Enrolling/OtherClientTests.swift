import Foundation
import TestSupport
import Testing

/// Enrolling at a login with clients other than OpenSSH's.
@Suite("Other clients than OpenSSH") struct OtherClientTests {
    /// Dropbear's client shows only ASCII, and PuTTY's what the locale has. `a` helps both, but not
    /// a Dropbear that puts everything on one line: there the key must be typed.
    @Test(
        "The client of Dropbear or PuTTY cannot enroll",
        arguments: ["dbclient", "plink"], ["C.UTF-8", "C"])
    func enroll(client: String, locale: String) async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByKey())
        let door = try await fixture.remoteDoor("enroll=require")
        let words =
            try await client == "plink"
            ? plink(door, fixture.person) : dropbear(door, fixture.person)
        let isOneLine = try await client == "dbclient" ? takesNewlinesAway() : false
        let screen = try await Screen(
            words + ["127.0.0.1", SSHDoor.proof], columns: isOneLine ? 1000 : 100, rows: 90,
            locale: locale)
        let first = try await screen.wait(for: Enrolling.question)
        let showsBlocks = client == "plink" && locale == "C.UTF-8"
        #expect((try await screen.scan() != nil) == showsBlocks, "\(first)")
        let typed = try Enrolling.phone(of: fixture.person, in: first)
        let phone = try await isOneLine ? typed : scan(screen)
        #expect(phone.secret == typed.secret)
        try await phone.settle()
        try await screen.type(try await phone.code())
        let codes = try await screen.backupCodes()
        try await screen.press("Enter")
        try await screen.wait(for: fixture.welcome)
        try await fixture.expectAdmitted(door, code: codes[4], factor: "backup-code")
    }

    /// Whether this dbclient shows questions on one line, as all do since 2026.92.
    private func takesNewlinesAway() async throws -> Bool {
        let said = try await Command.run(["dbclient", "-V"])
        let version = try #require(
            (said.output + said.errors).firstMatch(of: #/Dropbear v(\d{4}\.\d+)/#), "\(said)")
        return version.output.1 >= "2026.92"
    }

    /// Asks for the picture in ASCII, and scans it.
    private func scan(_ screen: Screen) async throws -> Phone {
        try await screen.press("a")
        try await screen.press("Enter")
        try await screen.wait(for: "##########################")
        let (drawn, end) = try await secondQuestion(on: screen)
        let uri = try #require(try await Camera.read(drawn), "\(end)")
        return try Phone(scanning: uri)
    }

    /// The text between the first question and the second, and the whole screen.
    private func secondQuestion(on screen: Screen) async throws -> (String, String) {
        for _ in 0..<400 {
            let text = try await screen.text()
            let places = text.ranges(of: Enrolling.question)
            if places.count == 2 {
                // PuTTY puts a bar before each line.
                let lines = text[places[0].upperBound..<places[1].lowerBound].split(separator: "\n")
                return (lines.dropFirst().joined(separator: "\n"), text)
            }
            try await Task.sleep(for: .milliseconds(60))
        }
        throw Trouble("no second question:\n\(try await screen.text())")
    }

    private func dropbear(_ door: SSHDoor, _ person: Person) async throws -> [String] {
        let key = door.server.userKey + ".dropbear"
        try await Command.output([
            "dropbearconvert", "openssh", "dropbear", door.server.userKey, key,
        ])
        return [
            "dbclient", "-y", "-y", "-i", key, "-p", String(door.server.port), "-l", person.name,
        ]
    }

    private func plink(_ door: SSHDoor, _ person: Person) async throws -> [String] {
        let key = door.server.userKey + ".ppk"
        try await Command.output(["puttygen", door.server.userKey, "-O", "private", "-o", key])
        return [
            "plink", "-ssh", "-no-antispoof", "-hostkey", try await fingerprint(of: door.server),
            "-i", key,
            "-P", String(door.server.port), "-l", person.name,
        ]
    }

    /// The server's own key, in PuTTY's form.
    private func fingerprint(of server: SSHServer) async throws -> String {
        let seen = try await Command.output(["ssh-keyscan", "-p", String(server.port), "127.0.0.1"])
        let key = try #require(seen.split(separator: "\n").last { $0.contains("ssh-ed25519") })
        let line = try await Command.output(["ssh-keygen", "-lf", "-"], input: key + "\n")
        return String(try #require(line.split(separator: " ").dropFirst().first))
    }

    // MARK: Scripted clients

    /// Tests/hostile-client's answers, and whether sshd passes them to the module.
    private static let answers = [
        ("huge", true), ("megabyte", false), ("nothing", false), ("many", false), ("nul", true),
        ("bytes", true),
    ]

    @Test(
        "A hostile client's answer enrolls, or blocks the next login",
        arguments: answers)
    func hostile(answer: String, comesThrough: Bool) async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByKey())
        let door = try await fixture.remoteDoor("enroll=require")
        let client = Project.path("Tests/hostile-client")
        let said = try await Command.output(
            [client, String(door.server.port), fixture.person.name, door.server.userKey, answer])
        struct Result: Decodable {
            let questions: Int
            let admitted: Bool
        }
        let result = try JSONDecoder().decode(Result.self, from: Data(said.utf8))
        #expect(!result.admitted && result.questions > 0)
        #expect(try !fixture.hasRecord())
        let reason = comesThrough ? "not-enrolled" : "no-answer"
        try await fixture.expectLine("authentication failure", ["reason": reason], after: 0)
        if comesThrough { #expect(result.questions == 3) }
        // The next user logs in as usual.
        let terminal = try await door.knock(fixture.person)
        try await terminal.expect(Enrolling.question)
        let phone = try Enrolling.phone(of: fixture.person, in: await terminal.transcript)
        try await phone.settle()
        _ = try await terminal.enroll(try await phone.code(), welcome: fixture.welcome)
    }
}
