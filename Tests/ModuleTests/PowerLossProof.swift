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

        /// Looks at all that happened on a stage.
        @discardableResult
        mutating func judge(
            _ stage: PowerStage, from state: PowerJudge.State? = nil,
            atMost limit: Int = Proof.count(24, long: 4096),
            at location: SourceLocation = #_sourceLocation
        ) throws -> PowerJudge {
            let judge = try PowerJudge(stage, from: state)
            try judge.judge(atMost: limit)
            #expect(judge.states > stage.events.count / 2, sourceLocation: location)
            (scenes, calls) = (scenes + 1, calls + stage.events.count)
            (states, tries) = (states + judge.states, tries + judge.tries)
            return judge
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
        let (stage, phone, codes) = try PowerStage.enrolled()
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
            #expect(try await stage.login("daemon", answers)?.name == name)
        }
        // A key is trusted, logs in, and is no longer trusted after a backup code.
        for (answers, name) in [
            ([shown[2], "y"], "PAM_SUCCESS"), ([], "PAM_SUCCESS"),
        ] {
            let result = try await stage.login(
                "daemon", answers, "trust=key", with: trusting, service: "sshd")
            #expect(result?.name == name && result?.prompts == answers.count)
        }
        let told = try await stage.told("issue", "daemon")
        let code = try #require(told["code"] as? String)
        for name in ["PAM_SUCCESS", "PAM_AUTH_ERR"] {
            #expect(try await stage.login("daemon", [code])?.name == name)
        }
        var tally = Tally()
        let judge = try tally.judge(stage)
        try tally.tell("logins of every kind, one after the other")
        try await reallyLogIn(judge, stage, phone)
    }

    /// Looks at some of the states with the module itself.
    private func reallyLogIn(_ judge: PowerJudge, _ stage: PowerStage, _ phone: Phone) async throws
    {
        let wanted = Proof.count(3, long: 60)
        let step = max(1, judge.sample.count / wanted)
        var logins = 0
        for index in stride(from: 0, to: judge.sample.count, by: step) {
            let state = judge.sample[index]
            let other = try PowerStage(state.picture)
            for (used, since) in stage.used where since <= state.after {
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
        let stage = try PowerStage()
        let told = try await stage.told("add", "daemon", "--no-confirm")
        let phone = try Phone(scanning: try #require(told["uri"] as? String))
        let codes = try #require(told["backup_codes"] as? [String])
        try await stage.command("add", "daemon", "--name", "tablet", "--no-confirm")
        try await stage.command("add", "bin", "--no-confirm")
        try await stage.command("issue", "bin")
        try await stage.command("issue", "sys")
        let shown = try await phone.codes(8)
        let now = UInt64(Date().timeIntervalSince1970)
        try await stage.command("verify", "daemon", input: shown[0] + "\n")
        try stage.use(shown[0], of: "daemon", at: now)
        try await stage.command("codes", "daemon", "--yes")
        #expect(try await stage.login("daemon", [codes[3]])?.name == "PAM_AUTH_ERR")
        try await stage.command("unlock", "daemon")
        let two = "\(shown[5])\n\(shown[6])\n"
        try await stage.command("resync", "daemon", "--name", "phone", input: two)
        for code in shown[..<7] { try stage.use(code, of: "daemon", at: now) }
        try await stage.command("remove", "daemon", "tablet", "--yes")
        try await stage.command("issue", "bin", "--revoke")
        let uris = try stage.scratch.write(
            "otpauth://totp/a:sys?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n", to: "uris")
        try await stage.command("import", "--from", "otpauth", "--user", "sys", uris)
        try await stage.command("import", "--from", "otpauth", "--user", "mail", uris)
        try await stage.command("reset", "bin", "--yes")
        try await stage.command("disable", "daemon", "--yes")
        var tally = Tally()
        try tally.judge(stage)
        try tally.tell("the first users, and every command that changes something")
    }
}
