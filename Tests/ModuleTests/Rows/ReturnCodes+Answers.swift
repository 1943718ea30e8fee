import Foundation
import OTPCore
import OTPStore
import TestSupport

private let refused = "That code was not accepted."
private let used = "That code was already used. Wait for the next one."

extension ReturnCodes {
    /// Results decided by the answer.
    static let answers: [Row] = [
        .login(
            "right code", "PAM_SUCCESS",
            log: "login granted; factor=code authenticator=\"phone\" step="
        ) {
            enrolled, _ in ["answer \(try await enrolled.phone.code())"]
        },
        .login("right code, written `123 456`", "PAM_SUCCESS", log: "login granted") {
            enrolled, _ in
            let code = try await enrolled.phone.code()
            return ["answer \(code.prefix(3)) \(code.suffix(3))"]
        },
        .login("wrong code", "PAM_AUTH_ERR", log: "reason=wrong", says: refused) { enrolled, _ in
            ["answer \(try await enrolled.wrongCode())"]
        },
        .login(
            "the same code again", "PAM_AUTH_ERR", arguments: "after_first_factor",
            log: "reason=replayed", says: used
        ) {
            enrolled, stack in
            let code = try await enrolled.phone.code()
            guard try await stack.login(enrolled.user, [code]).name == "PAM_SUCCESS" else {
                throw Trouble("the first login failed")
            }
            return ["answer \(code)"]
        },
        .login(
            "an earlier code after a later one", "PAM_AUTH_ERR", arguments: "after_first_factor",
            log: "reason=replayed", says: used
        ) { enrolled, stack in
            let later = try await enrolled.phone.code(steps: 1)
            guard try await stack.login(enrolled.user, [later]).name == "PAM_SUCCESS" else {
                throw Trouble("the first login failed")
            }
            return ["answer \(try await enrolled.phone.code())"]
        },
        .login(
            "a code outside the window", "PAM_AUTH_ERR", log: "reason=outside-window off=+",
            says: refused
        ) { enrolled, _ in ["answer \(try await enrolled.phone.code(steps: 4))"] },
        .login(
            "backup code", "PAM_SUCCESS", log: "login granted; factor=backup-code index=3 left=9",
            says: "You have 9 backup codes left."
        ) { enrolled, _ in ["answer \(enrolled.backupCodes[3].lowercased())"] },
        .login(
            "the same backup code again", "PAM_AUTH_ERR", log: "reason=used-backup-code",
            says: refused
        ) {
            enrolled, stack in
            let code = enrolled.backupCodes[3]
            guard try await stack.login(enrolled.user, [code]).name == "PAM_SUCCESS" else {
                throw Trouble("the first login failed")
            }
            return ["answer \(code)"]
        },
        .login(
            "not the form of a code", "PAM_AUTH_ERR", log: "reason=malformed", says: refused,
            recordStays: true
        ) { _, _ in ["answer correct horse battery staple"] },
        .login("control bytes", "PAM_AUTH_ERR", log: "reason=malformed", recordStays: true) {
            _, _ in ["answer \\x08\\x0a\\x0d\\x7fINCORRECT"]
        },
        .login("NUL in the answer", "PAM_AUTH_ERR", log: "reason=malformed", recordStays: true) {
            enrolled, _ in
            // C reads it up to the NUL.
            let code = try await enrolled.phone.code()
            return ["answer \(code.prefix(3))\\x00\(code.suffix(3))"]
        },
        .login(
            "digits other than ASCII", "PAM_AUTH_ERR", log: "reason=malformed", recordStays: true
        ) {
            _, _ in ["answer \u{661}\u{662}\u{663}\u{664}\u{665}\u{666}"]
        },
        .login(
            "an answer of a megabyte", "PAM_AUTH_ERR", log: "reason=malformed", recordStays: true
        ) {
            _, _ in ["answer-size 1048576"]
        },
        .login("empty answer", "PAM_AUTH_ERR", log: "reason=empty", recordStays: true) { _, _ in
            ["answer "]
        },
        .login("no answer", "PAM_AUTH_ERR", log: "reason=empty", recordStays: true) { _, _ in
            ["no-answer"]
        },
        .login("the conversation fails", "PAM_CONV_ERR", log: "reason=no-answer", recordStays: true)
        {
            _, _ in ["conv-error"]
        },
        .login("no response comes back", "PAM_AUTH_ERR", log: "reason=empty", recordStays: true) {
            _, _ in ["conv-null-response"]
        },
        .login(
            "throttled, with a right code", "PAM_AUTH_ERR", arguments: "after_first_factor",
            log: "reason=throttled wait=",
            says: "Too many wrong codes. Try again in ", recordStays: true
        ) { enrolled, stack in
            let wrong = try await enrolled.wrongCodes(5)
            let tries = try await stack.run(
                ["user \(enrolled.user)"]
                    + wrong.flatMap { ["answer \($0)", "go authenticate"] })
            guard tries.count == 5, tries.allSatisfy({ $0.name == "PAM_AUTH_ERR" }) else {
                throw Trouble("five wrong codes gave \(tries)")
            }
            return ["answer \(try await enrolled.phone.code())"]
        },
        .login(
            "closed after 100 failures, with a right code", "PAM_AUTH_ERR",
            arguments: "after_first_factor", log: "reason=closed",
            says: "Too many wrong codes. Use a backup code, or have your administrator",
            recordStays: true
        ) { enrolled, stack in
            try enrolled.fail(100)
            return ["answer \(try await enrolled.phone.code())"]
        },
        .login(
            "wrong, wrong, right with retry=3", "PAM_SUCCESS", arguments: "retry=3", prompts: 3,
            log: "login granted", says: "That code was not accepted. Please try again."
        ) { enrolled, _ in
            let wrong = try await enrolled.wrongCodes(2)
            return [
                "answer \(wrong[0])", "answer \(wrong[1])",
                "answer \(try await enrolled.phone.code())",
            ]
        },
    ]
}

extension Enrolled {
    /// Types `count` different wrong backup codes, one every hour up to now.
    func fail(_ count: UInt64) throws {
        guard let user = try SystemUsers().user(named: Array(user.utf8)),
            let session = try Store(path: Array(store.utf8)).open(user)
        else { throw Trouble("no record of \(user)") }
        defer { session.close() }
        let elsewhere = Array("192.0.2.66".utf8)
        let attempt = Attempt(
            verifier: Verifier(window: 1), origin: elsewhere, source: SourceID(elsewhere.span))
        let now = try SystemClock().now()
        for hour in (0..<count).reversed() {
            let typed = Array("0ZZZZ-ZZZZZ-ZZ\(100 + hour)".utf8)
            _ = try attempt.run(Answer(typed.span), on: session, at: now - hour * 3600)
        }
    }
}
