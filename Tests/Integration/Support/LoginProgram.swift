import Foundation
import TestSupport
import Testing

/// One of the real programs that log users in, and what its logins look like.
struct LoginProgram: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The PAM service.
    let service: String
    /// Whether a password comes before the code.
    let password: Bool
    /// What the user sees if the login is refused.
    let refusal: String
    /// What the program says to an unknown name, and when.
    let unknown: String
    /// How the log's fields about the login's origin begin.
    let origin: [String: String]
    /// Whether it asks an unknown name the same questions.
    var greetsStrangers = false
    /// Whether modules may show more than a question. sudo silences them (PAM_SILENT), which can be
    /// turned off only in versions after Debian 12's.
    var letsModulesSpeak = true
    /// Who the login ends up as; nil for the user who logs in.
    var becomes: String?
    /// Sets the program up for one person.
    let door: @Sendable (Policy, Person) async throws -> any Door

    /// A policy whose only change is our module in this program's service.
    func policy(_ module: String) throws -> Policy {
        let policy = try Policy()
        // Every result of the module's other than success and ignore ends the login.
        let line = "auth [success=ok ignore=ignore default=die] \(module)"
        if password {
            try policy.add(line, toService: service)
        } else {
            // The key was the first factor. Without a password in the stack, another module must
            // succeed if ours returns ignore.
            try policy.replace(
                withLine: line + "\nauth required pam_permit.so", passwordOf: service)
        }
        return policy
    }

    /// The programs of a PAM service.
    static func all(of service: String) -> [LoginProgram] { all.filter { $0.service == service } }

    static let all: [LoginProgram] = [
        LoginProgram(
            testDescription: "sshd, key then code", service: "sshd", password: false,
            refusal: "Permission denied (keyboard-interactive)",
            unknown: "Permission denied (publickey)", origin: ["rhost": "127.0.0.1", "tty": "ssh"],
            door: { policy, person in
                let methods = "publickey,keyboard-interactive:pam"
                let server = try await SSHServer(methods: methods, policy: policy)
                return try SSHDoor(server: server, key: true, person: person)
            }),
        LoginProgram(
            testDescription: "sshd, password then code", service: "sshd", password: true,
            refusal: "Permission denied (keyboard-interactive)",
            unknown: "Permission denied (keyboard-interactive)",
            origin: ["rhost": "127.0.0.1", "tty": "ssh"], greetsStrangers: true,
            door: { policy, person in
                let methods = "keyboard-interactive:pam"
                let server = try await SSHServer(methods: methods, policy: policy)
                return try SSHDoor(server: server, key: false, person: person)
            }),
        LoginProgram(
            testDescription: "sudo", service: "sudo", password: true,
            refusal: "sudo: 1 incorrect password attempt",
            unknown: "sudo: you do not exist in the passwd database",
            origin: ["tty": "/dev/pts/"], letsModulesSpeak: false, becomes: "root",
            door: { policy, person in try SudoDoor(policy: policy, person: person) }),
        LoginProgram(
            testDescription: "sudo -i", service: "sudo-i", password: true,
            refusal: "sudo: 1 incorrect password attempt",
            unknown: "sudo: you do not exist in the passwd database",
            origin: ["tty": "/dev/pts/"], letsModulesSpeak: false, becomes: "root",
            door: { policy, person in
                try SudoDoor(policy: policy, person: person, words: ["-i"])
            }),
        LoginProgram(
            testDescription: "su", service: "su", password: true,
            refusal: "su: Authentication failure", unknown: "does not exist",
            origin: ["tty": "/dev/pts/"], door: { policy, _ in SuDoor(policy: policy) }),
        LoginProgram(
            testDescription: "su -", service: "su-l", password: true,
            refusal: "su: Authentication failure", unknown: "does not exist",
            origin: ["tty": "/dev/pts/"],
            door: { policy, _ in SuDoor(policy: policy, words: ["-"]) }),
        LoginProgram(
            testDescription: "login", service: "login", password: true,
            refusal: "Login incorrect", unknown: "Login incorrect", origin: ["tty": "/dev/pts/"],
            greetsStrangers: true,
            door: { policy, person in try LoginDoor(policy: policy, person: person) }),
    ]
}
