import Foundation
import OTPCore
import TestSupport
import Testing

/// Syncs that fail, once or for good, at logins of every kind and at each command that writes:
/// nobody is let in and nothing is said to be done; the record is not lost, and works again.
@Suite("Syncs that fail")
struct PowerSyncProof {
    private let unavailable =
        "The code cannot be checked right now. Please tell your administrator."

    /// Words for strace: the first sync fails, or every one.
    static let failing = Proof.isLong ? ["1", "1+"] : ["1"]

    private static func inject(_ when: String) -> [String] {
        ["-e", "inject=fdatasync,fsync:error=EIO:when=\(when)"]
    }

    /// Somebody who logs in on a stage of their own.
    private struct Case: Sendable {
        let what: String
        var arguments = ""
        var login: [String] = []
        var service = "login"
        /// What is typed, given the codes of the device and the backup codes.
        let answers: @Sendable (PowerStage, [String], [String]) async throws -> [String]
    }

    private static let cases = [
        Case(what: "code") { _, shown, _ in [shown[0]] },
        Case(what: "wrong code") { _, _, _ in ["0ZZZZ-ZZZZZ-ZZZZZ"] },
        Case(what: "backup code") { _, _, codes in [codes[4]] },
        Case(what: "temporary code") { stage, _, _ in
            let told = try await stage.told("issue", "daemon")
            return [try #require(told["code"] as? String)]
        },
        Case(what: "code, and a key to trust", arguments: "trust=key", service: "sshd") {
            _, shown, _ in [shown[0], "y"]
        },
        Case(
            what: "trusted key", arguments: "trust=key", login: LoginKey().login, service: "sshd"
        ) { stage, shown, _ in
            let result = try await stage.login(
                "daemon", [shown[0], "y"], "trust=key", with: LoginKey().login, service: "sshd")
            #expect(result?.name == "PAM_SUCCESS" && result?.prompts == 2)
            return []
        },
    ]

    @Test("logins of every kind", arguments: failing)
    func logins(when: String) async throws {
        var tally = PowerLossProof.Tally()
        for one in Self.cases {
            let (stage, phone, codes) = try PowerStage.enrolled()
            let shown = try await phone.codes(6)
            let answers = try await one.answers(stage, shown, codes)
            for _ in 0..<2 {
                let result = try await stage.login(
                    "daemon", answers, one.arguments, with: one.login, service: one.service,
                    inject: Self.inject(when))
                #expect(result?.name == "PAM_AUTHINFO_UNAVAIL", "\(one.what): \(when)")
                #expect(result?.said == [unavailable], "\(one.what): \(when)")
            }
            for (answer, name) in [
                (codes[9], "PAM_SUCCESS"), (codes[9], "PAM_AUTH_ERR"), (shown[5], "PAM_SUCCESS"),
            ] {
                let result = try await stage.login("daemon", [answer])
                #expect(result?.name == name, "\(one.what): \(when)")
            }
            try tally.judge(stage, atMost: Proof.count(8, long: 128))
        }
        try tally.tell("logins of every kind, sync \(when) fails")
    }

    @Test("a sync that fails after the code: the login stands, and the rest is told not to be kept")
    func second() async throws {
        let (stage, phone, _) = try PowerStage.enrolled()
        let shown = try await phone.codes(3)
        let result = try await stage.login(
            "daemon", [shown[0], "y"], "trust=key", with: LoginKey().login, service: "sshd",
            inject: Self.inject("2+"))
        #expect(result?.name == "PAM_SUCCESS")
        #expect(
            result?.said == ["The key could not be trusted. You are asked for codes as before."])
        for (answer, name) in [(shown[0], "PAM_AUTH_ERR"), (shown[1], "PAM_SUCCESS")] {
            #expect(try await stage.login("daemon", [answer])?.name == name)
        }
        var tally = PowerLossProof.Tally()
        try tally.judge(stage)
        try tally.tell("a key to trust, whose sync fails")
    }

