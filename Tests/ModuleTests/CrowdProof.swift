import Foundation
import OTPCore
import TestSupport
import Testing

/// Logins of a user while root changes what the user logs in with: whoever comes first, no code
/// lets two in, what a command has ended lets nobody in, and nothing that was done is lost.
@Suite("Logins and otp-enroll at the same moment", .serialized, .timeLimit(.minutes(60)))
struct CrowdProof {
    private static let rounds = Proof.count(2, long: 60)
    private static let members = 8

    private let crowd: Crowd
    private var enrolled: Enrolled { crowd.enrolled }
    private var user: String { crowd.enrolled.user }

    init() throws { crowd = try Crowd(Self.members) }

    /// The same answer for everybody.
    private func all(_ answer: String) -> [String] {
        Array(repeating: answer, count: Self.members)
    }

    /// Rounds with a fresh key and no failures; the figure goes to docs/RESULTS.md.
    private func rounds(
        _ command: String, _ body: (Phone) async throws -> Meeting
    ) async throws {
        var met = 0, yeses = 0
        for _ in 0..<Self.rounds {
            let phone = try enrolled.renewKey()
            try enrolled.forgive()
            let meeting = try await body(phone)
            met += meeting.met
            yeses += meeting.yeses
        }
        // The lock has kept somebody waiting, or nobody met.
        #expect(met > Self.rounds)
        try Proof.tell(
            "Many at once", "logins against `otp-enroll \(command)`, \(Self.rounds) rounds",
            "\(Self.rounds * Self.members) logins, \(yeses) let in, no code twice; \(met) logins "
                + "and commands waited for the same lock")
    }

