import Foundation
import TestSupport
import Testing

extension Row {
    /// A row in which sshd has checked a key, unless told otherwise, and a user logs in who has no
    /// record, unless `before` makes one. `replies` are the answers; nothing may be stored.
    static func entry(
        _ name: String, _ code: String, _ arguments: String, service: String = "sshd",
        by proof: [String] = LoginKey().login, prompts: Int = 1, log: String,
        says: String? = nil, around: [String] = [], _ replies: [String] = [],
        before: @escaping @Sendable (Enrolled, Stack) async throws -> Void = { enrolled, _ in
            try enrolled.forget()
        }
    ) -> Row {
        Row(name: name, code: code) { row in
            let systemLog = try SystemLog.shared()
            let enrolled = try Enrolled()
            let stack = try enrolled.stack(arguments, service: service)
            try await before(enrolled, stack)
            let kept = try enrolled.bytesOrNone
            let mark = "rhost-\(UUID().uuidString)"
            let results = try await stack.run(
                ["user \(enrolled.user)", "rhost \(mark)"] + proof + replies + ["go authenticate"],
                around: around)
            let result = try #require(results.last)
            #expect(result.name == row.code)
            #expect(result.prompts == prompts)
            #expect(result.left == 0, "answers left over")
            if let says {
                #expect(result.said.contains { $0.hasPrefix(says) }, "\(result.said)")
            } else {
                #expect(result.said.isEmpty, "\(result.said)")
            }
            #expect(try enrolled.bytesOrNone == kept, "something was kept")
            let line = try await systemLog.line(containing: "rhost=\(mark)")
            #expect(line.facility == 10 && line.text.contains(log), "\(line.text)")
        }
    }

    /// A row in which a user enrolls at the login with the code of the key that was shown.
    static func enrolls(
        _ name: String, _ arguments: String, service: String = "sshd",
        by proof: [String] = LoginKey().login, around: [String] = [], first: [String] = [],
        before: @escaping @Sendable (Enrolled, Stack) async throws -> Void = { enrolled, _ in
            try enrolled.forget()
        }
    ) -> Row {
        Row(name: name, code: "PAM_SUCCESS") { row in
            let systemLog = try SystemLog.shared()
            let enrolled = try Enrolled()
            let stack = try enrolled.stack(arguments, service: service)
            try await before(enrolled, stack)
            let mark = "rhost-\(UUID().uuidString)"
            let talk = try InteractiveLogin(
                stack, user: enrolled.user, ["rhost \(mark)"] + proof, around: around)
            let phone = try InteractiveLogin.phone(typing: talk.opening)
            for reply in first {
                try talk.reply(reply)
                #expect(try talk.question().contains("Code shown by the app"))
            }
            try await phone.settle()
            let code = try await phone.code()
            try talk.answer(code)
            #expect(try talk.question().contains("Press Return when you have saved them: "))
            try talk.answer("")
            let result = try talk.result()
            #expect(result.name == row.code && result.prompts == 2 + first.count)
            #expect(result.said.isEmpty)
            #expect(try enrolled.read { $0.authenticators.map(\.name.text) } == ["phone"])
            #expect(try enrolled.read { $0.backupCodesLeft } == 10)
            let line = try await systemLog.line(containing: "rhost=\(mark)")
            #expect(line.text.contains("login granted; factor=enrollment enrolled=\"phone\""))
            #expect(!line.text.contains(phone.secret))
            // The confirming code is burned, and the next one logs in.
            let again = try await stack.login(enrolled.user, [code])
            #expect(again.name == "PAM_AUTH_ERR")
            let next = try await stack.login(enrolled.user, [try await phone.code(steps: 1)])
            #expect(next.name == "PAM_SUCCESS")
        }
    }

    /// A row in which a user types the right code of the key that was shown, and something in the
    /// meantime keeps it from being stored.
    static func tooLate(
        _ name: String, _ code: String, _ arguments: String, log: String, says: String,
        before: @escaping @Sendable (Enrolled) async throws -> Void = { try $0.forget() },
        meanwhile: @escaping @Sendable (Enrolled, Stack) async throws -> Void
    ) -> Row {
        Row(name: name, code: code) { row in
            let systemLog = try SystemLog.shared()
            let enrolled = try Enrolled()
            let stack = try enrolled.stack(arguments, service: "sshd")
            try await before(enrolled)
            let mark = "rhost-\(UUID().uuidString)"
            let talk = try InteractiveLogin(
                stack, user: enrolled.user, ["rhost \(mark)"] + LoginKey().login)
            let phone = try InteractiveLogin.phone(typing: talk.opening)
            try await phone.settle()
            try await meanwhile(enrolled, stack)
            let kept = try enrolled.bytesOrNone
            try talk.answer(try await phone.code())
            let result = try talk.result()
            #expect(result.name == row.code && result.prompts == 1)
            #expect(result.said == [says])
            #expect(try enrolled.bytesOrNone == kept, "something was kept")
            let line = try await systemLog.line(containing: "rhost=\(mark)")
            #expect(line.text.contains(log) && !line.text.contains(phone.secret), "\(line.text)")
        }
    }
}
