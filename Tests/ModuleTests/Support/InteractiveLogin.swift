import Foundation
import TestSupport

/// A login that is answered question by question.
final class InteractiveLogin {
    /// The first question.
    private(set) var opening = ""
    private let program: LineProgram

    /// Starts a login, with further commands of pam-dialogue, inside of `around`; it waits at its
    /// first question.
    init(_ stack: Stack, user: String, _ more: [String] = [], around: [String] = []) throws {
        program = try LineProgram(around + [try Build.product("pam-dialogue")])
        let commands = ["confdir \(stack.folder)", "service \(stack.service)", "user \(user)"]
        let later = Array(repeating: "answer-later", count: 40)
        for line in commands + more + later + ["go authenticate"] { try reply(line) }
        opening = try question()
    }

    /// Sends the reply to the open question, in pam-dialogue's form.
    func reply(_ line: String) throws {
        try program.send("\(line)\n")
    }

    func answer(_ text: String) throws { try reply("answer \(text)") }

    /// The next event.
    enum Next {
        case question(String)
        case end(DialogueResult)
    }

    func next() throws -> Next { try InteractiveLogin.next(in: Data(try program.line().utf8)) }

    /// The meaning of a line of pam-dialogue's.
    static func next(in line: Data) throws -> Next {
        struct Event: Decodable { let message: [DialogueResult.Message] }
        if let event = try? JSONDecoder().decode(Event.self, from: line),
            let last = event.message.last
        {
            return .question(last.shown)
        }
        do {
            return .end(try JSONDecoder().decode(DialogueResult.self, from: line))
        } catch {
            throw Trouble("\(error): \(String(decoding: line, as: UTF8.self))")
        }
    }

    /// The next question.
    func question() throws -> String {
        switch try next() {
        case .question(let question): return question
        case .end(let result): throw Trouble("no question: \(result)")
        }
    }

    /// A phone with the key of the next question, typed by hand.
    func phone() throws -> Phone { try InteractiveLogin.phone(typing: try question()) }

    /// A phone with the key of a question, typed by hand.
    static func phone(typing question: String) throws -> Phone {
        let keys = question.split(separator: "\n").filter { $0.hasPrefix("Key: ") }
        let key = (keys.first ?? "").dropFirst(5).filter { $0 != " " }
        guard keys.count == 1, key.count == 32 else { throw Trouble("no key: \(question)") }
        return try Phone(scanning: "otpauth://totp/test?secret=\(key)")
    }

    /// Enrolls, from the key in the first question to the backup codes; returns the phone.
    func enroll() async throws -> Phone {
        let phone = try InteractiveLogin.phone(typing: opening)
        try await phone.settle()
        try answer(try await phone.code())
        _ = try question()
        try answer("")
        let result = try result()
        guard result.name == "PAM_SUCCESS" else { throw Trouble("not enrolled: \(result)") }
        return phone
    }

    /// The final result.
    func result() throws -> DialogueResult {
        switch try next() {
        case .question(let question): throw Trouble("one more question: \(question)")
        case .end(let result): return result
        }
    }

    /// Waits for the end of the process.
    func finish() async throws { _ = try await program.finish() }

    /// Kills the process, as when a connection breaks.
    func kill() { program.kill() }
}

extension DialogueResult.Message {
    /// The text as a terminal gets it: pam-dialogue writes each byte as a code point.
    var shown: String {
        String(
            decoding: text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }, as: UTF8.self
        )
    }
}
