import Foundation
import OTPCore
import TestSupport
import Testing

private let refused = "That code was not accepted."
private let wait = "Too many wrong codes. Try again in "

extension Row {
    /// A row in which key 7 was trusted at an earlier login with a code; `prepare` may change
    /// something afterwards and returns the login with its answers.
    static func trust(
        _ name: String, _ code: String, arguments: String = "trust=key",
        service: String = "sshd", prompts: Int = 1, log: String, says: String? = nil,
        behind: [String] = [],
        _ prepare: @escaping @Sendable (Enrolled, Stack) async throws -> [String]
    ) -> Row {
        .login(
            name, code, arguments: arguments, service: service, prompts: prompts, log: log,
            says: says, behind: behind
        ) { enrolled, stack in
            try await enrolled.trust(LoginKey())
            return try await prepare(enrolled, stack)
        }
    }

    /// A row in which the trust does not count, and a wrong code is refused as usual.
    static func asked(
        _ name: String, arguments: String = "trust=key", service: String = "sshd",
        log: String = "reason=wrong", says: String = refused,
        behind: [String] = [],
        _ login: [String] = LoginKey().login,
        before: @escaping @Sendable (Enrolled, Stack) async throws -> Void = { _, _ in }
    ) -> Row {
        .trust(
            name, "PAM_AUTH_ERR", arguments: arguments, service: service, log: log, says: says,
            behind: behind
        ) { enrolled, stack in
            try await before(enrolled, stack)
            return login + ["answer \(try await enrolled.wrongCode())"]
        }
    }

    /// Words that run a program at a later time.
    static func later(_ offset: String) -> [String] {
        // Without it, faketime also returns the time of day as the time since boot.
        ["env", "DONT_FAKE_MONOTONIC=1", "faketime", "-f", offset]
    }
}

extension ReturnCodes {
    /// SSH keys that skip the code.
    static let trusts = trusted + untrusted + ended

    private static let trusted: [Row] = [
        .trust(
            "trusted key", "PAM_SUCCESS", prompts: 0,
            log: "login granted; factor=trusted-key key=\"ed25519\" fingerprint=SHA256:"
        ) { _, _ in LoginKey().login },
        .trust(
            "trusted key, after failures of strangers", "PAM_SUCCESS", prompts: 0,
            log: "factor=trusted-key", says: "5 failed codes since "
        ) { enrolled, stack in
            // Failures in the same second as the trust are still reported to the device.
            try await Task.sleep(for: .seconds(1.1))
            for wrong in try await enrolled.wrongCodes(5) {
                _ = try await stack.login(enrolled.user, [wrong], with: ["rhost 192.0.2.66"])
            }
            return LoginKey().login
        },
    ]

    private static let untrusted: [Row] = [
        .asked("trusted key, asked for by sudo", service: "sudo", ["tty pts/3"]),
        .asked("another key than the trusted one", LoginKey(8).login),
        .asked("trusted key, of another user", ["user bin"] + LoginKey().login) { enrolled, _ in
            _ = try Enrolled(user: "bin", in: enrolled.scratch)
        },
        .asked("trusted key, with trust=off", arguments: "trust=off"),
    ]

    private static let ended: [Row] = [
        .asked("trusted key, the clock set back", log: "reason=", behind: Row.later("-1h")),
        .asked("trusted key, revoked") { enrolled, _ in
            try enrolled.change { _ = $0.revokeAllTrust() }
        },
        .asked("trusted key, after a backup code") { enrolled, stack in
            let result = try await stack.login(enrolled.user, [enrolled.backupCodes[0]])
            try require(result.name == "PAM_SUCCESS", "\(result)")
        },
        .asked(
            "trusted key, after six failures with it", log: "reason=throttled", says: wait
        ) { enrolled, stack in
            // Together with another key that is not trusted: the first one is the source.
            let login = LoginKey.login(LoginKey().line, LoginKey(8).line)
            for wrong in try await enrolled.wrongCodes(6) {
                _ = try await stack.login(enrolled.user, [wrong], with: login)
            }
        },
    ]
}

extension Enrolled {
    /// Logs in with a code and this key, and trusts it for the default time; returns the phone.
    @discardableResult
    func trust(
        _ key: LoginKey, named name: String = "", at service: String = "trusting"
    ) async throws -> Phone {
        let phone = try renewKey()
        let result = try await stack("trust=key", service: service).login(
            user, [try await phone.code(), "y \(name)"], with: key.login)
        try require(result.name == "PAM_SUCCESS" && result.prompts == 2, "\(result)")
        try require(result.said.contains { $0.contains("logs in without a code") }, "\(result)")
        return phone
    }
}
