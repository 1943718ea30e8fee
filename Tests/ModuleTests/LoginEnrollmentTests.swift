import Foundation
import OTPCore
import OTPStore
import TestSupport
import Testing

private let notEnrolled = "Nothing was enrolled. Run `otp-enroll` to enroll your device."

/// `after_temporary=enroll` through the real libpam: a conversation of several questions.
@Suite("Enrolling at a login, through libpam")
struct LoginEnrollmentTests {
    private func talk(_ enrolled: Enrolled, _ more: String...) throws -> Talk {
        try Talk(enrolled.stack("after_temporary=enroll"), user: enrolled.user, more)
    }

    private func names(_ enrolled: Enrolled) throws -> [String] {
        try enrolled.read { $0.authenticators.map(\.name.text) }
    }

    @Test("a new key takes the old one's place, and nobody else is asked")
    func replaces() async throws {
        let enrolled = try Enrolled()
        let log = try SystemLog.shared()
        let mark = "rhost-\(UUID().uuidString)"
        let talk = try talk(enrolled, "rhost \(mark)")
        try talk.answer(try enrolled.issue())
        let question = try talk.question()
        let phone = try Talk.phone(typing: question)
        let seen = try Phone(scanning: try #require(try await Camera.read(question)))
        #expect(seen.secret == phone.secret)
        try await phone.settle()
        try talk.answer(try await phone.code())
        let result = try talk.result()
        #expect(result.name == "PAM_SUCCESS" && result.prompts == 2)
        #expect(result.messages.last?.style == "info")
        #expect(result.said.last == "\"phone\" is enrolled.")
        #expect(try names(enrolled) == ["phone"])
        #expect(try enrolled.read { $0.backupCodesLeft } == 10)
        let line = try await log.line(containing: "rhost=\(mark)")
        #expect(line.text.contains("login granted; factor=temporary-code enrolled=\"phone\""))
        #expect(!line.text.contains(phone.secret))

        let stack = try enrolled.stack("after_temporary=enroll")
        let old = try await stack.login(enrolled.user, [try await enrolled.phone.code()])
        #expect(old.name == "PAM_AUTH_ERR")
        let new = try await stack.login(enrolled.user, [try await phone.code(steps: 1)])
        #expect(new.name == "PAM_SUCCESS")
        #expect(new.said.contains { $0.hasPrefix("The authenticator \"phone\" was added on ") })
        let backup = try await stack.login(enrolled.user, [enrolled.backupCodes[0]])
        #expect(backup.name == "PAM_SUCCESS" && backup.prompts == 1)
    }

    @Test("backup codes are a question of their own, and kept however it is answered")
    func backupCodes() async throws {
        for reply in ["answer ", "answer thanks", "no-answer", "conv-error"] {
            let enrolled = try Enrolled()
            try enrolled.change { $0.removeAll() }
            let talk = try talk(enrolled)
            try talk.answer(try enrolled.issue())
            let phone = try talk.phone()
            try await phone.settle()
            try talk.reply("answer \(try await phone.code())")
            let sheet = try talk.question()
            let codes = sheet.matches(of: #/\b[0-9A-Z]{5}(-[0-9A-Z]{5}){2}\b/#).map { $0.output.0 }
            #expect(codes.count == 10, "\(sheet)")
            #expect(sheet.hasSuffix("\n\nPress Return when you have kept them: "))
            try talk.reply(reply)
            #expect(try talk.result().name == "PAM_SUCCESS")
            let login = try await enrolled.stack().login(
                enrolled.user, [String(try #require(codes.last))])
            #expect(login.name == "PAM_SUCCESS")
        }
    }

    @Test("nobody there any more, or a terminal that hangs up: the login's, not the key's")
    func gone() async throws {
        for reply in ["answer ", "no-answer", "conv-error", "conv-null-response"] {
            let enrolled = try Enrolled()
            let before = try enrolled.renewKey()
            let talk = try talk(enrolled)
            try talk.answer(try enrolled.issue())
            _ = try talk.phone()
            try talk.reply(reply)
            let result = try talk.result()
            #expect(result.name == "PAM_SUCCESS" && result.said.last == notEnrolled)
            let login = try await enrolled.stack().login(
                enrolled.user, [try await before.code()])
            #expect(login.name == "PAM_SUCCESS", "\(reply)")
        }
    }

    @Test("killed at the question: the code is used up, and the record is whole without the key")
    func killed() async throws {
        let enrolled = try Enrolled()
        let code = try enrolled.issue()
        let talk = try talk(enrolled)
        try talk.answer(code)
        let phone = try talk.phone()
        talk.kill()
        let stack = try enrolled.stack()
        #expect(try await stack.login(enrolled.user, [code]).name == "PAM_AUTH_ERR")
        for (phone, name) in [(phone, "PAM_AUTH_ERR"), (enrolled.phone, "PAM_SUCCESS")] {
            #expect(try await stack.login(enrolled.user, [try await phone.code()]).name == name)
        }
    }

    @Test("removed, or full, while the person typed: told, and the login stands")
    func meanwhile() async throws {
        let removed = try Enrolled()
        let first = try talk(removed)
        try first.answer(try removed.issue())
        let phone = try first.phone()
        try await phone.settle()
        unlink(try removed.recordFile)
        try first.answer(try await phone.code())
        let result = try first.result()
        #expect(result.name == "PAM_SUCCESS" && result.said.last == notEnrolled)
        #expect(access(try removed.recordFile, F_OK) != 0)

        let full = try Enrolled()
        try full.add("b")
        let second = try talk(full)
        try second.answer(try full.issue())
        let late = try second.phone()
        try await late.settle()
        for name in ["c", "d", "e"] { try full.add(name) }
        try second.answer(try await late.code())
        let end = try second.result()
        #expect(end.name == "PAM_SUCCESS" && end.said.last == notEnrolled)
        #expect(try names(full) == ["phone", "b", "c", "d", "e"])
    }

    @Test("one of the same name that came up while the person typed stays")
    func taken() async throws {
        let enrolled = try Enrolled()
        try enrolled.change { $0.removeAll() }
        let talk = try talk(enrolled)
        try talk.answer(try enrolled.issue())
        let late = try talk.phone()
        try await late.settle()
        let first = try enrolled.renewKey()
        try talk.answer(try await late.code())
        let result = try talk.result()
        #expect(result.name == "PAM_SUCCESS" && result.said.last == notEnrolled)
        let login = try await enrolled.stack().login(enrolled.user, [try await first.code()])
        #expect(login.name == "PAM_SUCCESS")
    }

    @Test("PAM_SILENT, and a policy that only tells: one question")
    func notAsked() async throws {
        let enrolled = try Enrolled()
        for (arguments, more) in [
            ("after_temporary=enroll", ["flags silent"]), ("after_temporary=tell", []), ("", []),
        ] {
            let result = try await enrolled.stack(arguments).login(
                enrolled.user, [try enrolled.issue()], with: more)
            #expect(result.name == "PAM_SUCCESS" && result.prompts == 1)
        }
    }
}

extension Enrolled {
    /// Adds one more authenticator.
    fileprivate func add(_ name: String) throws {
        guard let name = Name(name.utf8), let one = Authenticator(name: name, added: 1) else {
            throw Trouble("no authenticator")
        }
        let key = try SystemRandom().bytes(20)
        try change { record in try? record.add(one, key: key.span) }
    }
}
