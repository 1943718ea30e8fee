import Foundation
import OTPCore
import TestSupport
import Testing

/// The power is cut at every moment of logins and commands that really took place, and every state
/// that the disk can be in then is looked at.
@Suite("Power cuts")
struct PowerLossProof {
    static let chapter = "Power cuts"

    /// How much was looked at, for docs/RESULTS.md.
    struct Tally {
        private var (scenes, calls, states, tries) = (0, 0, 0, 0)

        /// Looks at all that happened on a recorded.
        @discardableResult
        mutating func check(
            _ recorded: RecordedStore, from state: PowerChecker.State? = nil,
            atMost limit: Int = Proof.count(24, long: 4096),
            at location: SourceLocation = #_sourceLocation
        ) throws -> PowerChecker {
            let checker = try PowerChecker(recorded, from: state)
            try checker.check(atMost: limit)
            #expect(checker.states > recorded.events.count / 2, sourceLocation: location)
            (scenes, calls) = (scenes + 1, calls + recorded.events.count)
            (states, tries) = (states + checker.states, tries + checker.tries)
            return checker
        }

        func tell(_ what: String) throws {
            try Proof.tell(
                chapter, what,
                "\(scenes) scenes of \(calls) calls, \(states) states of the disk, "
                    + "\(tries) codes tried in them")
        }
    }

    @Test("logins of every kind, one after the other, with nothing synced between them")
    func logins() async throws {
        let (recorded, phone, codes) = try RecordedStore.enrolled()
        let wrong = try await phone.wrongCode()
        let shown = try await phone.codes(3)
        let trusting = LoginKey().login
        for (answers, name) in [
            ([shown[0]], "PAM_SUCCESS"),
            ([wrong], "PAM_AUTH_ERR"),
            ([codes[0]], "PAM_SUCCESS"),
            ([codes[0]], "PAM_AUTH_ERR"),
            ([shown[1]], "PAM_SUCCESS"),
            ([codes[7]], "PAM_SUCCESS"),
        ] {
            #expect(try await recorded.login("daemon", answers)?.name == name)
        }
        // A key is trusted, logs in, and is no longer trusted after a backup code.
        for (answers, name) in [
            ([shown[2], "y"], "PAM_SUCCESS"), ([], "PAM_SUCCESS"),
        ] {
            let result = try await recorded.login(
                "daemon", answers, "trust=key", with: trusting, service: "sshd")
            #expect(result?.name == name && result?.prompts == answers.count)
        }
        let told = try await recorded.told("issue", "daemon")
        let code = try #require(told["code"] as? String)
        for name in ["PAM_SUCCESS", "PAM_AUTH_ERR"] {
            #expect(try await recorded.login("daemon", [code])?.name == name)
        }
        var tally = Tally()
        let checker = try tally.check(recorded)
        try tally.tell("logins of every kind, one after the other")
        try await reallyLogIn(checker, recorded, phone)
    }

    /// Looks at some of the states with the module itself.
    private func reallyLogIn(_ checker: PowerChecker, _ recorded: RecordedStore, _ phone: Phone)
        async throws
    {
        let wanted = Proof.count(3, long: 60)
        let step = max(1, checker.sample.count / wanted)
        var logins = 0
        for index in stride(from: 0, to: checker.sample.count, by: step) {
            let state = checker.sample[index]
            let other = try RecordedStore(state.picture)
            for (used, since) in recorded.used where since <= state.after {
                let result = try await other.stack().login("daemon", [used.code])
                #expect(result.name == "PAM_AUTH_ERR", "\(result)")
                _ = try await Command.output([
                    try Build.product("otp-enroll"), "unlock", "daemon", "--store", other.store,
                ])
                logins += 1
            }
            // Later than any that was used.
            let fresh = try await phone.code(steps: 5)
            for name in ["PAM_SUCCESS", "PAM_AUTH_ERR"] {
                #expect(try await other.stack().login("daemon", [fresh]).name == name)
                logins += 1
            }
        }
        #expect(logins >= 2)
        try Proof.tell(Self.chapter, "the same with real logins", "\(logins) logins")
    }

    @Test("the first user of all, and every command that changes something")
    func commands() async throws {
        let recorded = try RecordedStore()
        let told = try await recorded.told("add", "daemon", "--no-confirm")
        let phone = try Phone(scanning: try #require(told["uri"] as? String))
        let codes = try #require(told["backup_codes"] as? [String])
        try await recorded.command("add", "daemon", "--name", "tablet", "--no-confirm")
        try await recorded.command("add", "bin", "--no-confirm")
        try await recorded.command("issue", "bin")
        try await recorded.command("issue", "sys")
        let shown = try await phone.codes(8)
        let now = UInt64(Date().timeIntervalSince1970)
        try await recorded.command("verify", "daemon", input: shown[0] + "\n")
        try recorded.use(shown[0], of: "daemon", at: now)
        try await recorded.command("codes", "daemon", "--yes")
        #expect(try await recorded.login("daemon", [codes[3]])?.name == "PAM_AUTH_ERR")
        try await recorded.command("unlock", "daemon")
        let two = "\(shown[5])\n\(shown[6])\n"
        try await recorded.command("resync", "daemon", "--name", "phone", input: two)
        for code in shown[..<7] { try recorded.use(code, of: "daemon", at: now) }
        try await recorded.command("remove", "daemon", "tablet", "--yes")
        try await recorded.command("issue", "bin", "--revoke")
        let uris = try recorded.scratch.write(
            "otpauth://totp/a:sys?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n", to: "uris")
        try await recorded.command("import", "--from", "otpauth", "--user", "sys", uris)
        try await recorded.command("import", "--from", "otpauth", "--user", "mail", uris)
        try await recorded.command("reset", "bin", "--yes")
        try await recorded.command("disable", "daemon", "--yes")
        var tally = Tally()
        try tally.check(recorded)
        try tally.tell("the first users, and every command that changes something")
    }
}
