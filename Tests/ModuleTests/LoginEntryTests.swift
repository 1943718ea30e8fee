import Foundation
import OTPCore
import OTPStore
import TestSupport
import Testing

/// Enrolling at a login (`enroll`), where one row of docs/RESULTS.md is not enough: what is shown,
/// and what comes of logins that meet or break off.
@Suite("First enrollment at a login, through libpam")
struct LoginEntryTests {
    /// A user without a record at the question that shows a key.
    private func talk(
        _ arguments: String = "enroll=require after_first_factor", service: String = "sshd",
        user: String? = nil, around: [String] = []
    ) throws -> (Enrolled, Talk) {
        let enrolled = try Enrolled()
        try enrolled.forget()
        let stack = try enrolled.stack(arguments, service: service)
        let talk = try Talk(
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
        return try Talk.phone(typing: question)
    }

    @Test(
        "The QR code in the prompt is read by a camera, as it is, inverted and in ASCII",
        arguments: ["sshd", "login", "su", "su-l", "sudo", "sudo-i"])
    func camera(service: String) async throws {
        let (enrolled, talk) = try talk(service: service)
        var question = talk.opening
        let typed = try check(question)
        for (reply, theme) in [
            (nil, .dark), ("i", .light), ("i", .dark), ("a", .dark), ("A", .dark), ("I", .light),
        ] as [(String?, Picture.Theme)] {
            if let reply {
                try talk.answer(reply)
                question = try talk.question()
            }
            let seen = try await Camera.read(question, theme: theme)
            let scanned = try Phone(scanning: try #require(seen, "\(reply ?? "")\(question)"))
            #expect(scanned.secret == typed.secret)
            #expect(try check(question).secret == typed.secret)
            #expect(scanned.label.hasSuffix(enrolled.user))
            #expect(scanned.digits == 6 && scanned.period == 30 && scanned.algorithm == "SHA1")
        }
        #expect(question.hasSuffix("Code shown by the app (i: invert, a: ASCII): "))
        try await typed.settle()
        try talk.answer(try await typed.code())
        #expect(try talk.question().contains("shown only now"))
        try talk.answer("")
        #expect(try talk.result().name == "PAM_SUCCESS")
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

    @Test("A connection that breaks off leaves no trace, at any question")
    func brokenOff() throws {
        for replies in [[], ["i"], ["000000", "a"]] {
            let (enrolled, talk) = try talk("enroll=require enroll_grace=3")
            for reply in replies {
                try talk.answer(reply)
                _ = try talk.question()
            }
            talk.kill()
            let left = try FileManager.default.contentsOfDirectory(atPath: enrolled.store)
            #expect(left == ["seal.key"])
        }
    }

    @Test("At the sheet of backup codes the device is enrolled, however that ends")
    func sheet() async throws {
        for reply in [
            "answer thanks", "answer-size 1048576", "no-answer", "conv-error",
            "conv-null-response",
        ] {
            let (enrolled, talk) = try talk()
            let phone = try Talk.phone(typing: talk.opening)
            try await phone.settle()
            try talk.answer(try await phone.code())
            let sheet = try talk.question()
            let codes = sheet.matches(of: #/\b[0-9A-Z]{5}(-[0-9A-Z]{5}){2}\b/#).map { $0.output.0 }
            #expect(codes.count == 10)
            try talk.reply(reply)
            #expect(try talk.result().name == "PAM_SUCCESS")
            let login = try await enrolled.stack().login(
                enrolled.user, [String(try #require(codes.last))])
            #expect(login.name == "PAM_SUCCESS")
        }
    }
}
