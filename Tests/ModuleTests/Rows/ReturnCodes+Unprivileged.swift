import Foundation
import OTPCore
import TestSupport
import Testing

private let refused = "That code was not accepted."
private let unavailable = "The code cannot be checked right now. Please tell your administrator."

extension Row {
    /// A row in which one login of an unprivileged program shows the result. Its log line is found
    /// by the name the program gives itself, as its claimed origin is not believed.
    static func foreign(
        _ name: String, _ code: String, _ behind: UnprivilegedHost.Behind = .service(),
        arguments: String = "", prompts: Int = 1, log: String, says: String? = nil,
        _ prepare: @escaping @Sendable (UnprivilegedHost) async throws -> [String]
    ) -> Row {
        Row(name: "not root: \(name)", code: code, doors: .one) { row in
            let systemLog = try SystemLog.shared()
            // libpam lowercases service names.
            let mark = "locker-\(UUID().uuidString.lowercased())"
            let host = try await UnprivilegedHost(behind, arguments, name: mark)
            let commands = try await prepare(host)
            let results = try await host.stack.run(
                ["user \(host.account.name)", "rhost 192.0.2.77"] + commands + ["go authenticate"],
                around: host.around)
            let result = try #require(results.last)
            #expect(result.name == row.code)
            #expect(result.prompts == prompts)
            #expect(result.left == 0, "answers left over")
            if let says { #expect(result.said.contains { $0.hasPrefix(says) }, "\(result.said)") }
            let line = try await systemLog.line(containing: "pam_swiftotp(\(mark):auth): ", log)
            #expect(line.facility == 10)
        }
    }

    /// A row with a false or faulty service.
    static func odd(
        _ name: String, _ behind: UnprivilegedHost.Behind, nullok: Bool = false, prompts: Int = 0,
        log: String
    ) -> Row {
        .foreign(
            name, "PAM_AUTHINFO_UNAVAIL", behind, arguments: nullok ? "nullok" : "",
            prompts: prompts, log: log, says: unavailable
        ) { prompts == 0 ? [] : ["answer \(try await $0.enrolled.phone.code())"] }
    }
}

extension ReturnCodes {
    /// Unprivileged programs, such as screen lockers.
    static let foreign: [Row] =
        [
            .foreign(
                "right code", "PAM_SUCCESS",
                log: "login granted; factor=code authenticator=\"phone\" step="
            ) { ["answer \(try await $0.enrolled.phone.code())"] },
            .foreign("wrong code", "PAM_AUTH_ERR", log: "reason=wrong", says: refused) {
                ["answer \(try await $0.enrolled.wrongCode())"]
            },
            .foreign("the conversation fails", "PAM_CONV_ERR", log: "reason=no-answer") { _ in
                ["conv-error"]
            },
            .foreign(
                "not enrolled, with nullok", Stack.ignored, arguments: "nullok", prompts: 0,
                log: "not asked; reason=not-enrolled"
            ) {
                unlink(try $0.enrolled.recordFile)
                return []
            },
            .foreign(
                "member of the exempt group", Stack.ignored,
                arguments: "exempt_group=\(exempt)", prompts: 0, log: "reason=exempt-group"
            ) { host in
                try await Account.group(exempt)
                try await host.account.join(exempt)
                return []
            },
            .foreign(
                "another user", "PAM_AUTHINFO_UNAVAIL", prompts: 0,
                log: "error=\"only root can check the code of another user\"", says: unavailable
            ) { _ in ["user \(try await UnprivilegedHost.other.value.name)"] },
            .foreign(
                "the store named", "PAM_AUTHINFO_UNAVAIL", arguments: "store=STORE", prompts: 0,
                log: "only root's programs may name another place", says: unavailable
            ) { _ in [] },
            .foreign(
                "another file of options named", "PAM_AUTHINFO_UNAVAIL",
                arguments: "conf=/etc/shadow", prompts: 0,
                log: "only root's programs may name another place", says: unavailable
            ) { _ in [] },
            .foreign(
                "a wider window, which it may not set", "PAM_AUTH_ERR", arguments: "window=10",
                log: "reason=outside-window off=+4", says: refused
            ) { row in
                try await row.enrolled.phone.settle()
                return ["answer \(try await row.enrolled.phone.code(steps: 4))"]
            },
            .foreign(
                "window=11", "PAM_AUTHINFO_UNAVAIL", arguments: "window=11", prompts: 0,
                log: "`window` takes a number from 0 to 10", says: unavailable
            ) { _ in [] },
        ] + doors

    private static let exempt = "unlocked"

    /// What can be wrong with the service.
    private static let doors: [Row] = [
        .odd("no service", .nobody, log: "swiftotpd is not listening"),
        .odd("no service, with nullok", .nobody, nullok: true, log: "swiftotpd is not listening"),
        .foreign(
            "a record that the service does not trust", "PAM_AUTHINFO_UNAVAIL",
            log: "others have access to it; chmod it to 0600", says: unavailable
        ) { host in
            chmod(try host.enrolled.recordFile, 0o644)
            return ["answer \(try await host.enrolled.phone.code())"]
        },
        .odd(
            "a service whose configuration is in error", .service("window = many\n"),
            log: "swiftotp.conf line 1: `window` takes a number from 0 to 10"),
        .odd(
            "an impostor as the service, which says yes", .fake(.sends(yes), root: false),
            log: "the program that listens in place of swiftotpd is not root's"),
        .odd(
            "an impostor as the service, which says not enrolled, with nullok",
            .fake(.sends(no), root: false), nullok: true, log: "in place of swiftotpd is not root's"
        ),
        .odd(
            "an impostor as the service, which asks", .fake(.sends(asks), root: false),
            log: "in place of swiftotpd is not root's"),
        .odd(
            "the service ends without a word", .fake(.sends("")),
            log: "swiftotpd ended without an answer"),
        .odd(
            "the service ends after the answer", .fake(.asks(asks, then: "")), prompts: 1,
            log: "swiftotpd ended without an answer"),
        .odd(
            "bytes that are not a frame", .fake(.sends("0004 deadbeef")),
            log: "the answer is not from swiftotpd, or from another version"),
        .odd(
            "a welcome of another version", .fake(.sends("0002 40 03")),
            log: "swiftotpd is of another version"),
        .odd(
            "a frame that is too long", .fake(.sends(welcome + "8001 49 00")),
            log: "the answer is not from swiftotpd"),
        .odd(
            "an unknown end", .fake(.sends(welcome + "0002 49 07")),
            log: "swiftotpd ended without an answer"),
        .odd(
            "an empty end, with nullok", .fake(.sends(welcome + "0001 49")), nullok: true,
            log: "swiftotpd ended without an answer"),
        .odd(
            "the service has no room", .fake(.sends("0005 41 66756c6c")),
            log: "swiftotpd has too many connections"),
    ]

    /// The first frame of every connection.
    static let welcome = "0002 40 02 "
    /// Let in.
    static let yes = welcome + "0002 49 00"
    /// Not enrolled.
    static let no = welcome + "0002 49 02"
    /// A question.
    static let asks = welcome + "0003 43 3f20 "
}

extension UnprivilegedHost {
    /// One login of the user, which must end like this.
    func expect(_ answer: String, _ code: String) async throws {
        let result = try await stack.login(account.name, [answer], around: around)
        try require(result.name == code, "\(result)")
    }
}