    @Test("commands that change a record", arguments: failing)
    func commands(when: String) async throws {
        let (stage, phone, codes) = try PowerStage.enrolled()
        for words in [
            ["issue"], ["codes", "--yes"], ["unlock"], ["trusted", "--revoke-all"],
            ["remove", "another-device-of-this-person-1", "--yes"],
            ["add", "--name", "one-more", "--no-confirm"], ["disable", "--yes"],
            ["reset", "--yes"],
        ] {
            let command = [words[0], "daemon"] + words.dropFirst()
            let done = try await stage.run(command, inject: Self.inject(when))
            #expect(done.status == 1 && done.output.isEmpty, "\(words): \(done.output)")
            #expect(
                done.errors.hasSuffix("store/1: the device failed (input/output error)\n"),
                "\(words): \(done.errors)")
            // With a disk that works again, it is done; of some, nothing is left to do.
            if words[0] != "trusted" {
                let again = try await stage.run(command)
                let isOver = ["remove", "disable"].contains(words[0])
                #expect(again.status == 0 || isOver, "\(words): \(again.errors)")
            }
            if words[0] == "unlock" {
                let code = try await phone.code()
                #expect(try await stage.login("daemon", [code])?.name == "PAM_SUCCESS")
                #expect(try await stage.login("daemon", [codes[0]])?.name == "PAM_AUTH_ERR")
            }
        }
        var tally = PowerLossProof.Tally()
        try tally.judge(stage, atMost: Proof.count(8, long: 128))
        try tally.tell("commands, sync \(when) fails")
    }

    @Test("whichever sync of a first enrollment fails: refused, nobody is enrolled, and then done")
    func first() async throws {
        var failures = 0
        var tally = PowerLossProof.Tally()
        for number in 1...10 {
            let stage = try PowerStage()
            let inject = ["-e", "inject=fsync:error=EIO:when=\(number)"]
            let done = try await stage.run(["add", "daemon", "--no-confirm"], inject: inject)
            if done.status == 0 { break }
            failures += 1
            #expect(done.status == 1 && done.output.isEmpty)
            #expect(done.errors.contains("the device failed (input/output error)"))
            let picture = try PowerDisk.Picture(of: stage.disk)
            #expect(Set(picture.files.keys).isSubset(of: ["/store/seal.key"]), "\(number)")
            try await Self.enrollAndLogIn(stage)
            try tally.judge(stage)
        }
        try tally.tell("a first enrollment, one of whose syncs fails, then another")
        #expect((5...9).contains(failures), "\(failures)")
    }

    @Test("killed at any call of a first enrollment, and enrolled by another: that is kept")
    func killed() async throws {
        var kills = 0
        var tally = PowerLossProof.Tally()
        for call in Proof.isLong ? ["mkdirat", "fsync", "pwritev", "renameat2"] : ["fsync"] {
            for number in 1...9 {
                let stage = try PowerStage()
                let inject = ["-e", "inject=\(call):signal=KILL:when=\(number)"]
                let done = try await stage.run(["add", "daemon", "--no-confirm"], inject: inject)
                if done.status == 0 { break }
                kills += 1
                try await Self.enrollAndLogIn(stage)
                try tally.judge(stage, atMost: Proof.count(16, long: 128))
            }
        }
        try tally.tell("a first enrollment killed at a call, then another")
        #expect(kills >= Proof.count(5, long: 10))
    }

    /// Enrolls daemon, or gives one more device to daemon, and logs in with it.
    private static func enrollAndLogIn(_ stage: PowerStage) async throws {
        let told = try await stage.told("add", "daemon", "--no-confirm")
        let phone = try Phone(scanning: try #require(told["uri"] as? String))
        let code = try await phone.code()
        for name in ["PAM_SUCCESS", "PAM_AUTH_ERR"] {
            #expect(try await stage.login("daemon", [code])?.name == name)
        }
    }
}
