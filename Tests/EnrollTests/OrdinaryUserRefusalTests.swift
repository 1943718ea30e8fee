import Foundation
import TestSupport
import Testing

/// What unprivileged users may not do, and the messages they get.
@Suite struct OrdinaryUserRefusalTests {
    /// Commands that change an enrolled user.
    static let changes = [
        ["codes"], ["remove", "tablet"], ["disable"], ["trusted", "--revoke", "laptop"],
    ]

    private func state(_ citizen: Citizen) async throws -> [String] {
        let told = try Citizen.object(
            try await citizen.root("status", citizen.account.name, "--json").output)
        let trusted = try #require(told["trusted"] as? [Any])
        return try await citizen.names() + [
            "\(told["backup_codes_left"] ?? "")", "\(trusted.count)",
        ]
    }

    @Test(arguments: changes)
    func withoutAProofNothingChanges(change: [String]) async throws {
        let citizen = try await Citizen()
        let (phone, codes) = try await citizen.enroll()
        _ = try await citizen.enroll("--name", "tablet")
        #expect(try await citizen.run("verify", input: codes[5]).status == 0)
        try citizen.trust("laptop")
        let before = try await state(citizen)
        let answers = [
            ("", "no code was given"), ("letmein", "refused: neither a code nor a backup code"),
            (codes[5], "refused: this backup code was already used, or is from an old set"),
            (String(repeating: "7", count: 300), "refused: neither a code nor a backup code"),
            (Desk.wrongCode, "refused: wrong code"), (Desk.wrongCode, "refused: wrong code"),
            (Desk.wrongCode, "refused: wrong code"), (Desk.wrongCode, "refused: wrong code"),
            (try await phone.code(), "not checked: too many wrong codes, wait for "),
        ]
        for (typed, words) in answers {
            let done = try await Command.run(citizen.words(change), input: typed + "\n")
            #expect(done.status == 1 && done.output.isEmpty)
            #expect(done.errors.hasPrefix("otp-enroll: \(words)"), "\(typed): \(done.errors)")
        }
        #expect(try await state(citizen) == before)
        // Root's tries and the user's own share one throttle. On a busy machine its wait may be over
        // before all three have been asked: another wrong code of the user doubles it.
        let right = try #require(Int(try await phone.code()))
        var isShared = false
        for round in 1...3 where !isShared {
            // Digits, because a long code is looked at even then; each another one, because the same
            // wrong one does not count twice.
            func wrong(_ number: Int) -> String {
                String(format: "%06d", (right + 10_000 * round + 1000 * number + 7) % 1_000_000)
            }
            _ = try await Command.run(citizen.words(["verify"]), input: wrong(1))
            let root = try await citizen.root("verify", citizen.account.name, input: wrong(2))
            let told = try await Command.run(
                citizen.words(["verify", "--json"]), input: wrong(3))
            isShared =
                try root.errors.hasPrefix("otp-enroll: not checked: too many wrong codes")
                && Citizen.object(told.output)["reason"] as? String == "throttled"
            let status = try await citizen.json("status")
            isShared = isShared && status["locked_until"] is String
        }
        #expect(isShared)
    }

    /// An impossible request is refused before a code is burned for it.
    @Test func noCodeIsUsedUpInVain() async throws {
        let citizen = try await Citizen(policy: "user_may_disable = no\n")
        let name = citizen.account.name
        let codes = try await citizen.enroll().codes
        let refused = [
            (
                ["remove", "watch"], "\(name) has no authenticator \"watch\"",
                "`otp-enroll status \(name)` lists them"
            ),
            (
                ["remove", "phone"], "\"phone\" is the last authenticator of \(name)",
                "`otp-enroll disable \(name)` ends the second factor"
            ),
            (
                ["disable"], "users may not do this here (user_may_disable = no)",
                "ask your administrator"
            ),
        ]
        for (words, message, hint) in refused {
            let done = try await Command.run(citizen.words(words), input: codes[0])
            #expect(done.status == 1)
            #expect(done.errors == "otp-enroll: \(message)\nhint: \(hint)\n")
        }
        #expect(try await citizen.run("verify", input: codes[0]).status == 0)
    }

