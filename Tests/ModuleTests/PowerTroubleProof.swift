import Foundation
import OTPCore
import TestSupport
import Testing

/// Power cuts after something else went wrong: a login that was killed, a sync that failed, a
/// power cut before.
@Suite("Power cuts after other trouble")
struct PowerTroubleProof {
    private static func inject(_ call: String, _ what: String, _ when: String) -> [String] {
        ["-e", "inject=\(call):\(what):when=\(when)"]
    }

    @Test("a login killed at any writing call, and logins after it")
    func killed() async throws {
        var tally = PowerLossProof.Tally()
        let calls = [("pwritev", 2), ("fdatasync", 1), ("pwritev", 1), ("pwritev", 3)]
        for (call, number) in calls.prefix(Proof.count(2, long: 4)) {
            let (stage, phone, codes) = try PowerStage.enrolled()
            let kill = Self.inject(call, "signal=KILL", "\(number)")
            let shown = try await phone.codes(2)
            // Killed twice is no other than once.
            for answer in [shown[0], codes[0]] {
                let result = try await stage.login("daemon", [answer], inject: kill)
                #expect(result?.name == "PAM_AUTHINFO_UNAVAIL")
            }
            for (answer, name) in [
                (codes[1], "PAM_SUCCESS"), (shown[1], "PAM_SUCCESS"), (shown[0], "PAM_AUTH_ERR"),
            ] {
                #expect(try await stage.login("daemon", [answer])?.name == name)
            }
            try tally.judge(stage)
        }
        try tally.tell("a login killed at a writing call, then more")
    }

    @Test("a sync that fails once, or for a while, and logins after it")
    func failingSync() async throws {
        var tally = PowerLossProof.Tally()
        let failing = [("1", 1), ("1+", 3), ("1+", 1)]
        for (when, failures) in failing.prefix(Proof.count(2, long: 3)) {
            let (stage, phone, codes) = try PowerStage.enrolled()
            let fail = Self.inject("fdatasync", "error=EIO", when)
            let shown = try await phone.codes(5)
            for code in shown[..<failures] {
                let result = try await stage.login("daemon", [code], inject: fail)
                #expect(result?.name == "PAM_AUTHINFO_UNAVAIL")
            }
            for answer in [codes[0], shown[4], codes[1]] {
                #expect(try await stage.login("daemon", [answer])?.name == "PAM_SUCCESS")
            }
            let told = try await stage.told("issue", "daemon")
            let code = try #require(told["code"] as? String)
            #expect(
                try await stage.login("daemon", [code], inject: fail)?.name
                    == "PAM_AUTHINFO_UNAVAIL")
            #expect(try await stage.login("daemon", [codes[2]])?.name == "PAM_SUCCESS")
            try tally.judge(stage)
        }
        try tally.tell("logins whose syncs fail, then more")
    }

    @Test("one power cut after the other")
    func again() async throws {
        let (stage, phone, codes) = try PowerStage.enrolled()
        let shown = try await phone.codes(1)
        let kill = Self.inject("fdatasync", "signal=KILL", "1")
        try await stage.login("daemon", [shown[0]])
        try await stage.login("daemon", [codes[0]], inject: kill)
        try await stage.login("daemon", [codes[1]])
        var tally = PowerLossProof.Tally()
        let judge = try tally.judge(stage)
        let wanted = Proof.count(2, long: 40)
        let step = max(1, judge.sample.count / wanted)
        for index in stride(from: 0, to: judge.sample.count, by: step) {
            let state = judge.sample[index]
            let other = try PowerStage(state.picture)
            for (used, since) in stage.used where since <= state.after {
                try other.use(used.code, of: "daemon", at: used.time)
            }
            for answer in [try await phone.code(steps: 5), codes[2]] {
                #expect(try await other.login("daemon", [answer])?.name == "PAM_SUCCESS")
            }
            try tally.judge(other, from: state, atMost: Proof.count(16, long: 64))
        }
        try tally.tell("one power cut after the other")
    }

    @Test("decoys, whose writing nobody waits for: whatever is left, all are answered as ever")
    func decoys() async throws {
        let (stage, phone, _) = try PowerStage.enrolled()
        let wrong = try await phone.code(steps: 30)
        #expect(try await stage.login("bin", [wrong])?.name == "PAM_AUTH_ERR")
        var disk = PowerDisk(stage.start)
        for event in stage.events { try disk.take(event) }
        #expect(disk.now.files.count == 2 + 256)
        var lot = Seeded(3)
        let states = Proof.count(2, long: 100)
        for _ in 0..<states {
            let other = try PowerStage(disk.picture(by: &lot))
            let right = try await phone.code(steps: 3)
            for (user, code, name) in [
                ("bin", wrong, "PAM_AUTH_ERR"), ("daemon", right, "PAM_SUCCESS"),
                ("sys", wrong, "PAM_AUTH_ERR"), ("daemon", right, "PAM_AUTH_ERR"),
            ] {
                let result = try await other.stack().login(user, [code])
                #expect(result.name == name && result.prompts == 1, "\(user)")
            }
        }
        try Proof.tell(
            PowerLossProof.chapter, "what is left of 256 decoys",
            "\(states) states by lot, \(states * 4) logins, each as ever")
    }

    @Test("an enrollment at a login, of the first user of all, and of who has a temporary code")
    func enrollment() async throws {
        let stage = try PowerStage()
        guard mkdir(stage.store, 0o700) == 0 else { throw Trouble("no store") }
        try stage.begin()
        var phones: [Phone] = []
        for user in ["daemon", "bin"] {
            try await stage.talk(user, "enroll=require after_first_factor") { talk in
                let phone = try Talk.phone(typing: talk.opening)
                try await phone.settle()
                let code = try await phone.code()
                try talk.answer(code)
                #expect(try talk.question().contains("shown only now"))
                try talk.answer("")
                #expect(try talk.result().name == "PAM_SUCCESS")
                try stage.use(code, of: user, at: UInt64(Date().timeIntervalSince1970))
                phones.append(phone)
            }
            let code = try await phones[phones.count - 1].code(steps: 2)
            #expect(try await stage.login(user, [code])?.name == "PAM_SUCCESS")
        }
        let told = try await stage.told("issue", "daemon")
        let code = try #require(told["code"] as? String)
        try await stage.talk("daemon", "after_temporary=enroll") { talk in
            try talk.answer(code)
            let phone = try talk.phone()
            try await phone.settle()
            try talk.answer(try await phone.code())
            #expect(try talk.result().name == "PAM_SUCCESS")
        }
        let now = UInt64(Date().timeIntervalSince1970)
        try stage.use(code, of: "daemon", at: now)
        // The key before it has ended: none of its codes counts any more.
        try stage.use(try await phones[0].code(steps: 5), of: "daemon", at: now)
        var tally = PowerLossProof.Tally()
        try tally.judge(stage)
        try tally.tell("enrollments at a login")
    }
}
