import Foundation
import OTPCore
import TestSupport
import Testing

private let refused = "That code was not accepted."
private let unavailable = "The code cannot be checked right now. Please tell your administrator."

extension Row {
    /// A row in which one login of a program that is not root shows the result.
    static func foreign(
        _ name: String, _ code: String, _ door: ForeignHost.Door = .helper(),
        arguments: String = "", prompts: Int = 1, log: String, says: String? = nil,
        _ prepare: @escaping @Sendable (ForeignHost) async throws -> [String]
    ) -> Row {
        Row(name: "not root: \(name)", code: code) { row in
            let systemLog = try SystemLog.shared()
            let host = try await ForeignHost(door, arguments)
            let commands = try await prepare(host)
            let mark = "rhost-\(UUID().uuidString)"
            let results = try await host.stack.run(
                ["user \(host.account.name)", "rhost \(mark)"] + commands + ["go authenticate"],
                around: host.around)
            let result = try #require(results.last)
            #expect(result.name == row.code)
            #expect(result.prompts == prompts)
            #expect(result.left == 0, "answers left over")
            if let says { #expect(result.said.contains { $0.hasPrefix(says) }, "\(result.said)") }
            let line = try await systemLog.line(containing: "rhost=\(mark)")
            #expect(line.facility == 10)
            #expect(line.text.contains(log), "\(line.text)")
        }
    }

    /// A row in which the helper is none, or not as it should be.
    static func odd(
        _ name: String, _ door: ForeignHost.Door, nullok: Bool = false, log: String
    ) -> Row {
        .foreign(
            name, "PAM_AUTHINFO_UNAVAIL", door, arguments: nullok ? "nullok" : "",
            prompts: nullok ? 0 : 1, log: log, says: unavailable
        ) { nullok ? [] : ["answer \(try await $0.enrolled.phone.code())"] }
    }
}

extension ReturnCodes {
    /// Programs that are not root, which ask swiftotp-helper.
    static let foreign: [Row] =
        [
            .foreign(
                "right code", "PAM_SUCCESS",
                log: "login granted; factor=code authenticator=\"phone\" step="
            ) { ["answer \(try await $0.enrolled.phone.code())"] },
            .foreign("wrong code", "PAM_AUTH_ERR", log: "reason=wrong", says: refused) {
                ["answer \(try await $0.enrolled.wrongCode())"]
            },
            .foreign(
                "the same code again", "PAM_AUTH_ERR", log: "reason=replayed",
                says: "That code was already used. Wait for the next one."
            ) { host in
                let code = try await host.enrolled.phone.code()
                try await host.expect(code, "PAM_SUCCESS")
                return ["answer \(code)"]
            },
            .foreign(
                "backup code", "PAM_SUCCESS",
                log: "login granted; factor=backup-code index=3 left=9",
                says: "You have 9 backup codes left."
            ) { ["answer \($0.enrolled.backupCodes[3].lowercased())"] },
            .foreign(
                "temporary code", "PAM_SUCCESS", log: "login granted; factor=temporary-code",
                says: "That was a temporary code, and it has ended. Run `otp-enroll`"
            ) { ["answer \(try $0.enrolled.issue())"] },
            .foreign(
                "an answer of a megabyte", "PAM_AUTH_ERR", log: "reason=malformed", says: refused
            ) { _ in ["answer-size 1048576"] },
            .foreign("empty answer", "PAM_AUTH_ERR", .nobody, log: "reason=empty") { _ in
                ["answer "]
            },
            .foreign("the conversation fails", "PAM_CONV_ERR", .nobody, log: "reason=no-answer") {
                _ in ["conv-error"]
            },
            .foreign(
                "throttled, with a right code", "PAM_AUTH_ERR", log: "reason=throttled wait=",
                says: "Too many wrong codes. Try again in "
            ) { host in
                let wrong = try await host.enrolled.wrongCode()
                for _ in 1...5 { try await host.expect(wrong, "PAM_AUTH_ERR") }
                return ["answer \(try await host.enrolled.phone.code())"]
            },
            .foreign(
                "closed after 100 failures, with a right code", "PAM_AUTH_ERR",
                log: "reason=closed",
                says: "Too many wrong codes. Ask your administrator to unlock you."
            ) { host in
                try host.enrolled.fail(100)
                return ["answer \(try await host.enrolled.phone.code())"]
            },
            .foreign(
                "wrong, right with retry=2", "PAM_SUCCESS", arguments: "retry=2", prompts: 2,
                log: "login granted", says: "That code was not accepted. Please try again."
            ) { host in
                [
                    "answer \(try await host.enrolled.wrongCode())",
                    "answer \(try await host.enrolled.phone.code())",
                ]
            },
            .foreign("not enrolled", "PAM_AUTH_ERR", log: "reason=no-record", says: refused) {
                try $0.enrolled.change { $0.removeAll() }
                return ["answer 123456"]
            },
            .foreign(
                "not enrolled, with nullok", Stack.ignored, arguments: "nullok", prompts: 0,
                log: "not asked; reason=not-enrolled"
            ) {
                unlink(try $0.enrolled.recordFile)
                return []
            },
            .foreign(
                "enrolled, with nullok, wrong code", "PAM_AUTH_ERR", arguments: "nullok",
                log: "reason=wrong"
            ) { ["answer \(try await $0.enrolled.wrongCode())"] },
            .foreign(
                "member of the exempt group", Stack.ignored, .nobody,
                arguments: "exempt_group=\(exempt)", prompts: 0, log: "reason=exempt-group"
            ) { host in
                try await Account.group(exempt)
                try await host.account.join(exempt)
                return []
            },
            .foreign(
                "another user", "PAM_AUTHINFO_UNAVAIL", prompts: 0,
                log: "error=\"only root can check the code of another user\"", says: unavailable
            ) { _ in ["user \(try await ForeignHost.other.value.name)"] },
            .foreign(
                "unknown user, with nullok", "PAM_AUTHINFO_UNAVAIL", arguments: "nullok",
                prompts: 0, log: "error=\"only root can check the code of another user\""
            ) { _ in ["user nobody-of-this-name"] },
            .foreign(
                "the store named, which is root's", "PAM_AUTHINFO_UNAVAIL",
                arguments: "store=STORE", log: "permission denied", says: unavailable
            ) { ["answer \(try await $0.enrolled.phone.code())"] },
            .foreign(
                "a store of one's own", "PAM_SUCCESS", .nobody, arguments: "store=STORE",
                log: "login granted"
            ) { host in
                let name = host.account.name
                try await Command.output(["chown", "-R", "\(name):", host.enrolled.store])
                return ["answer \(try await host.enrolled.phone.code())"]
            },
        ] + doors

