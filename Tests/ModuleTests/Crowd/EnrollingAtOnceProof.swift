import Foundation
import OTPCore
import TestSupport
import Testing

/// Sixteen sessions of one user enroll at the same moment: as many succeed as may, the others are
/// told, and nothing is lost.
@Suite("Sixteen sessions at the same moment", .serialized, .timeLimit(.minutes(60)))
struct EnrollingAtOnceProof {
    private static let sessions = 16
    private static let rounds = Proof.count(1, long: 20)
    private static let void =
        "Another session has enrolled you. Discard this key, and use a code from there."

    /// The backup codes on a sheet.
    private func codes(_ sheet: String) -> [String] {
        sheet.matches(of: #/\b[0-9A-Z]{5}(-[0-9A-Z]{5}){2}\b/#).map { String($0.output.0) }
    }

    @Test("of sessions that enroll at once, several succeed, or the others are not told")
    func enrolling() async throws {
        for round in 0..<Self.rounds * 2 {
            let enrolled = try Enrolled()
            if round % 2 == 0 {
                try enrolled.forget()
            } else {
                try enrolled.change { $0.removeAll() }
            }
            let stack = try enrolled.stack("enroll=require", service: "sshd")
            let talks = try (0..<Self.sessions).map { _ in
                try InteractiveLogin(stack, user: enrolled.user, LoginKey().login)
            }
            let phones = try talks.map { try InteractiveLogin.phone(typing: $0.opening) }
            var answers: [String] = []
            for phone in phones { answers.append(try await phone.code()) }
            for (talk, answer) in zip(talks, answers) { try talk.answer(answer) }
            var winners: [(index: Int, code: String)] = []
            for (index, talk) in talks.enumerated() {
                switch try talk.next() {
                case .question(let sheet):
                    winners.append((index, try #require(codes(sheet).first)))
                    try talk.answer("")
                    #expect(try talk.result().name == "PAM_SUCCESS")
                case .end(let result):
                    #expect(result.name == "PAM_AUTH_ERR" && result.said == [Self.void])
                }
            }
            #expect(winners.count == 1, "round \(round)")
            let (winner, backup) = try #require(winners.first)
            #expect(try enrolled.read { $0.authenticators.map(\.name.text) } == ["phone"])
            #expect(try await stack.login(enrolled.user, [backup]).name == "PAM_SUCCESS")
            for index in [winner, (winner + 1) % Self.sessions] {
                let login = try await stack.login(
                    enrolled.user, [try await phones[index].code(steps: 1)])
                #expect(login.name == (index == winner ? "PAM_SUCCESS" : "PAM_AUTH_ERR"))
            }
        }
        try Proof.tell(
            "Many at once", "enrolling, \(Self.sessions) sessions",
            "one enrolled in each of \(Self.rounds * 2) rounds, the others were told")
    }
}
