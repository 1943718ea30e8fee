import Foundation
import OTPCore
import TestSupport
import Testing

private let refused = "That code was not accepted."

/// Stacks in which several modules share one field.
struct Neighbors {
    let enrolled: Enrolled
    let stack: Stack
    private let seen: String

    /// The module, after one that asks for `before` and stores it (with pam_exec), and before one
    /// that reads what was stored last. The result is the module's own.
    init(_ enrolled: Enrolled, _ arguments: String, before: Bool, behind: Bool) throws {
        self.enrolled = enrolled
        let scratch = enrolled.scratch
        seen = scratch.file("seen")
        let look = try scratch.write("exec cat > \(seen)\n", to: "look")
        let module = try enrolled.module()
        let asking = "auth optional pam_exec.so quiet expose_authtok /bin/true\n"
        let looking = "auth optional pam_exec.so quiet expose_authtok /bin/sh \(look)\n"
        try scratch.write(
            (before ? asking : "")
                + "auth required \(module) \(arguments)\n"
                + (behind ? looking : ""),
            to: "pam.d/neighbors", mode: 0o644)
        stack = Stack(folder: scratch.file("pam.d"), service: "neighbors")
    }

    /// What the next module was given.
    var passedOn: String {
        get throws {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: seen))
            // pam_exec passes it with a terminating NUL.
            return String(decoding: bytes.last == 0 ? bytes.dropLast() : bytes, as: UTF8.self)
        }
    }
}

extension Row {
    /// A row in which password and code share a field: `earlier` is what an earlier module was
    /// given, and `passesOn` what a later one must get.
    static func pass(
        _ name: String, _ code: String, _ arguments: String, prompts: Int = 1, log: String,
        says: String? = nil, passesOn: String? = nil, digits: UInt8 = 6, charged: UInt32 = 0,
        _ answers: @escaping @Sendable (Enrolled) async throws -> (earlier: String?, [String])
    ) -> Row {
        Row(name: name, code: code) { row in
            let systemLog = try SystemLog.shared()
            let enrolled = try Enrolled(digits: digits)
            let (earlier, typed) = try await answers(enrolled)
            let neighbors = try Neighbors(
                enrolled, arguments, before: earlier != nil, behind: passesOn != nil)
            let mark = "rhost-\(UUID().uuidString)"
            let result = try await neighbors.stack.login(
                enrolled.user, [earlier].compactMap { $0 } + typed, with: ["rhost \(mark)"])
            #expect(result.name == row.code)
            #expect(result.prompts == prompts && result.left == 0, "\(result)")
            if let says { #expect(result.said.contains { $0.hasPrefix(says) }, "\(result.said)") }
            if let passesOn { #expect(try neighbors.passedOn == passesOn) }
            #expect(try enrolled.read { $0.throttle.failures } == charged)
            let questions = result.messages.filter { $0.style.hasPrefix("echo") }
                .dropFirst(earlier == nil ? 0 : 1)
            for question in questions {
                let isJoined = arguments.contains("forward_pass")
                #expect(question.style == "echo_off")
                #expect(question.text.hasPrefix(isJoined ? "Password & " : "Verification "))
            }
            let line = try await systemLog.line(containing: "rhost=\(mark)")
            #expect(line.facility == 10 && line.text.contains(log), "\(line.text)")
            for text in typed where text.count > 5 { #expect(!line.text.contains(text)) }
        }
    }
}

extension ReturnCodes {
    /// One field for password and code.
    static let passes = joined + earlier

    private static let joined: [Row] = [
        .pass(
            "forward_pass, password and code", "PAM_SUCCESS", "forward_pass", log: "factor=code",
            passesOn: "hunter2"
        ) { (nil, ["hunter2\(try await $0.phone.code())"]) },
        .pass(
            "forward_pass, password and wrong code", "PAM_AUTH_ERR", "forward_pass",
            log: "reason=wrong", says: refused, passesOn: "hunter2", charged: 1
        ) { (nil, ["hunter2\(try await $0.wrongCode())"]) },
        .pass(
            "forward_pass, password and code of eight digits", "PAM_SUCCESS", "forward_pass",
            log: "factor=code", passesOn: "hunter2", digits: 8
        ) { (nil, ["hunter2\(try await $0.phone.code())"]) },
        .pass(
            "forward_pass, password and backup code", "PAM_SUCCESS", "forward_pass",
            log: "factor=backup-code index=3 left=9", passesOn: "hunter2"
        ) { (nil, ["hunter2\($0.backupCodes[3])"]) },
        .pass(
            "forward_pass, password and temporary code", "PAM_SUCCESS", "forward_pass",
            log: "factor=temporary-code", passesOn: "hunter2"
        ) { (nil, ["hunter2\(try $0.issue())"]) },
        .pass(
            "forward_pass, a code alone", "PAM_SUCCESS", "forward_pass", log: "factor=code",
            passesOn: ""
        ) { (nil, [try await $0.phone.code()]) },
        .pass(
            "forward_pass, a password alone", "PAM_AUTH_ERR", "forward_pass",
            log: "reason=malformed", says: refused, passesOn: "correct horse batter"
        ) { _ in (nil, ["correct horse battery stap"]) },
        .pass(
            "forward_pass, more than 512 bytes", "PAM_AUTH_ERR", "forward_pass",
            log: "reason=malformed", says: refused
        ) { (nil, [String(repeating: "x", count: 507) + (try await $0.phone.code())]) },
    ]

    private static let earlier: [Row] = [
        .pass(
            "use_first_pass, nothing was given before", "PAM_AUTH_ERR", "use_first_pass",
            prompts: 0, log: "reason=empty"
        ) { _ in (nil, []) },
        .pass(
            "use_first_pass, a code was given before", "PAM_SUCCESS", "use_first_pass",
            log: "factor=code"
        ) { (try await $0.phone.code(), []) },
        .pass(
            "use_first_pass, a password was given before", "PAM_AUTH_ERR", "use_first_pass",
            log: "reason=malformed", says: refused
        ) { _ in ("hunter2", []) },
        .pass(
            "use_first_pass with forward_pass, both were given before", "PAM_SUCCESS",
            "use_first_pass forward_pass", log: "factor=code", passesOn: "hunter2"
        ) { ("hunter2\(try await $0.phone.code())", []) },
        .pass(
            "try_first_pass, a code was given before", "PAM_SUCCESS", "try_first_pass",
            log: "factor=code"
        ) { (try await $0.phone.code(), []) },
        .pass(
            "try_first_pass, a password was given before, then right code", "PAM_SUCCESS",
            "try_first_pass", prompts: 2, log: "factor=code"
        ) { ("hunter2", [try await $0.phone.code()]) },
        .pass(
            "try_first_pass, nothing was given before, then right code", "PAM_SUCCESS",
            "try_first_pass", log: "factor=code"
        ) { (nil, [try await $0.phone.code()]) },
        .pass(
            "try_first_pass with forward_pass, a password was given before, then both",
            "PAM_SUCCESS", "try_first_pass forward_pass", prompts: 2, log: "factor=code",
            passesOn: "hunter2"
        ) { ("hunter1", ["hunter2\(try await $0.phone.code())"]) },
    ]
}
