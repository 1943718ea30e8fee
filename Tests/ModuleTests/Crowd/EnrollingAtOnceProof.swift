import Foundation
import OTPCore
import TestSupport
import Testing

/// Sixteen sessions of one user that enroll at the same moment: as many win as may, the others are
/// told, and nothing is lost.
@Suite("Sixteen sessions at the same moment", .serialized, .timeLimit(.minutes(60)))
struct EnrollingAtOnceProof {
    private static let sessions = 16
    private static let rounds = Proof.count(1, long: 20)
    private static let void =
        "Another session has enrolled you meanwhile. This key is void: log in with a code of that "
        + "one."

    /// The backup codes of a sheet.
    private func codes(_ sheet: String) -> [String] {
        sheet.matches(of: #/\b[0-9A-Z]{5}(-[0-9A-Z]{5}){2}\b/#).map { String($0.output.0) }
    }

    @Test("enrolling: one is enrolled, and the others are told that their keys are void")
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
            "one enrolled in each of \(Self.rounds * 2) rounds, the others told")
    }

    @Test("otp-enroll add: as many as there is room for, each with its own key, and the codes once")
    func adding() async throws {
        for _ in 0..<Self.rounds {
            let enrolled = try Enrolled()
            try enrolled.forget()
            let words = ["add", enrolled.user, "--no-confirm", "--json"]
            let commands = (0..<Self.sessions).map { _ in
                Task { try await enrolled.otpEnroll(words) }
            }
            var phones: [Phone] = [], sheets: [[String]] = []
            for command in commands {
                let end = try await command.value
                guard end.status == 0 else {
                    #expect(end.status == 1 && end.errors.contains("authenticators"), "\(end)")
                    continue
                }
                phones.append(try Phone(scanning: try end.member("uri")))
                let sheet: [String] = try end.member("backup_codes")
                if !sheet.isEmpty { sheets.append(sheet) }
            }
            #expect(phones.count == Record.maximumAuthenticators && sheets.count == 1)
            #expect(
                try enrolled.read { Set($0.authenticators.map(\.name.text)) }
                    == ["phone", "phone-2", "phone-3", "phone-4", "phone-5"])
            let stack = try enrolled.stack()
            for phone in phones {
                let login = try await stack.login(enrolled.user, [try await phone.code()])
                #expect(login.name == "PAM_SUCCESS")
            }
            let code = try #require(sheets.first?.last)
            #expect(try await stack.login(enrolled.user, [code]).name == "PAM_SUCCESS")
        }
        try Proof.tell(
            "Many at once", "`otp-enroll add`, \(Self.sessions) sessions, \(Self.rounds) rounds",
            "five enrolled in each, the others told that there is no room")
    }
}
