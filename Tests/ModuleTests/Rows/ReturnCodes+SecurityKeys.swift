import Foundation
import OTPCore
import TestSupport

extension Row {
    /// A login with a security key; `prepare` may change something before it.
    static func securityKey(
        _ name: String, arguments: String = "trust=sk", log: String = "",
        says: String? = nil, _ login: [String] = LoginKey.ofSecurityKey.login,
        before: @escaping @Sendable (Enrolled, Stack) async throws -> Void = { _, _ in }
    ) -> Row {
        .login(
            name, "PAM_SUCCESS", arguments: arguments, service: "sshd", prompts: 0,
            log: "login granted; factor=security-key kind=ed25519-sk fingerprint=SHA256:" + log,
            says: says
        ) { enrolled, stack in
            try await before(enrolled, stack)
            return login
        }
    }

    /// A login that only looks like one, and is asked for a code.
    static func askedBesideSecurityKey(
        _ name: String, arguments: String = "trust=sk", service: String = "sshd",
        _ login: [String]
    ) -> Row {
        .login(
            name, "PAM_AUTH_ERR", arguments: arguments, service: service, log: "reason=wrong"
        ) { enrolled, _ in login + ["answer \(try await enrolled.wrongCode())"] }
    }
}

extension ReturnCodes {
    /// SSH keys on FIDO authenticators.
    static let securityKeys: [Row] = [
        .securityKey("security key"),
        .securityKey(
            "security key, with another key",
            LoginKey.login(
                LoginKey().line, LoginKey.ofSecurityKey.line)),
        .securityKey("security key, not enrolled") { enrolled, _ in try enrolled.forget() },
        .securityKey(
            "security key, not enrolled, with enroll=require",
            arguments: "trust=sk enroll=require"
        ) { enrolled, _ in try enrolled.forget() },
        .securityKey(
            "security key, closed after 100 failures",
            says: "Too many wrong codes from elsewhere."
        ) { enrolled, _ in try enrolled.fail(100) },
        .securityKey("security key, in a store without its seal key") { enrolled, _ in
            guard unlink(enrolled.store + "/seal.key") == 0 else { throw Trouble("no seal key") }
        },
        .askedBesideSecurityKey(
            "security key, with trust=key", arguments: "trust=key",
            LoginKey.ofSecurityKey.login),
        .askedBesideSecurityKey("another key, with trust=sk", LoginKey().login),
        .askedBesideSecurityKey(
            "security key, asked for by sudo", service: "sudo",
            LoginKey.login(LoginKey.ofSecurityKey.line, terminal: "pts/3")),
        .askedBesideSecurityKey(
            "security key, reported as hostbased",
            LoginKey.login(LoginKey.ofSecurityKey.line.replacing("publickey", with: "hostbased"))),
        .login(
            "security key, of a user who does not exist", "PAM_AUTH_ERR", arguments: "trust=sk",
            service: "sshd", log: "reason=unknown-user"
        ) { _, _ in
            ["user nobody-of-this-name"] + LoginKey.ofSecurityKey.login + ["answer 123456"]
        },
    ]
}
