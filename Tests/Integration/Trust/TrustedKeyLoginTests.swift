import Foundation
import TestSupport
import Testing

/// `trust = key`: an SSH key that skips the code for a while, with a real sshd.
@Suite("Logins by a trusted key") struct TrustedKeyLoginTests {
    @Test("A trusted key is asked for a code, or shown and logged wrongly")
    func nextTimeNothingIsAsked() async throws {
        let user = try await TrustingUser()
        // A change in the second in which the device was added is told to everybody.
        try await Task.sleep(for: .seconds(1.1))
        let screen = try await user.door.screen(user.fixture.person, columns: 120)
        try await screen.wait(for: String(LoginFixture.Words.prompt.dropLast()))
        let before = user.fixture.logged(user.fixture.person.name).count
        try await screen.type(try await user.phone.code())
        let asked = try await screen.wait(for: TrustingUser.offer)
        #expect(asked.contains(try await user.fingerprint(user.key)), "\(asked)")
        try await screen.type("y laptop")
        let text = try await screen.wait(for: user.fixture.welcome)
        try ExpectedScreen.compare(text, with: "trust", of: user.fixture.person)
        let line = try await user.fixture.expectLine(
            "login granted", ["factor": "code", "trusts": "\"laptop\""], after: before)
        #expect(line.text.contains("authenticator=\"phone\""))

        let next = try await user.door.screen(user.fixture.person, columns: 120)
        let shown = try await next.wait(for: user.fixture.welcome)
        try ExpectedScreen.compare(shown, with: "trusted", of: user.fixture.person)
        try await user.expectTrusted(user.key, named: "laptop")
    }

    @Test("A certificate counts as another key than the one inside it")
    func certificatesAreTheKeyInside() async throws {
        let scratch = try Scratch()
        let authority = scratch.file("authority")
        try await Command.output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", authority])
        let user = try await TrustingUser(settings: ["TrustedUserCAKeys \(authority).pub"])
        // A key that the server accepts only with a certificate.
        let key = user.fixture.scratch.file("certified")
        try await Command.output(["ssh-keygen", "-q", "-t", "rsa", "-N", "", "-f", key])
        func certify(_ serial: Int) async throws {
            try await Command.output([
                "ssh-keygen", "-q", "-s", authority, "-I", "visitor \(serial)", "-n",
                user.fixture.person.name, "-z", String(serial), "-V", "-1m:+\(serial)h",
                key + ".pub",
            ])
        }
        try await certify(1)
        let said = try await user.trust(
            key, saying: "y", code: try await user.phone.lastCode())
        #expect(said.contains(try await user.fingerprint(key)), "\(said)")
        try await user.expectTrusted(key, named: "rsa")
        try await certify(2)
        try await user.expectTrusted(key, named: "rsa")
        // As a plain key it is the same.
        try FileManager.default.removeItem(atPath: key + "-cert.pub")
        try user.admit(key)
        try await user.expectTrusted(key, named: "rsa")
        try await user.expectAsked(user.key)
    }
}
