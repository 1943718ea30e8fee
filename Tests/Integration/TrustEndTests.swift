import Foundation
import TestSupport
import Testing

/// How the trust in an SSH key ends, and where it does not reach.
@Suite struct TrustEndTests {
    /// A desk whose key is trusted as "laptop", and one more key that is not.
    private func trusting(_ options: String = "trust=key") async throws -> (TrustDesk, String) {
        let desk = try await TrustDesk(options)
        let other = try await desk.makeKey("other")
        _ = try await desk.trust(
            desk.key, saying: "y laptop", code: try await desk.phone.lastCode())
        try await desk.expectTrusted(desk.key, named: "laptop")
        return (desk, other)
    }

    /// Logs in with the other key and this answer, with no offer to follow.
    private func login(_ desk: TrustDesk, _ key: String, _ answer: String) async throws {
        let terminal = try desk.start(key)
        try await terminal.expect(Stage.Words.prompt)
        try await terminal.type(answer)
        #expect(try await terminal.expectAny([desk.stage.welcome, TrustDesk.offer]) == 0)
    }

    @Test func aBackupCodeEndsIt() async throws {
        let (desk, other) = try await trusting()
        try await login(desk, other, desk.backupCodes[2])
        try await desk.expectAsked(desk.key)
    }

    @Test func aTemporaryCodeEndsIt() async throws {
        let (desk, other) = try await trusting()
        let code = try await desk.stage.issue()
        // One that nobody has used yet ends nothing.
        try await desk.expectTrusted(desk.key, named: "laptop")
        try await login(desk, other, code)
        try await desk.expectAsked(desk.key)
    }

    @Test(arguments: ["reset", "disable"])
    func commandsEndIt(command: String) async throws {
        let (desk, _) = try await trusting()
        try await desk.stage.command(command, "--yes", desk.stage.person.name)
        try await desk.expectAsked(desk.key)
        // Nor does it come back with a new phone.
        _ = try await desk.stage.enroll()
        try await desk.expectAsked(desk.key)
    }

    @Test func revokedByRoot() async throws {
        let (desk, other) = try await trusting()
        _ = try await desk.trust(other, saying: "y", code: try await desk.phone.code())
        let name = desk.stage.person.name
        let listed = try await desk.stage.command("trusted", name)
        for key in [desk.key, other] {
            #expect(listed.contains(try await desk.fingerprint(key)), "\(listed)")
        }
        try await desk.stage.command("trusted", name, "--revoke", "laptop")
        try await desk.expectAsked(desk.key)
        try await desk.expectTrusted(other, named: "ed25519")
        try await desk.stage.command("trusted", name, "--revoke-all")
        try await desk.expectAsked(other)
    }

    /// With room for one key, the second is not offered to be trusted.
    @Test func noMoreThanMayBe() async throws {
        let (desk, other) = try await trusting("trust=key trust_max=1")
        try await login(desk, other, try await desk.phone.code())
        try await desk.expectAsked(other)
        try await desk.expectTrusted(desk.key, named: "laptop")
    }

    /// Thirty days from the first day on, however often the key was used since.
    @Test func itEndsAndDoesNotSlide() async throws {
        let (desk, _) = try await trusting()
        for (days, isTrusted) in [("+29d", true), ("+31d", false)] {
            let door = try await desk.stage.remoteDoor(
                "trust=key", around: ["faketime", "-f", days])
            try desk.admit(desk.key, at: door)
            if isTrusted {
                try await desk.expectTrusted(desk.key, named: "laptop", at: door)
            } else {
                try await desk.expectAsked(desk.key, at: door)
            }
        }
        // Nor is a clock believed that was set back since.
        try await desk.expectAsked(desk.key)
    }

    /// What the admin allows counts on the day of the login.
    @Test func fewerDaysFromNowOn() async throws {
        let (desk, _) = try await trusting()
        let later = ["faketime", "-f", "+3d"]
        for (options, isTrusted) in [("trust_days=4", true), ("trust_days=2", false)] {
            let door = try await desk.stage.remoteDoor("trust=key \(options)", around: later)
            try desk.admit(desk.key, at: door)
            if isTrusted {
                try await desk.expectTrusted(desk.key, named: "laptop", at: door)
            } else {
                try await desk.expectAsked(desk.key, at: door)
            }
        }
    }

    @Test func notForPasswords() async throws {
        let (desk, _) = try await trusting()
        let stage = Stage(try LoginProgram.sshdByPassword(), of: desk.stage)
        let door = try await stage.remoteDoor("trust=key")
        let terminal = try await door.knock(stage.person)
        try await terminal.expect(Stage.Words.prompt)
        try await terminal.type(try await desk.phone.code())
        #expect(try await terminal.expectAny([stage.welcome, TrustDesk.offer]) == 0)
    }

    @Test func notWhereTrustIsOff() async throws {
        let (desk, _) = try await trusting()
        let door = try await desk.stage.remoteDoor("")
        try desk.admit(desk.key, at: door)
        try await desk.expectAsked(desk.key, at: door)
    }

    /// sudo in a session that a trusted key has opened, whatever the environment says there.
    @Test func notForSudoInside() async throws {
        let (desk, _) = try await trusting()
        let stage = desk.stage
        let policy = try stage.program.policy(try stage.module("trust=key"))
        try policy.add("auth required \(try stage.module("trust=key"))", toService: "sudo")
        _ = try SudoDoor(policy: policy, person: stage.person)
        let server = try await SSHServer(
            methods: "publickey,keyboard-interactive:pam", policy: policy)
        var door = try SSHDoor(server: server, key: true, person: stage.person)
        try desk.admit(desk.key, at: door)
        let key = try String(contentsOfFile: desk.key + ".pub", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        door.command = "SSH_AUTH_INFO_0='publickey \(key)' sudo sh -c '\(SSHDoor.proof)'"
        let terminal = try Terminal(
            SSHClient.words(
                stage.person.name, on: server, identity: desk.key, command: door.command,
                options: ["-t"]))
        try await terminal.expect("assword for \(stage.person.name)")
        try await terminal.type(stage.person.password)
        try await terminal.expect(Stage.Words.prompt)
        try await terminal.type(try await desk.phone.code())
        #expect(try await terminal.expectAny(["inside:root.", TrustDesk.offer]) == 0)
    }
}
