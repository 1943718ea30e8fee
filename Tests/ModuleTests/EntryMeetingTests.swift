import Foundation
import TestSupport
import Testing

/// Enrollments at a login that meet, and what the admin's grace and temporary codes make of them.
@Suite("Enrollments that meet, through libpam")
struct EntryMeetingTests {
    private let void =
        "Another session has enrolled you meanwhile. This key is void: log in with a code of that "
        + "one."

    @Test("Two sessions enroll one user at once: one wins, and the other hears it")
    func two() async throws {
        for round in 0..<6 {
            let enrolled = try Enrolled()
            if round < 3 { try enrolled.forget() } else { try enrolled.change { $0.removeAll() } }
            let stack = try enrolled.stack("enroll=require", service: "sshd")
            let talks = try [7, 8].map {
                try Talk(stack, user: enrolled.user, LoginKey($0).login)
            }
            let phones = try talks.map { try Talk.phone(typing: $0.opening) }
            try await phones[0].settle(for: 12)
            let codes = [try await phones[0].code(), try await phones[1].code()]
            for (talk, code) in zip(talks, codes) { try talk.answer(code) }
            var winners: [Int] = []
            for (index, talk) in talks.enumerated() {
                switch try talk.next() {
                case .question(let sheet):
                    #expect(sheet.contains("Press Return when you have kept them: "))
                    winners.append(index)
                    try talk.answer("")
                    #expect(try talk.result().name == "PAM_SUCCESS")
                case .end(let result):
                    #expect(result.name == "PAM_AUTH_ERR" && result.said == [void], "\(result)")
                }
            }
            #expect(winners.count == 1, "round \(round)")
            #expect(try enrolled.read { $0.authenticators.map(\.name.text) } == ["phone"])
            // The one key that counts is the winner's.
            for (index, phone) in phones.enumerated() {
                let login = try await stack.login(
                    enrolled.user, [try await phone.code(steps: 1)], with: ["tty ssh"])
                let name = winners == [index] ? "PAM_SUCCESS" : "PAM_AUTH_ERR"
                #expect(login.name == name)
            }
        }
    }

    @Test("The grace is counted where it was put off, and only there")
    func grace() async throws {
        let enrolled = try Enrolled()
        try enrolled.forget()
        let stack = try enrolled.stack("enroll=require enroll_grace=4", service: "sshd")
        func logIn(_ replies: String...) async throws -> Result {
            let results = try await stack.run(
                ["user \(enrolled.user)"] + LoginKey().login + replies + ["go authenticate"])
            return try #require(results.last)
        }
        let first = try await logIn("answer ")
        #expect(first.said == ["Nothing was enrolled. You can put it off 3 more times."])
        let second = try await logIn("answer 1", "answer 2", "answer 3")
        #expect(second.said == ["Nothing was enrolled. You can put it off 2 more times."])
        // Somebody who is gone has put nothing off.
        #expect(try await logIn("conv-error").name == "PAM_CONV_ERR")
        let third = try await logIn("answer ")
        #expect(third.said == ["Nothing was enrolled. You can put it off 1 more time."])
        #expect(try await logIn("answer ").name == Stack.ignored)
        let last = try await logIn("answer ")
        #expect(last.name == "PAM_AUTH_ERR")
        #expect(last.said == ["You need an authenticator to log in. Nothing was enrolled."])
        #expect(last.messages[0].text.hasSuffix("(i: invert, a: ASCII): "))
        #expect(first.messages[0].text.hasSuffix("(i: invert, a: ASCII, Enter: later): "))
    }

    @Test("A reset gives no grace, neither a first one nor what is left of it")
    func reset() async throws {
        for usesSome in [false, true] {
            let enrolled = try Enrolled()
            let stack = try enrolled.stack("enroll=require enroll_grace=4", service: "sshd")
            if usesSome {
                try enrolled.forget()
                let first = try await stack.login(enrolled.user, [""], with: LoginKey().login)
                #expect(first.name == Stack.ignored)
            }
            try enrolled.change { $0.removeAll() }
            let last = try await stack.login(enrolled.user, [""], with: LoginKey().login)
            #expect(last.name == "PAM_AUTH_ERR" && last.prompts == 1)
            #expect(last.messages[0].text.hasSuffix("(i: invert, a: ASCII): "))
        }
    }

    @Test("Before the day nothing is counted, and after it the grace begins")
    func day() async throws {
        let enrolled = try Enrolled()
        try enrolled.forget()
        for (clock, code, said) in [
            ("2027-01-14 23:59:59", Stack.ignored, "Nothing was enrolled."),
            ("2027-01-14 23:59:59", Stack.ignored, "Nothing was enrolled."),
            (
                "2027-01-15 00:00:00", Stack.ignored,
                "Nothing was enrolled. At the next login you must enroll."
            ),
            (
                "2027-01-15 00:00:00", "PAM_AUTH_ERR",
                "You need an authenticator to log in. Nothing was enrolled."
            ),
        ] {
            let stack = try enrolled.stack(
                "enroll=require enroll_until=2027-01-15 enroll_grace=1", service: "sshd",
                behind: ["env", "TZ=UTC", "faketime", "-f", clock])
            let result = try await stack.login(enrolled.user, [""], with: LoginKey().login)
            #expect(result.name == code && result.said == [said], "\(clock)")
        }
    }

    @Test(
        "A temporary code of somebody without an authenticator enrolls at once, proven or not",
        arguments: ["enroll=offer", "enroll=require"])
    func temporaryCode(arguments: String) async throws {
        for by in [["tty ssh"], LoginKey().login, ["tty tty1"]] {
            let enrolled = try Enrolled()
            try enrolled.change { $0.removeAll() }
            let code = try enrolled.issue()
            let stack = try enrolled.stack(arguments, service: "sshd")
            let talk = try Talk(stack, user: enrolled.user, by)
            #expect(talk.opening == "Code from your app (or a backup code): ")
            try talk.answer(code)
            let question = try talk.question()
            let phone = try Talk.phone(typing: question)
            let seen = try #require(try await Camera.read(question))
            #expect(try Phone(scanning: seen).secret == phone.secret)
            try await phone.settle()
            try talk.answer(try await phone.code())
            #expect(try talk.question().contains("shown only now"))
            try talk.answer("")
            #expect(try talk.result().name == "PAM_SUCCESS")
            let login = try await stack.login(enrolled.user, [try await phone.code(steps: 1)])
            #expect(login.name == "PAM_SUCCESS")
        }
    }

    @Test("A temporary code beside an authenticator only logs in, unless told otherwise")
    func temporaryCodeBeside() async throws {
        let enrolled = try Enrolled()
        let result = try await enrolled.stack("enroll=require", service: "sshd").login(
            enrolled.user, [try enrolled.issue()], with: LoginKey().login)
        #expect(result.name == "PAM_SUCCESS" && result.prompts == 1)
        // Without one, and with PAM_SILENT, nobody would read the key.
        try enrolled.change { $0.removeAll() }
        let silent = try await enrolled.stack("enroll=require", service: "sshd").login(
            enrolled.user, [try enrolled.issue()], with: LoginKey().login + ["flags silent"])
        #expect(silent.name == "PAM_SUCCESS" && silent.prompts == 1 && silent.said.isEmpty)
    }
}