    /// Policies, and what users are told about them.
    static let policies = [
        ("root", "users may not enroll themselves here (first_enrollment = root)"),
        (
            "at_login",
            "users can only enroll at a login here"
                + " (first_enrollment = at_login)"
        ),
    ]

    @Test(arguments: policies)
    func theFirstEnrollmentIsAsThePolicySays(policy: String, words: String) async throws {
        let citizen = try await Citizen(policy: "first_enrollment = \(policy)\n")
        let terminal = try citizen.terminal("add")
        try await terminal.expect("otp-enroll: \(words)\nhint: ".replacing("\n", with: "\r\n"))
        #expect(try await terminal.finish() == 1)
        #expect(try await citizen.record() == nil)
        // Later ones are the user's own.
        let codes = try await citizen.enroll().codes
        let second = try citizen.terminal("add")
        try await second.expect(Citizen.question)
        try await second.type(codes[0])
        let phone = try await second.typedPhone()
        try await phone.settle()
        try await second.type(try await phone.code())
        #expect(try await second.finish() == 0)
        #expect(try await citizen.names() == ["phone", "phone-2"])
    }

    @Test func rootsCommandsAndOptionsAreRoots() async throws {
        let citizen = try await Citizen()
        let name = citizen.account.name
        _ = try await citizen.enroll()
        for words in [["list"], ["reset", name], ["issue", name], ["unlock", name], ["resync"]] {
            let done = try await Command.run(citizen.words(words))
            #expect(done.status == 1)
            #expect(done.errors.hasPrefix("otp-enroll: only root can open /var/lib/swiftotp\n"))
        }
        for words in [["status", "root"], ["codes", "root"], ["remove", "root", "phone"]] {
            let done = try await Command.run(citizen.words(words))
            #expect(done.status == 1)
            #expect(done.errors.hasPrefix("otp-enroll: only root may do this for root\nhint: "))
        }
        let unconfirmed = try await citizen.run("add", "--no-confirm", "--json")
        #expect(unconfirmed.status == 1 && unconfirmed.output.isEmpty)
        #expect(unconfirmed.errors.hasPrefix("otp-enroll: only root may use --no-confirm\nhint: "))
        let token = try citizen.terminal("add", "--secret-file", "/dev/null")
        try await token.expect("otp-enroll: only root may use --secret-file\r\nhint: ")
        #expect(try await token.finish() == 1)
        let pipe = try await citizen.run("add")
        #expect(pipe.errors.hasPrefix("otp-enroll: there is no terminal to show the QR code on\n"))
        #expect(try await citizen.names() == ["phone"])
    }

    /// If the service cannot do something, the message is the same as root's.
    @Test func aDamagedRecordIsToldAsToRoot() async throws {
        let citizen = try await Citizen()
        _ = try await citizen.enroll()
        let uid = try await Command.output(["id", "-u", citizen.account.name])
        let path = "\(citizen.service.store)/\(uid.prefix { $0 != "\n" })"
        #expect(truncate(path, 1000) == 0)
        for command in ["status", "codes", "disable", "verify"] {
            let root = try await citizen.root(command, citizen.account.name)
            let user = try await citizen.run(command)
            #expect(user.status == 1 && root.status == 1)
            let line = try #require(root.errors.split(separator: "\n").first)
            #expect(line.contains(path))
            #expect(
                user.errors == """
                    \(line)
                    hint: your administrator can find the same line in the system log

                    """)
        }
    }

    @Test func aPolicyThatIsWrongServesNobody() async throws {
        let citizen = try await Citizen(policy: "first_enrolment = open\n")
        let done = try await citizen.run("status")
        #expect(done.status == 1)
        #expect(
            done.errors.hasPrefix("otp-enroll: the configuration is invalid; see the system log"))
    }

    /// Naming yourself does not require root.
    @Test func theOwnNameIsOnesOwn() async throws {
        let citizen = try await Citizen()
        let codes = try await citizen.enroll().codes
        let name = citizen.account.name
        #expect(try await citizen.run("status", name).status == 0)
        #expect(try await citizen.run("codes", name, "--yes", input: codes[0]).status == 0)
    }
}