    private static let exempt = "unlocked"

    /// What can be wrong with the helper.
    private static let doors: [Row] = [
        .odd("no helper", .nobody, log: "nobody.sock: swiftotp-helper does not listen there"),
        .odd("no helper, with nullok", .nobody, nullok: true, log: "does not listen there"),
        .foreign(
            "a record that the helper does not trust", "PAM_AUTHINFO_UNAVAIL",
            log: "its mode lets others at it; chmod it to 0600", says: unavailable
        ) { host in
            chmod(try host.enrolled.recordFile, 0o644)
            return ["answer \(try await host.enrolled.phone.code())"]
        },
        .odd(
            "a helper whose configuration is in error", .helper("window = many\n"),
            log: "the configuration is in error"),
        .odd(
            "somebody else plays the helper, and says yes", .fake(.sends(yes), root: false),
            log: "helper.sock: somebody who is not root listens there"),
        .odd(
            "somebody else plays the helper, and says not enrolled, with nullok",
            .fake(.sends(no), root: false), nullok: true, log: "somebody who is not root"),
        .odd("the helper never answers", .fake(.silent), log: "swiftotp-helper gives no answer"),
        .odd(
            "the helper ends without an answer", .fake(.sends("")),
            log: "swiftotp-helper ended without an answer"),
        .odd(
            "half an answer", .fake(.sends("0004 0182")),
            log: "swiftotp-helper ended without an answer"),
        .odd(
            "an answer that is none", .fake(.sends("0004 deadbeef")),
            log: "swiftotp-helper speaks another language"),
        .odd(
            "an answer of another version", .fake(.sends("0004 02820200")),
            log: "swiftotp-helper speaks another language"),
        .odd(
            "an answer with a byte too many", .fake(.sends("0005 0182020000")),
            log: "swiftotp-helper speaks another language"),
        .odd(
            "an answer that is too long",
            .fake(.sends("1001" + String(repeating: "01", count: 99))),
            log: "swiftotp-helper speaks another language"),
        .odd(
            "an answer to another question", .fake(.sends("0003 018001")),
            log: "swiftotp-helper answered something else than was asked"),
        .odd(
            "neither yes nor no, with nullok", .fake(.sends("0003 018002")), nullok: true,
            log: "swiftotp-helper speaks another language"),
        .odd(
            "an answer to another question, with nullok", .fake(.sends(yes)), nullok: true,
            log: "swiftotp-helper answered something else than was asked"),
        .odd(
            "no answer, and an order for the terminal as the reason",
            .fake(.sends("0009 0188 08 05 1b5b324a22")),
            log: "helper.sock: ?[2J'\""),
    ]

    /// Let in by a temporary code, with nothing to say.
    static let yes = "0004 01820200"
    /// Not enrolled.
    static let no = "0003 018000"
}

extension ForeignHost {
    /// One login of the user, which has to end like this.
    func expect(_ answer: String, _ code: String) async throws {
        let result = try await stack.login(account.name, [answer], around: around)
        try require(result.name == code, "\(result)")
    }
}
