import Foundation
import TestSupport
import Testing

/// A user with a phone, and a server that offers to trust keys.
struct TrustingUser {
    static let offer = "Skip the code for 30 days when you log in with it? "

    let fixture: LoginFixture
    let door: SSHDoor
    let phone: Phone
    let backupCodes: [String]

    init(_ options: String = "trust=key", settings: [String] = []) async throws {
        fixture = try await LoginFixture(LoginProgram.sshdByKey())
        (phone, backupCodes) = try await fixture.enroll()
        door = try await fixture.remoteDoor(options, settings: settings)
        try await phone.settle()
    }

    /// The key that the server accepts for everybody.
    var key: String { door.server.userKey }

    /// One more key that the server accepts.
    func makeKey(_ name: String, type: String = "ed25519") async throws -> String {
        let file = fixture.scratch.file(name)
        try await Command.output(["ssh-keygen", "-q", "-t", type, "-N", "", "-f", file])
        try admit(file)
        return file
    }

    /// Puts a key on a server's list.
    func admit(_ file: String, at door: SSHDoor? = nil) throws {
        let door = door ?? self.door
        let list = try #require(FileHandle(forWritingAtPath: door.server.userKey + ".pub"))
        try list.seekToEnd()
        try list.write(contentsOf: Data(contentsOf: URL(fileURLWithPath: file + ".pub")))
        try list.close()
    }

    /// A key's fingerprint, by ssh-keygen.
    func fingerprint(_ key: String) async throws -> String {
        let line = try await Command.output(["ssh-keygen", "-lf", key + ".pub"])
        return String(try #require(line.split(separator: " ").dropFirst().first))
    }

    func start(_ key: String, at door: SSHDoor? = nil) throws -> Terminal {
        let door = door ?? self.door
        return try Terminal(
            SSHClient.words(
                fixture.person.name, on: door.server, identity: key, command: door.command))
    }

    /// Logs in with a code, and gives this answer to the offer; returns everything shown.
    func trust(_ key: String, saying answer: String, code: String) async throws -> String {
        let terminal = try start(key)
        try await terminal.expect(LoginFixture.Words.prompt)
        try await terminal.type(code)
        try await terminal.expect(Self.offer)
        try await terminal.expect(": ")
        try await terminal.type(answer)
        try await terminal.expect(fixture.welcome)
        return await terminal.transcript
    }

    /// Expects a login with this key that asks nothing.
    func expectTrusted(
        _ key: String, named name: String, at door: SSHDoor? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = fixture.logged(fixture.person.name).count
        let terminal = try start(key, at: door)
        let met = try await terminal.expectAny([fixture.welcome, LoginFixture.Words.prompt])
        #expect(met == 0, sourceLocation: sourceLocation)
        let fields = [
            "factor": "trusted-key", "key": "\"\(name)\"", "rhost": "127.0.0.1",
            "fingerprint": try await fingerprint(key),
        ]
        try await fixture.expectLine(
            "login granted", fields, after: before, sourceLocation: sourceLocation)
    }

    /// Expects to be asked for a code, and leaves.
    func expectAsked(
        _ key: String, at door: SSHDoor? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = fixture.logged(fixture.person.name).count
        let terminal = try start(key, at: door)
        let met = try await terminal.expectAny([fixture.welcome, LoginFixture.Words.prompt])
        #expect(met == 1, sourceLocation: sourceLocation)
        terminal.child.signal(SIGKILL)
        try await fixture.expectLine(
            "authentication failure", ["reason": "no-answer"], after: before,
            sourceLocation: sourceLocation)
    }
}
