import Foundation
import TestSupport
import Testing

/// `trust = key`: an SSH key that skips the code, at a real sshd, for a while.
@Suite struct TrustedKeyLoginTests {
    @Test func nextTimeNothingIsAsked() async throws {
        let desk = try await TrustDesk()
        let screen = try await desk.door.screen(desk.stage.person, columns: 120)
        try await screen.wait(for: String(Stage.Words.prompt.dropLast()))
        let before = desk.stage.logged(desk.stage.person.name).count
        try await screen.type(try await desk.phone.code())
        let asked = try await screen.wait(for: TrustDesk.offer)
        #expect(asked.contains(try await desk.fingerprint(desk.key)), "\(asked)")
        try await screen.type("y laptop")
        let text = try await screen.wait(for: desk.stage.welcome)
        try ExpectedScreen.compare(text, with: "trust", of: desk.stage.person)
        let line = try await desk.stage.expectLine(
            "login granted", ["factor": "code", "trusts": "\"laptop\""], after: before)
        #expect(line.text.contains("authenticator=\"phone\""))

        let next = try await desk.door.screen(desk.stage.person, columns: 120)
        let shown = try await next.wait(for: desk.stage.welcome)
        try ExpectedScreen.compare(shown, with: "trusted", of: desk.stage.person)
        try await desk.expectTrusted(desk.key, named: "laptop")
    }

    @Test(arguments: ["", "n", "no", "yup", "Y\u{1}", "laptop"])
    func noIsNo(answer: String) async throws {
        let desk = try await TrustDesk()
        _ = try await desk.trust(
            desk.key, saying: answer, code: try await desk.phone.lastCode())
        try await desk.expectAsked(desk.key)
    }

    @Test func otherKeysAreAsked() async throws {
        let desk = try await TrustDesk()
        let other = try await desk.makeKey("other", type: "ecdsa")
        _ = try await desk.trust(
            desk.key, saying: "y", code: try await desk.phone.lastCode())
        try await desk.expectTrusted(desk.key, named: "ed25519")
        try await desk.expectAsked(other)
        // That key can be trusted as well, under a name that is taken.
        let said = try await desk.trust(
            other, saying: "YES ed25519", code: try await desk.phone.code())
        #expect(said.contains("The key \"ed25519-2\" logs in without a code until "), "\(said)")
        try await desk.expectTrusted(other, named: "ed25519-2")
        try await desk.expectTrusted(desk.key, named: "ed25519")
    }

    /// Somebody else may log in with the same key, but it is not trusted for that user.
    @Test func theTrustIsOneUsers() async throws {
        let desk = try await TrustDesk()
        _ = try await desk.trust(
            desk.key, saying: "y", code: try await desk.phone.lastCode())
        let guest = Person(try await Account.make())
        _ = try await desk.stage.command("add", guest.name, "--no-confirm", "--json")
        let terminal = try desk.door.start(guest)
        try await terminal.expect(Stage.Words.prompt)
        terminal.child.signal(SIGKILL)
    }

    @Test func certificatesAreTheKeyInside() async throws {
        let scratch = try Scratch()
        let authority = scratch.file("authority")
        try await Command.output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", authority])
        let desk = try await TrustDesk(settings: ["TrustedUserCAKeys \(authority).pub"])
        // A key that the server knows by its certificates alone.
        let key = desk.stage.scratch.file("certified")
        try await Command.output(["ssh-keygen", "-q", "-t", "rsa", "-N", "", "-f", key])
        func certify(_ serial: Int) async throws {
            try await Command.output([
                "ssh-keygen", "-q", "-s", authority, "-I", "visitor \(serial)", "-n",
                desk.stage.person.name, "-z", String(serial), "-V", "-1m:+\(serial)h",
                key + ".pub",
            ])
        }
        try await certify(1)
        let said = try await desk.trust(
            key, saying: "y", code: try await desk.phone.lastCode())
        #expect(said.contains(try await desk.fingerprint(key)), "\(said)")
        try await desk.expectTrusted(key, named: "rsa")
        try await certify(2)
        try await desk.expectTrusted(key, named: "rsa")
        // As the plain key it is the same.
        try FileManager.default.removeItem(atPath: key + "-cert.pub")
        try desk.admit(key)
        try await desk.expectTrusted(key, named: "rsa")
        try await desk.expectAsked(desk.key)
    }
}
