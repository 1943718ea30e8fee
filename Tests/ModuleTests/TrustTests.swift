import Foundation
import OTPCore
import TestSupport
import Testing

/// SSH keys that skip the code, where one row of docs/RESULTS.md is not enough: what is offered,
/// and what comes of the answer.
@Suite("Trusted SSH keys, through libpam")
struct TrustTests {
    private let notAsked = "factor=trusted-key"

    /// A login with a right code, then these replies.
    private func login(
        _ enrolled: Enrolled, by login: [String], _ replies: [String] = [],
        arguments: String = "trust=key", around: [String] = []
    ) async throws -> Result {
        let phone = try enrolled.renewKey()
        let results = try await enrolled.stack(arguments, service: "sshd").run(
            ["user \(enrolled.user)"] + login + ["answer \(try await phone.code())"] + replies
                + ["go authenticate"], around: around)
        let result = try #require(results.last)
        #expect(result.name == "PAM_SUCCESS" && result.left == 0, "\(result)")
        return result
    }

    private func names(_ enrolled: Enrolled) throws -> [String] {
        try enrolled.read { $0.trusted.map(\.name.text) }
    }

    @Test("The offer shows the key's fingerprint as ssh-keygen does, and is logged when taken")
    func offer() async throws {
        let enrolled = try Enrolled()
        let log = try SystemLog.shared()
        let mark = "rhost-\(UUID().uuidString)"
        let result = try await login(
            enrolled, by: LoginKey().login + ["rhost \(mark)"], ["answer y"])
        let print = try await LoginKey().fingerprint()
        #expect(result.prompts == 2)
        let offer = try #require(result.messages.first { $0.text.contains("Skip the code") })
        #expect(
            offer.text == "\nYour SSH key: \(print)\nSkip the code for 30 days when you log in "
                + "with it? [y/N, or y and a name]: ")
        #expect(offer.style == "echo_on")
        let end = try #require(try enrolled.read { $0.trusted.first?.until })
        let date = Date(timeIntervalSince1970: TimeInterval(end)).formatted(
            .iso8601.year().month().day())
        #expect(
            result.said.last == "The key \"ed25519\" logs in without a code until "
                + "\(date).\n`otp-enroll trusted --revoke-all` ends that.")
        let line = try await log.line(containing: "rhost=\(mark)")
        #expect(line.text.contains("login granted; factor=code authenticator=\"phone\""))
        #expect(line.text.contains("trusts=\"ed25519\""))

        let later = "rhost-\(UUID().uuidString)"
        let trusted = try await enrolled.stack("trust=key", service: "sshd").login(
            enrolled.user, [], with: LoginKey().login + ["rhost \(later)"])
        #expect(trusted.name == "PAM_SUCCESS" && trusted.prompts == 0)
        let second = try await log.line(containing: "rhost=\(later)")
        #expect(second.text.contains("factor=trusted-key key=\"ed25519\" fingerprint=\(print)"))
        let told = "The SSH key \"ed25519\" was trusted to skip the code on "
        #expect(trusted.said.count == 1 && trusted.said[0].hasPrefix(told), "\(trusted.said)")
        // The next one has nothing new to say.
        let quiet = try await enrolled.stack("trust=key", service: "sshd").login(
            enrolled.user, [], with: LoginKey().login)
        #expect(quiet.said.isEmpty && quiet.messages.isEmpty)
    }

    @Test(
        "What is typed at the offer",
        arguments: [
            ("answer y", "ed25519"), ("answer YES", "ed25519"), ("answer  y ", "ed25519"),
            ("answer y work laptop", "work laptop"), ("answer Yes  a   b", "a b"),
            ("answer y a-name-that-is-too-long", "ed25519"), ("answer y \\x1b[2J", "ed25519"),
            ("answer y a:b\"", "ed25519"), ("answer ", nil), ("answer n", nil),
            ("answer no", nil), ("answer yep", nil), ("answer laptop", nil), ("answer 1", nil),
            ("answer \\xff\\xfe", nil), ("answer-size 1048576", nil), ("no-answer", nil),
            ("conv-error", nil), ("conv-null-response", nil),
        ] as [(String, String?)])
    func answers(reply: String, name: String?) async throws {
        let enrolled = try Enrolled()
        let result = try await login(enrolled, by: LoginKey().login, [reply])
        #expect(result.prompts == 2)
        #expect(try names(enrolled) == [name].compactMap { $0 })
        #expect(result.said.count == (name == nil ? 0 : 1), "\(result.said)")
    }

    @Test("No offer but after a code, at a login by sshd with exactly one public key")
    func noOffer() async throws {
        let enrolled = try Enrolled()
        let (one, other) = (LoginKey().line, LoginKey(8).line)
        for by in [
            ["tty ssh"], LoginKey.login("password"), LoginKey.login("keyboard-interactive"),
            LoginKey.login(one, other), LoginKey.login(one, one),
            LoginKey.login(one, terminal: "pts/3"), LoginKey.login("publickey ssh-rsa AAAA"),
            LoginKey.login("hostbased ssh-ed25519 \(LoginKey().text.dropFirst(12))"),
        ] {
            #expect(try await login(enrolled, by: by).prompts == 1, "\(by)")
        }
        let silent = LoginKey().login + ["flags silent"]
        #expect(try await login(enrolled, by: silent).messages.count == 1)
        let own = ["env", "SSH_AUTH_INFO_0=\(one)\n"]
        #expect(try await login(enrolled, by: ["tty ssh"], around: own).prompts == 1)
        for arguments in ["", "trust=off"] {
            let result = try await login(enrolled, by: LoginKey().login, arguments: arguments)
            #expect(result.prompts == 1)
        }
        let stack = try enrolled.stack("trust=key", service: "sshd")
        for code in [enrolled.backupCodes[0], try enrolled.issue()] {
            let result = try await stack.login(enrolled.user, [code], with: LoginKey().login)
            #expect(result.name == "PAM_SUCCESS" && result.prompts == 1)
        }
        #expect(try names(enrolled).isEmpty)
    }

    @Test("The address alone is never enough, nor is the key without the user")
    func address() async throws {
        let enrolled = try Enrolled()
        let from = ["env SSH_CONNECTION=192.0.2.7 40000 192.0.2.1 22"]
        _ = try await login(enrolled, by: LoginKey().login + from, ["answer y"])
        let stack = try enrolled.stack("trust=key", service: "sshd")
        let wrong = try await enrolled.wrongCode()
        for by in [["tty ssh"] + from, LoginKey(8).login + from] {
            let result = try await stack.login(enrolled.user, [wrong], with: by)
            #expect(result.name == "PAM_AUTH_ERR" && result.prompts == 1)
        }
        // From elsewhere the key counts all the same.
        let moved = ["env SSH_CONNECTION=2001:db8::9 40000 192.0.2.1 22"]
        let result = try await stack.login(enrolled.user, [], with: LoginKey().login + moved)
        #expect(result.name == "PAM_SUCCESS" && result.prompts == 0)
        #expect(
            try enrolled.read { String(decoding: $0.trusted[0].address, as: UTF8.self) }
                == "2001:db8::9")
    }

    @Test("trust_max: no offer where there is no room; an ended key makes room")
    func most() async throws {
        let enrolled = try Enrolled()
        let two = "trust=key trust_max=2 trust_days=5"
        for number: UInt8 in [1, 2] {
            let by = LoginKey(number).login
            #expect(try await login(enrolled, by: by, ["answer y"], arguments: two).prompts == 2)
        }
        #expect(try names(enrolled) == ["ed25519", "ed25519-2"])
        let third = LoginKey(3).login
        #expect(try await login(enrolled, by: third, arguments: two).prompts == 1)
        try enrolled.change { record in
            let first = record.trusted[0].fingerprint
            _ = record.revokeTrust(in: first)
        }
        let result = try await login(enrolled, by: third, ["answer y three"], arguments: two)
        #expect(result.prompts == 2)
        #expect(try names(enrolled) == ["ed25519-2", "three"])
    }

    @Test("A record that cannot be written: a trusted key does not log in")
    func readOnly() async throws {
        let enrolled = try Enrolled()
        try await enrolled.trust(LoginKey())
        let before = try enrolled.bytes
        try await enrolled.makeReadOnly()
        let result = try await enrolled.stack("trust=key", service: "sshd").login(
            enrolled.user, [], with: LoginKey().login)
        #expect(result.name == "PAM_AUTHINFO_UNAVAIL" && result.prompts == 0)
        #expect(try enrolled.bytes == before)
    }

    @Test("A store that fails after the code: the login stands, and the key is not trusted")
    func notKept() async throws {
        let enrolled = try Enrolled()
        try await enrolled.useSmallDisk()
        let stack = try enrolled.stack("trust=key", service: "sshd")
        let talk = try Talk(stack, user: enrolled.user, LoginKey().login)
        try talk.answer(try await enrolled.phone.code())
        #expect(try talk.question().contains("Skip the code for 30 days"))
        try await enrolled.lockSmallDisk()
        try talk.answer("y")
        let result = try talk.result()
        #expect(result.name == "PAM_SUCCESS")
        #expect(
            result.said == ["The key could not be trusted. You are asked for codes as before."])
        #expect(try names(enrolled).isEmpty)
    }
}
