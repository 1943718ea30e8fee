import Foundation
import TestSupport
import Testing

/// The stacks of docs/LOGIN.md, whole, with the real pam_unix: what comes before the module
/// decides whether anybody gets to enroll.
@Suite("Whole stacks that enroll")
struct StackTests {
    /// Debian's common-auth.
    private static let commonAuth = [
        "auth [success=1 default=ignore] pam_unix.so nullok", "auth requisite pam_deny.so",
        "auth required pam_permit.so",
    ]

    /// A user with a password and without a record, and a stack of these lines.
    private func newcomer(_ lines: [String], service: String) async throws -> (Enrolled, Stack) {
        let enrolled = try Enrolled(user: try await Account.make("stack").name)
        try enrolled.forget()
        let module = try enrolled.module()
        let text = lines.map { $0.replacing("MODULE", with: module) + "\n" }.joined()
        try enrolled.scratch.write(text, to: "pam.d/\(service)", mode: 0o644)
        return (enrolled, Stack(folder: enrolled.scratch.file("pam.d"), service: service))
    }

    /// The password of a user of `Account.make`.
    private func password(_ enrolled: Enrolled) -> String {
        "first factor \(enrolled.user.drop { !$0.isNumber })"
    }

    /// Enrolls at the question that is open, and gives the whole stack's result.
    private func enroll(_ talk: Talk, _ question: String) async throws -> Result {
        let phone = try Talk.phone(typing: question)
        try await phone.settle()
        try talk.answer(try await phone.code())
        #expect(try talk.question().contains("shown only now"))
        try talk.answer("")
        return try talk.result()
    }

    @Test(
        "Password, then code: nobody gets to the key but by the right password",
        arguments: ["sshd", "login", "su", "sudo"])
    func password(service: String) async throws {
        let (enrolled, stack) = try await newcomer(
            Self.commonAuth + ["auth required MODULE enroll=require after_first_factor"],
            service: service)
        for wrong in ["", "wrong", password(enrolled) + "123456"] {
            let result = try await stack.login(
                enrolled.user, [wrong], with: ["fail-delay note"])
            #expect(result.name == "PAM_AUTH_ERR" && result.prompts == 1)
            #expect(!result.messages.contains { $0.text.contains("Key:") })
        }
        #expect(try enrolled.bytesOrNone == nil)
        let talk = try Talk(stack, user: enrolled.user)
        #expect(talk.opening.hasPrefix("Password"))
        try talk.answer(password(enrolled))
        let result = try await enroll(talk, try talk.question())
        #expect(result.name == "PAM_SUCCESS" && result.prompts == 3)
    }

    @Test("Key, then code: sshd's word is enough, and nothing else is")
    func key() async throws {
        for arguments in ["enroll=require", "enroll=offer"] {
            let (enrolled, stack) = try await newcomer(
                ["auth required MODULE \(arguments)", "auth required pam_permit.so"],
                service: "sshd")
            let stranger = try await stack.login(enrolled.user, ["123456"], with: ["tty ssh"])
            #expect(stranger.name == "PAM_AUTH_ERR" && stranger.prompts == 1)
            let later = try await stack.login(enrolled.user, [""], with: LoginKey().login)
            #expect(later.name == (arguments == "enroll=offer" ? "PAM_SUCCESS" : "PAM_AUTH_ERR"))
            #expect(try enrolled.bytesOrNone == nil)
            let talk = try Talk(stack, user: enrolled.user, LoginKey().login)
            #expect(try await enroll(talk, talk.opening).name == "PAM_SUCCESS")
        }
    }

    @Test("One field, with `required`: a wrong code ends alike with a right and a wrong password")
    func joined() async throws {
        let account = try await Account.make("stack")
        let enrolled = try Enrolled(user: account.name)
        let module = try enrolled.module()
        try enrolled.scratch.write(
            "auth required \(module) forward_pass\nauth required pam_unix.so use_first_pass\n",
            to: "pam.d/joined", mode: 0o644)
        let stack = Stack(folder: enrolled.scratch.file("pam.d"), service: "joined")
        let wrong = try await enrolled.wrongCode()
        for typed in [account.password + wrong, "wrong" + wrong] {
            let result = try await stack.login(
                enrolled.user, [typed], with: ["fail-delay note"])
            #expect(result.name == "PAM_AUTH_ERR" && result.prompts == 1)
            #expect(result.said == ["That code was not accepted."])
        }
        let code = try await enrolled.phone.code()
        let result = try await stack.login(enrolled.user, [account.password + code])
        #expect(result.name == "PAM_SUCCESS" && result.prompts == 1)
    }
}
