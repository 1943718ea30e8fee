import Foundation
import OTPCore
import TestSupport
import Testing

/// Logins of a user while root changes what the user logs in with: whoever comes first, no code
/// lets two in, what a command has ended lets nobody in, and nothing that was done is lost.
@Suite("Logins and otp-enroll at the same moment", .serialized, .timeLimit(.minutes(60)))
struct LoginsAndCommandsProof {
    private static let rounds = Proof.count(2, long: 60)
    private static let members = 6

    private let waiting: WaitingLogins
    private var enrolled: Enrolled { waiting.enrolled }
    private var user: String { waiting.enrolled.user }

    init() throws { waiting = try WaitingLogins(Self.members) }

    /// Rounds with a fresh key and no failures; the figure goes to docs/RESULTS.md.
    private func rounds(
        _ command: String, _ body: (Phone) async throws -> Collision
    ) async throws {
        var met = 0, yeses = 0
        for _ in 0..<Self.rounds {
            let phone = try enrolled.renewKey()
            try enrolled.forgive()
            let collision = try await body(phone)
            met += collision.met
            yeses += collision.yeses
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
            let answers = [code, backup[0], temporary, code, backup[0], temporary]
            let collision = try await Collision(waiting, answers, [["reset", user, "--yes"]])
            try collision.expectWhole(enrolled, .reset, isEnded: true)
            for answer in Set(answers) { #expect(collision.yeses(answer) <= 1) }
            let after = try #require(collision.events.lastIndex { $0.kind == .reset })
            #expect(after == collision.events.count - 1, "written down after the reset")
            let next = try await phone.code(steps: 1)
            #expect(try waiting.logIn([next, backup[1], temporary, code, backup[0]]) == 0)
            #expect(try enrolled.read { !$0.isEnrolled })
            return collision
        }
    }

    @Test("All of it at once, with 64 logins: everything that was done is there")
    func everything() async throws {
        let waiting = try WaitingLogins(64), enrolled = waiting.enrolled
        var hasTablet = false
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
            let collision = try await Collision(waiting, answers, commands, input: code + "\n")
            let accepted: Bool = try collision.commands[5].member("accepted")
            for answer in Set(answers) {
                let twice = answer == code && accepted ? 1 : 0
                #expect(collision.yeses(answer) + twice <= 1, "\(answer)")
            }
            #expect(collision.yeses(wrong) == 0)
            // One that was lost would have been written over by one with the same number.
            let isAdded = collision.commands[4].status == 0
            let changes = 4 + (isAdded ? 1 : 0) + (accepted ? 1 : 0)
            #expect(collision.commits >= collision.yeses + (try collision.failures) + changes)
            #expect(try enrolled.read { $0.authenticators.count } == (isAdded || hasTablet ? 2 : 1))
            hasTablet = hasTablet || isAdded
            try enrolled.forgive()
            #expect(try waiting.logIn([try await phone.code(steps: 1)]) == 1)
        }
    }
}
