import Foundation
import OTPCore
import OTPStore
import TestSupport
import Testing

/// Enrolling at a login (`enroll`), where one row of docs/RESULTS.md is not enough: what is shown,
/// and what comes of logins that meet or break off.
@Suite("First enrollment at a login, through libpam")
struct EnrollmentPromptTests {
    /// A user without a record at the question that shows a key.
    private func talk(
        _ arguments: String = "enroll=require after_first_factor", service: String = "sshd",
        user: String? = nil, around: [String] = []
    ) throws -> (Enrolled, InteractiveLogin) {
        let enrolled = try Enrolled()
        try enrolled.forget()
        let stack = try enrolled.stack(arguments, service: service)
        let talk = try InteractiveLogin(
            stack, user: user ?? enrolled.user, LoginKey().login, around: around)
        return (enrolled, talk)
    }

    /// What holds for each question: a form that every ssh hands on, the key always among it.
    private func check(_ question: String, columns: Int = 80) throws -> Phone {
        #expect(question.hasPrefix("\n"))
        #expect(question.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
        #expect(!question.unicodeScalars.contains { (0x7f...0x9f).contains($0.value) })
        let lines = question.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { $0.count <= columns }, "\(question)")
        #expect(lines.last?.hasPrefix("Code shown by the app") == true)
        return try InteractiveLogin.phone(typing: question)
    }

    @Test("Names as long as they can be: within 80 columns, with the key, and a camera reads it")
    func longNames() async throws {
        let host = String(repeating: "long-name.", count: 6) + "abcd"
        // With the number that it gets, as long as useradd(8) takes it, or a byte less.
        let account = try await Account.make("u" + String(repeating: "x", count: 28)).name
        let around = ["unshare", "-u", "sh", "-c", "hostname \(host); exec \"$0\" \"$@\""]
        let (enrolled, talk) = try talk(user: account, around: around)
        let typed = try check(talk.opening)
        let seen = try await Camera.read(talk.opening)
        let scanned = try Phone(scanning: try #require(seen))
        #expect(scanned.secret == typed.secret)
        #expect(scanned.label.contains(account))
        try talk.answer("a")
        let ascii = try talk.question()
        // What does not fit is left out, and said to be; the key is there all the same.
        #expect(try check(ascii).secret == typed.secret)
        if let seen = try await Camera.read(ascii) {
            #expect(try Phone(scanning: seen).secret == typed.secret)
        } else {
            #expect(ascii.contains("(The picture is too wide for 80 columns.)"))
        }
        try talk.reply("conv-error")
        #expect(try talk.result().name == "PAM_CONV_ERR")
        #expect(try FileManager.default.contentsOfDirectory(atPath: enrolled.store) == ["seal.key"])
    }

    @Test("Without libqrencode there is the key to type, and it enrolls")
    func noLibrary() async throws {
        let library = URL(fileURLWithPath: "/usr/lib/x86_64-linux-gnu/libqrencode.so.4")
            .resolvingSymlinksInPath().path
        let hide = "mount --bind /dev/null \(library); exec \"$0\" \"$@\""
        let (enrolled, talk) = try talk(around: ["unshare", "-m", "sh", "-c", hide])
        #expect(talk.opening.hasPrefix("\nIn an authenticator app, type this key"))
        #expect(talk.opening.hasSuffix("Code shown by the app: "))
        #expect(talk.opening.utf8.allSatisfy { $0 < 0x80 })
        let phone = try check(talk.opening)
        try await phone.settle()
        try talk.answer(try await phone.code())
        _ = try talk.question()
        try talk.answer("")
        #expect(try talk.result().name == "PAM_SUCCESS")
        let login = try await enrolled.stack().login(
            enrolled.user, [try await phone.code(steps: 1)])
        #expect(login.name == "PAM_SUCCESS")
    }
}
