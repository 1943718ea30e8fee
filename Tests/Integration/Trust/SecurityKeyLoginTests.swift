import Foundation
import TestSupport
import Testing

/// `trust = sk` with the real sshd, which verifies the signatures of a security key in software.
@Suite("Logins by a security key") struct SecurityKeyLoginTests {
    /// Logs in with a key, up to the first of these outputs: in, asked for a code, refused.
    private func login(_ key: SecurityKey, by user: TrustingUser, at door: SSHDoor) async throws
        -> (met: Int, line: SystemLog.Line?)
    {
        let fixture = user.fixture
        let before = fixture.logged(fixture.person.name).count
        let terminal = try Terminal(
            SSHClient.words(
                fixture.person.name, on: door.server, identity: key.file + ".pub",
                command: door.command,
                options: key.options))
        let met = try await terminal.expectAny([
            fixture.welcome, LoginFixture.Words.prompt, "Permission denied (publickey)",
        ])
        if met == 1 { terminal.child.signal(SIGKILL) }
        guard met < 2 else { return (met, nil) }
        let line = try await patiently("a log line", within: .seconds(5)) {
            fixture.logged(fixture.person.name).dropFirst(before).first
        }
        return (met, line)
    }

    @Test(
        "A security key is asked for a code or logged wrongly, or another key is not asked",
        arguments: SecurityKey.Kind.allCases)
    func securityKeys(kind: SecurityKey.Kind) async throws {
        let user = try await TrustingUser("trust=sk enroll=require")
        let key = try await SecurityKey("sk", kind, in: user.fixture.scratch)
        try user.admit(key.file)
        for _ in 0..<2 {
            let (met, line) = try await login(key, by: user, at: user.door)
            #expect(met == 0, "\(String(describing: line))")
            #expect(line?.text.contains("login granted;") == true)
            #expect(line?.fields["factor"] == "security-key")
            #expect(line?.fields["kind"] == kind.rawValue)
            #expect(line?.fields["fingerprint"] == (try await user.fingerprint(key.file)))
        }
        try await user.expectAsked(user.key)
        // Also for a user who has not enrolled, and who is not asked to.
        try await user.fixture.command("reset", user.fixture.person.name, "--yes")
        let (met, line) = try await login(key, by: user, at: user.door)
        #expect(met == 0 && line?.fields["factor"] == "security-key", "\(String(describing: line))")
        // Without the option it is a key like any other.
        let off = try await user.fixture.remoteDoor("trust=key")
        try user.admit(key.file, at: off)
        #expect(try await login(key, by: user, at: off).met == 1)
    }

    @Test("A certificate of a security key is asked for a code")
    func certificates() async throws {
        let scratch = try Scratch()
        let authority = scratch.file("authority")
        try await Command.output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", authority])
        let user = try await TrustingUser(
            "trust=sk", settings: ["TrustedUserCAKeys \(authority).pub"])
        let key = try await SecurityKey("sk", in: user.fixture.scratch)
        try await Command.output([
            "ssh-keygen", "-q", "-s", authority, "-I", "visitor", "-n", user.fixture.person.name,
            "-V", "-1m:+1h", key.file + ".pub",
        ])
        let (met, line) = try await login(key, by: user, at: user.door)
        #expect(met == 0 && line?.fields["factor"] == "security-key", "\(String(describing: line))")
        #expect(line?.fields["fingerprint"] == (try await user.fingerprint(key.file)))
    }

    /// sshd reports the same with and without a touch: sshd itself must require it.
    @Test("Without a touch, sshd's setting does not refuse the login, or the module could tell")
    func untouched() async throws {
        let user = try await TrustingUser("trust=sk")
        let key = try await SecurityKey("sk", flags: 0, in: user.fixture.scratch)
        let list = user.door.server.userKey + ".pub"
        let line = try String(contentsOfFile: key.file + ".pub", encoding: .utf8)
        let all = try String(contentsOfFile: list, encoding: .utf8) + "no-touch-required " + line
        try all.write(toFile: list, atomically: false, encoding: .utf8)
        #expect(try await login(key, by: user, at: user.door).met == 0)

        for demand in ["touch-required", "verify-required"] {
            let door = try await user.fixture.remoteDoor(
                "trust=sk", settings: ["PubkeyAuthOptions \(demand)"])
            try all.write(toFile: door.server.userKey + ".pub", atomically: false, encoding: .utf8)
            #expect(try await login(key, by: user, at: door).met == 2, "\(demand)")
        }
        // With a PIN both are satisfied.
        let verified = try await SecurityKey("verified", flags: 5, in: user.fixture.scratch)
        let strict = try await user.fixture.remoteDoor(
            "trust=sk", settings: ["PubkeyAuthOptions touch-required verify-required"])
        try user.admit(verified.file, at: strict)
        #expect(try await login(verified, by: user, at: strict).met == 0)
    }
}
