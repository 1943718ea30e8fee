import Foundation
import OTPCore
import TestSupport
import Testing

/// Sixteen sessions of one user that enroll, trust or put off at the same moment: as many win as
/// may, the others are told, and nothing is lost.
@Suite("Sixteen sessions at the same moment", .serialized, .timeLimit(.minutes(60)))
struct MeetingProof {
    private static let sessions = 16
    private static let rounds = Proof.count(1, long: 20)
    private static let void =
        "Another session has enrolled you meanwhile. This key is void: log in with a code of that "
        + "one."
    private static let notEnrolled =
        "Nothing was enrolled. Run `otp-enroll` to enroll your device."

    private func tell(_ what: String, _ figure: String) throws {
        try Proof.tell(
            "Many at once", "\(what), \(Self.sessions) sessions, \(Self.rounds) rounds", figure)
    }

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
                try Talk(stack, user: enrolled.user, LoginKey().login)
            }
            let phones = try talks.map { try Talk.phone(typing: $0.opening) }
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
        try tell("enrolling", "one enrolled in each of \(Self.rounds * 2), the others told")
    }

    @Test("a new device after a temporary code: the first one stays, and the others are told")
    func replacing() async throws {
        for _ in 0..<Self.rounds {
            let enrolled = try Enrolled(), lost = try enrolled.renewKey()
            let stack = try enrolled.stack("after_temporary=enroll")
            var talks: [(talk: Talk, phone: Phone)] = []
            for _ in 0..<Self.sessions {
                let talk = try Talk(stack, user: enrolled.user)
                try talk.answer(try enrolled.issue())
                talks.append((talk, try talk.phone()))
            }
            var answers: [String] = []
            for (_, phone) in talks { answers.append(try await phone.code()) }
            for (index, answer) in answers.enumerated() { try talks[index].talk.answer(answer) }
            var winners: [Phone] = []
            for (talk, phone) in talks {
                let result = try talk.result()
                #expect(result.name == "PAM_SUCCESS")
                if result.said.last == "\"phone\" is enrolled." {
                    winners.append(phone)
                } else {
                    #expect(result.said.last == Self.notEnrolled)
                }
            }
            #expect(winners.count == 1)
            let phone = try #require(winners.first)
            let login = try await stack.login(enrolled.user, [try await phone.code(steps: 1)])
            #expect(login.name == "PAM_SUCCESS")
            let old = try await stack.login(enrolled.user, [try await lost.code()])
            #expect(old.name == "PAM_AUTH_ERR")
        }
        try tell("a new device after a temporary code", "one enrolled in each, the others told")
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
        try tell("`otp-enroll add`", "five enrolled in each, the others told that there is no room")
    }

    /// Sessions that have logged in and are asked whether to trust their keys; they answer at once.
    private func trust(_ numbers: [UInt8]) async throws -> (Enrolled, [Result]) {
        let enrolled = try Enrolled()
        let stack = try enrolled.stack("trust=key trust_max=8 window=10", service: "sshd")
        var talks: [Talk] = []
        for (index, number) in numbers.enumerated() {
            let talk = try Talk(stack, user: enrolled.user, LoginKey(number).login)
            try talk.answer(try await enrolled.phone.code(steps: index - 8))
            #expect(try talk.question().contains("Skip the code for 30 days"))
            talks.append(talk)
        }
        let gate = try Gate(enrolled.recordFile)
        for talk in talks { try talk.answer("y") }
        let met = try await gate.gather(talks.count)
        #expect(met > 1 || gate.isOver)
        gate.open()
        return (enrolled, try talks.map { try $0.result() })
    }

    @Test(
        "the same SSH key trusted by all: one entry; sixteen keys: eight, and the others are told")
    func trusting() async throws {
        let refusal = "The key could not be trusted. You are asked for codes as before."
        for _ in 0..<Self.rounds {
            let (same, results) = try await trust(Array(repeating: 7, count: Self.sessions))
            #expect(results.allSatisfy { $0.name == "PAM_SUCCESS" && $0.said.last != refusal })
            #expect(try same.read { $0.trusted.map(\.name.text) } == ["ed25519"])
            let (many, ends) = try await trust((1...UInt8(Self.sessions)).map { $0 })
            #expect(ends.allSatisfy { $0.name == "PAM_SUCCESS" })
            #expect(ends.count { $0.said.last == refusal } == Self.sessions - 8)
            #expect(try Set(many.read { $0.trusted.map(\.name.text) }).count == 8)
            // Those that were told yes log in without a code, and nobody else.
            let stack = try many.stack("trust=key", service: "sshd")
            for (index, end) in ends.enumerated() {
                let login = try await stack.login(
                    many.user, [], with: LoginKey(UInt8(index + 1)).login)
                let name = end.said.last == refusal ? "PAM_CONV_ERR" : "PAM_SUCCESS"
                #expect(login.name == name)
            }
        }
        try tell(
            "trusting SSH keys", "one entry for one key, eight for sixteen, as `trust_max` says")
    }

    @Test("a grace of four: four put it off, and the others have to enroll")
    func puttingOff() async throws {
        for round in 0..<Self.rounds * 2 {
            let enrolled = try Enrolled()
            try enrolled.forget()
            let stack = try enrolled.stack("enroll=require enroll_grace=4", service: "sshd")
            if round % 2 == 1 {
                let first = try await stack.login(enrolled.user, [""], with: LoginKey().login)
                #expect(first.name == Stack.ignored)
            }
            let talks = try (0..<Self.sessions).map { _ in
                try Talk(stack, user: enrolled.user, LoginKey().login)
            }
            for talk in talks { try talk.answer("") }
            let results = try talks.map { try $0.result() }
            let passed = results.filter { $0.name == Stack.ignored }.compactMap(\.said.last)
            let left = [
                "Nothing was enrolled. At the next login you must enroll.",
                "Nothing was enrolled. You can put it off 1 more time.",
                "Nothing was enrolled. You can put it off 2 more times.",
                "Nothing was enrolled. You can put it off 3 more times.",
            ]
            #expect(passed.sorted() == Array(left[..<(4 - round % 2)]), "round \(round)")
            let others = results.filter { $0.name == "PAM_AUTH_ERR" }
            #expect(others.count == Self.sessions - passed.count)
            let must = "You need an authenticator to log in. Nothing was enrolled."
            #expect(others.allSatisfy { $0.said == [must] })
            #expect(try enrolled.read { $0.timesPutOff } == 4)
        }
        try tell("a grace of four", "four put it off, and no more")
    }

    @Test(
        "put off where another session has enrolled the user: refused, and told",
        arguments: ["enroll=offer", "enroll=require enroll_grace=4"])
    func putOffTooLate(arguments: String) async throws {
        let enrolled = try Enrolled()
        try enrolled.forget()
        let stack = try enrolled.stack(arguments, service: "sshd")
        let talks = try (0..<Self.sessions).map { _ in
            try Talk(stack, user: enrolled.user, LoginKey().login)
        }
        let phone = try Talk.phone(typing: talks[0].opening)
        try talks[0].answer(try await phone.code())
        _ = try talks[0].question()
        for talk in talks.dropFirst() {
            try talk.answer("")
            let result = try talk.result()
            #expect(result.name == "PAM_AUTH_ERR" && result.said == [Self.void], "\(result)")
        }
        try talks[0].answer("")
        #expect(try talks[0].result().name == "PAM_SUCCESS")
    }
}
