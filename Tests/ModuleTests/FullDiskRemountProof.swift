import Foundation
import OTPCore
import TestSupport
import Testing

/// A disk that is made read-only in the middle of things, and writable again: refused meanwhile,
/// and nothing of it counts.
@Suite("Read-only in the middle of things")
struct FullDiskRemountProof {
    private let unavailable =
        "The code cannot be checked right now. Please tell your administrator."

    @Test("between question and answer: refused and logged; then the same answer counts, once")
    func logins() async throws {
        let enrolled = try Enrolled()
        try await enrolled.useSmallDisk()
        let log = try SystemLog.shared()
        let stack = try enrolled.stack("window=10")
        let wrong = try await enrolled.wrongCode()
        for (answer, isRight) in [
            (try await enrolled.phone.code(), true), (enrolled.backupCodes[3], true),
            (try enrolled.issue(), true), (wrong, false),
        ] {
            let mark = "rhost-\(UUID().uuidString)"
            let talk = try Talk(stack, user: enrolled.user, ["rhost \(mark)"])
            let before = try enrolled.bytes
            try await enrolled.lockSmallDisk()
            try talk.answer(answer)
            let result = try talk.result()
            #expect(result.name == "PAM_AUTHINFO_UNAVAIL" && result.said == [unavailable])
            let line = try await log.line(containing: "rhost=\(mark)")
            #expect(line.text.contains("the file system is read-only") && line.severity == 2)
            #expect(try enrolled.bytes == before)
            try await enrolled.lockSmallDisk(false)
            for name in [isRight ? "PAM_SUCCESS" : "PAM_AUTH_ERR", "PAM_AUTH_ERR"] {
                #expect(try await stack.login(enrolled.user, [answer]).name == name)
            }
        }
    }

    @Test("while somebody enrolls at a login: nobody is enrolled, or who has the codes is")
    func enrollment() async throws {
        let enrolled = try Enrolled()
        try enrolled.forget()
        try await enrolled.useSmallDisk()
        let stack = try enrolled.stack("enroll=require after_first_factor", service: "sshd")
        let first = try Talk(stack, user: enrolled.user, LoginKey().login)
        let lost = try Talk.phone(typing: first.opening)
        try await enrolled.lockSmallDisk()
        try await lost.settle()
        try first.answer(try await lost.code())
        let refused = try first.result()
        #expect(refused.name == "PAM_AUTHINFO_UNAVAIL" && refused.said == [unavailable])
        #expect(try enrolled.bytesOrNone == nil)

        try await enrolled.lockSmallDisk(false)
        let second = try Talk(stack, user: enrolled.user, LoginKey().login)
        let phone = try Talk.phone(typing: second.opening)
        try await phone.settle()
        try second.answer(try await phone.code())
        #expect(try second.question().contains("shown only now"))
        try await enrolled.lockSmallDisk()
        try second.answer("")
        #expect(try second.result().name == "PAM_SUCCESS")
        try await enrolled.lockSmallDisk(false)
        let code = try await phone.code(steps: 1)
        for name in ["PAM_SUCCESS", "PAM_AUTH_ERR"] {
            let result = try await enrolled.stack("window=10").login(enrolled.user, [code])
            #expect(result.name == name)
        }
    }

    @Test("while somebody enrolls after a temporary code: the login stands, the old key as well")
    func renewal() async throws {
        let enrolled = try Enrolled()
        try await enrolled.useSmallDisk()
        let talk = try Talk(enrolled.stack("after_temporary=enroll"), user: enrolled.user)
        let temporary = try enrolled.issue()
        try talk.answer(temporary)
        let phone = try talk.phone()
        try await enrolled.lockSmallDisk()
        try await phone.settle()
        try talk.answer(try await phone.code())
        let result = try talk.result()
        #expect(result.name == "PAM_SUCCESS")
        #expect(result.said.last?.hasPrefix("Nothing was enrolled.") == true, "\(result.said)")
        try await enrolled.lockSmallDisk(false)
        let stack = try enrolled.stack("window=10")
        for (answer, name) in [
            (temporary, "PAM_AUTH_ERR"), (try await phone.code(steps: 1), "PAM_AUTH_ERR"),
            (try await enrolled.phone.code(), "PAM_SUCCESS"),
        ] {
            #expect(try await stack.login(enrolled.user, [answer]).name == name)
        }
    }

    @Test(
        "between a command's question and the answer: refused with a plain sentence, then done",
        arguments: [
            ["verify", "daemon"], ["codes", "daemon"], ["reset", "daemon"], ["disable", "daemon"],
            ["remove", "daemon", "spare"], ["resync", "daemon"],
        ])
    func commands(words: [String]) async throws {
        let enrolled = try Enrolled()
        guard let spare = Name("spare".utf8), let device = Authenticator(name: spare, added: 1)
        else { throw Trouble("no device") }
        let key = Array("another key of 20 by".utf8)
        try enrolled.change { record in try? record.add(device, key: key.span) }
        try await enrolled.useSmallDisk()
        let before = try enrolled.bytes
        for isLocked in [true, false] {
            let terminal = try Terminal(
                [Build.product("otp-enroll")] + words + ["--store", enrolled.store])
            let question = try await terminal.expectAny(["[y/N] ", ": "])
            try await enrolled.lockSmallDisk(isLocked)
            try await enrolled.phone.settle()
            let shown = try await enrolled.phone.codes(2)
            try await terminal.type(question == 0 ? "y" : shown[0])
            if words[0] == "resync" {
                try await terminal.expect(": ")
                try await terminal.type(shown[1])
            }
            let status = try await terminal.finish()
            let said = await terminal.transcript
            #expect(status == (isLocked ? 1 : 0), "\(said)")
            #expect(said.contains("the file system is read-only") == isLocked, "\(said)")
            #expect(try (enrolled.bytes == before) == isLocked)
        }
    }
}