    @Test("reset: nothing that there was lets anybody in after it")
    func reset() async throws {
        try await rounds("reset") { phone in
            let code = try await phone.code()
            let backup = try enrolled.renewBackupCodes()
            let temporary = try enrolled.issue()
            let answers = [code, backup[0], temporary, code, backup[0], temporary, code, backup[0]]
            let meeting = try await Meeting(crowd, answers, [["reset", user, "--yes"]])
            try meeting.expectWhole(enrolled, .reset, isEnded: true)
            for answer in Set(answers) { #expect(meeting.yeses(answer) <= 1) }
            let after = try #require(meeting.events.lastIndex { $0.kind == .reset })
            #expect(after == meeting.events.count - 1, "written down after the reset")
            let next = try await phone.code(steps: 1)
            #expect(try crowd.logIn([next, backup[1], temporary, code, backup[0]]) == 0)
            #expect(try enrolled.read { !$0.isEnrolled })
            return meeting
        }
    }

    @Test("codes: the old set is refused once the new one was said, and the new one is good once")
    func codes() async throws {
        try await rounds("codes") { _ in
            let old = try enrolled.renewBackupCodes()
            let answers = [0, 1, 2, 3, 0, 1, 2, 3].map { old[$0] }
            let meeting = try await Meeting(crowd, answers, [["codes", user, "--yes", "--json"]])
            try meeting.expectWhole(enrolled, .codesRenewed)
            for answer in old { #expect(meeting.yeses(answer) <= 1) }
            let new: [String] = try meeting.commands[0].member("backup_codes")
            #expect(try enrolled.read { $0.backupCodesLeft } == 10)
            try enrolled.forgive()
            #expect(try crowd.logIn(Array(old[..<5])) == 0)
            try enrolled.forgive()
            #expect(try crowd.logIn(Array(old[5...])) == 0)
            try enrolled.forgive()
            #expect(try crowd.logIn(all(new[4])) == 1)
            #expect(try enrolled.read { $0.backupCodesLeft } == 9)
            return meeting
        }
    }

    @Test("remove: a lost phone lets nobody in after it, and the other one does")
    func remove() async throws {
        try await rounds("remove") { phone in
            let added = try await enrolled.otpEnroll(
                ["add", user, "--no-confirm", "--json", "--name", "tablet"])
            let tablet = try Phone(scanning: try added.member("uri"))
            let code = try await tablet.code()
            let meeting = try await Meeting(
                crowd, all(code), [["remove", user, "tablet", "--yes"]])
            try meeting.expectWhole(enrolled, .removed)
            #expect(meeting.yeses(code) <= 1)
            try enrolled.forgive()
            let next = try await tablet.code(steps: 1)
            #expect(try crowd.logIn([next, code, next, code]) == 0)
            try enrolled.forgive()
            #expect(try crowd.logIn(all(try await phone.code())) == 1)
            return meeting
        }
    }

    @Test("issue: the older temporary code is refused, and the newer one is good once")
    func issue() async throws {
        try await rounds("issue") { _ in
            let old = try enrolled.issue()
            let meeting = try await Meeting(crowd, all(old), [["issue", user, "--json"]])
            try meeting.expectWhole(enrolled, .temporaryCodeIssued)
            #expect(meeting.yeses(old) <= 1)
            let new: String = try meeting.commands[0].member("code")
            try enrolled.forgive()
            #expect(try crowd.logIn([old, old, old]) == 0)
            #expect(try crowd.logIn(all(new)) == 1)
            return meeting
        }
    }

    @Test("unlock: every failure before it is forgiven, and every one after it is counted")
    func unlock() async throws {
        try await rounds("unlock") { phone in
            let wrong = try await phone.wrongCode()
            let meeting = try await Meeting(crowd, all(wrong), [["unlock", user]])
            try meeting.expectWhole(enrolled, .unlocked)
            #expect((5...8).contains(meeting.count(.failure)))
            return meeting
        }
    }

    @Test("add: one yes for the old one's code, and the new one logs in")
    func add() async throws {
        try await rounds("add") { phone in
            let code = try await phone.code()
            let words = ["add", user, "--no-confirm", "--json", "--name", "tablet"]
            let meeting = try await Meeting(crowd, all(code), [words])
            try meeting.expectWhole(enrolled, .added)
            #expect(meeting.yeses(code) == 1)
            let tablet = try Phone(scanning: try meeting.commands[0].member("uri"))
            try enrolled.forgive()
            let next = try await phone.code(steps: 1), other = try await tablet.code()
            let answers = [next, other, next, other]
            #expect(try crowd.logIn(answers) == 2)
            return meeting
        }
    }

    @Test("verify: the code that it used up lets nobody in, and one that was used is refused")
    func verify() async throws {
        try await rounds("verify") { phone in
            let code = try await phone.code()
            let meeting = try await Meeting(
                crowd, all(code), [["verify", user, "--json"]], input: code + "\n")
            let accepted: Bool = try meeting.commands[0].member("accepted")
            #expect(meeting.yeses(code) + (accepted ? 1 : 0) == 1)
            try meeting.expectWhole(enrolled)
            return meeting
        }
    }

    @Test("trusted --revoke-all: no SSH key skips the code after it")
    func revoke() async throws {
        for _ in 0..<Self.rounds {
            let enrolled = try Enrolled()
            try await enrolled.trust(LoginKey())
            let stack = try enrolled.stack("trust=key", service: "sshd")
            let before = try enrolled.read { $0.events.events.count }
            let gate = try Gate(enrolled.recordFile)
            let logins = (0..<Self.members).map { _ in
                Task { try await stack.login(enrolled.user, [], with: LoginKey().login) }
            }
            async let command = enrolled.otpEnroll(["trusted", enrolled.user, "--revoke-all"])
            _ = try await gate.gather(Self.members + 1)
            gate.open()
            #expect(try await command.status == 0)
            var yes = 0
            for login in logins {
                let result = try await login.value
                // Who was too late is asked for a code.
                #expect(result.name == (result.prompts == 0 ? "PAM_SUCCESS" : "PAM_CONV_ERR"))
                yes += result.prompts == 0 ? 1 : 0
            }
            let events = try enrolled.read { $0.events.events.dropFirst(before).map(\.kind) }
            #expect(events == Array(repeating: .login, count: yes) + [.trustRevoked])
            let after = try await stack.login(enrolled.user, [], with: LoginKey().login)
            #expect(after.name == "PAM_CONV_ERR" && after.prompts == 1)
        }
    }

    @Test("All of it at once, with 64 logins: everything that was done is there")
    func everything() async throws {
        let crowd = try Crowd(64), enrolled = crowd.enrolled
        for _ in 0..<Self.rounds {
            let phone = try enrolled.renewKey()
            try enrolled.forgive()
            let code = try await phone.code(), wrong = try await phone.wrongCode()
            let backup = try enrolled.renewBackupCodes(), temporary = try enrolled.issue()
            var answers = Array(repeating: code, count: 12) + Array(repeating: temporary, count: 8)
            answers += backup + backup + Array(repeating: wrong, count: 24)
            answers.shuffle()
            let commands = [
                ["codes", user, "--yes"], ["issue", user], ["unlock", user], ["unlock", user],
                ["add", user, "--no-confirm", "--name", "tablet"], ["verify", user, "--json"],
            ]
            let meeting = try await Meeting(crowd, answers, commands, input: code + "\n")
            let accepted: Bool = try meeting.commands[5].member("accepted")
            for answer in Set(answers) {
                let twice = answer == code && accepted ? 1 : 0
                #expect(meeting.yeses(answer) + twice <= 1, "\(answer)")
            }
            #expect(meeting.yeses(wrong) == 0)
            // One that was lost would have been written over by one with the same number.
            let made = meeting.yeses + (try meeting.failures) + 5 + (accepted ? 1 : 0)
            #expect(meeting.commits >= made)
            #expect(try enrolled.read { $0.authenticators.count } == 2)
            try enrolled.forgive()
            #expect(try crowd.logIn([try await phone.code(steps: 1)]) == 1)
        }
    }
}
