import Foundation
import TestSupport
import Testing

/// Logins frame by frame, from a program of root's and from an ordinary user's.
@Suite("swiftotpd: a login")
struct LoginTests {
    private static let question = "Verification code: "

    @Test("A login by an ordinary user's program fails, or the service does not log it")
    func ofAUser() async throws {
        let log = try SystemLog.shared()
        let service = try await Service()
        let client = try Client(service, try await Account.make("locked"))
        let codes = try await client.enroll()
        let user = client.user
        var replies = try await client.run("login \(user) swaylock", "answer \(codes[4])")
        #expect(replies[0].question == Self.question && replies[0].frames?.count == 1)
        #expect(replies[0].frames?.first?.kind == "promptHidden")
        #expect(replies[1].end == 0 && replies[1].logged.isEmpty)
        replies = try await client.run("login \(user) swaylock", "answer \(codes[4])")
        #expect(replies[1].end == 1 && replies[1].said == ["That code was not accepted."])
        let granted = try await log.line(
            containing: "pam_swiftotp(swaylock:auth): login granted; factor=backup-code index=4 "
                + "left=9 service=swaylock tty= rhost= user=\(user)")
        #expect(granted.severity == 6 && granted.facility == 10)
        #expect(granted.text.contains(" swiftotpd["))
        _ = try await log.line(
            containing: "authentication failure; reason=used-backup-code service=swaylock tty= "
                + "rhost= user=\(user)")
    }

    @Test("Terminal and address of a program of root's are not believed, or it does not log")
    func ofRoot() async throws {
        let log = try SystemLog.shared()
        let service = try await Service()
        let account = try await Account.make("remote")
        let codes = try await Client(service, account).enroll()
        let root = try Client.root(service)
        let replies = try await root.run(
            "with tty=ssh", "with rhost=host.example.com",
            "with connection=192.0.2.7\\ 50000\\ 192.0.2.1\\ 22", "login \(account.name) sshd",
            "answer \(codes[0])")
        #expect(replies[1].end == 0)
        let line =
            "login granted; factor=backup-code index=0 left=9 service=sshd tty=ssh "
            + "rhost=192.0.2.7 user=\(account.name)"
        #expect(replies[1].logged == [line])
        #expect(log.lines(containing: line).isEmpty)
        let status = try await Client(service, account).run("status")
        #expect(status[0].account?.backupCodesLeft == 9)
    }

    @Test(
        "A setuid program that a user started is not believed, or logs by itself")
    func ofSetuid() async throws {
        let log = try SystemLog.shared()
        let service = try await Service()
        let (starter, target) = (
            try await Account.make("starter"), try await Account.make("target")
        )
        let codes = try await Client(service, target).enroll()
        let program = try Client.setuid(service, startedBy: starter)
        let replies = try await program.run(
            "with tty=pts/3", "with ruser=\(starter.name)", "login \(target.name) su",
            "answer \(codes[0])")
        #expect(replies[1].end == 0 && replies[1].logged.isEmpty)
        let line = try await log.line(
            containing: "pam_swiftotp(su:auth): login granted; factor=backup-code index=0 left=9 "
                + "service=su tty=pts/3 rhost= user=\(target.name)")
        #expect(line.text.contains(" swiftotpd["))
    }

    @Test("For another user, nobody or root, it asks, with some arguments")
    func others() async throws {
        let log = try SystemLog.shared()
        let service = try await Service()
        let alice = try Client(service, try await Account.make("alice"))
        let mallory = try Client(service, try await Account.make("mallory"))
        let codes = try await alice.enroll()
        let before = try alice.record
        for (user, words) in [
            (alice.user, ""), (alice.user, "nullok exempt_group=users"), ("root", "nullok"),
            ("nobody-of-this-name", "nullok"), ("''", ""),
            (mallory.user, "store=\(service.store)"), (mallory.user, "conf=/etc/passwd"),
            (mallory.user, "no_such_option"), (mallory.user, "retry=9"),
        ] {
            let replies = try await mallory.run(
                "login \(user) su \(words)", "answer \(codes[0])", "reply")
            #expect(replies[0].end == 3 && replies[0].question == nil, "\(user) \(words)")
            #expect(replies[0].said.count == 1)
        }
        #expect(try alice.record == before)
        let line = try await log.line(
            containing: "only root can check the code of another user", "user=\(alice.user)")
        #expect(line.severity == 2)
        _ = try await log.line(
            containing: "only root's programs may name another place", "user=\(mallory.user)")
    }

    @Test("What an ordinary user's program says about its own login has no effect, or too much")
    func claims() async throws {
        let log = try SystemLog.shared()
        let service = try await Service(configuration: "retry = 1\ntrust = key\ndebug = yes\n")
        let client = try Client(service, try await Account.make("claimer"))
        let codes = try await client.enroll()
        let replies = try await client.run(
            "with tty=ssh", "with rhost=198.51.100.9", "with methods=publickey\\ ssh-rsa\\ AAAA",
            "with ruser=root",
            "login \(client.user) 'sw ay\"lock' 'prompt=Token? ' echo=no retry=2",
            "answer 000000", "answer \(codes[0])")
        #expect(replies[0].question == "Token? ")
        #expect(replies[0].frames?.map(\.kind) == ["promptHidden"])
        #expect(replies[1].question == "Token? " && replies[1].said.count == 1)
        #expect(replies[2].end == 0)
        // Neither terminal nor address, and the name without characters that could forge a field.
        _ = try await log.line(
            containing: "pam_swiftotp(swaylock:auth): login granted; ",
            "service=swaylock tty= rhost= user=\(client.user)")
        #expect(log.lines(containing: "debug;", "user=\(client.user)").isEmpty)
        let record = try client.record
        #expect(!record.isEmpty)
        // Users who are not enrolled pass a program that declares this for itself.
        let other = try Client(service, try await Account.make("newcomer"))
        let passed = try await other.run("login \(other.user) lock nullok")
        #expect(passed[0].end == 2 && passed[0].question == nil)
    }

    @Test("It does not enroll a user who needs no proof, or the next login asks for no code")
    func enrolls() async throws {
        for (policy, isAsked) in [("open", true), ("at_login", false), ("root", false)] {
            let service = try await Service(
                configuration: "first_enrollment = \(policy)\nenroll = require\n")
            let client = try Client(service, try await Account.make("newcomer"))
            let login = "login \(client.user) sudo after_first_factor"
            let replies = try await client.run(login)
            let question = try #require(replies[0].question)
            #expect(question.contains("Scan this") == isAsked, "\(policy)")
            guard isAsked else { continue }
            let start = try #require(question.range(of: "\nKey: ")).upperBound
            let key = question[start...].prefix { $0 != "\n" }.filter { $0 != " " }
            let phone = try Phone(scanning: "otpauth://totp/x:y?secret=\(key)")
            try await phone.settle()
            // A key belongs to its question: this one was never confirmed.
            let other = try await client.run(login, "answer \(try await phone.code())")
            #expect(other[1].question?.contains("That is not a code for this key.") == true)
            #expect(try client.record.isEmpty)
        }
    }

    @Test("PAM_SILENT shows messages, or an earlier module's password is not used")
    func silentAndEarlier() async throws {
        let service = try await Service()
        let client = try Client(service, try await Account.make("quiet"))
        let codes = try await client.enroll()
        let silent = try await client.run(
            "with flags=1", "login \(client.user) lock", "answer 000000")
        #expect(silent[1].end == 1 && silent[1].said.isEmpty)
        let earlier = try await client.run(
            "earlier \(codes[0])", "login \(client.user) lock use_first_pass")
        #expect(earlier[0].end == 0 && earlier[0].frames?.first?.kind == "earlierAnswer")
        let none = try await client.run("login \(client.user) lock use_first_pass")
        #expect(none[0].end == 1 && none[0].frames?.first?.kind == "earlierAnswer")
        let asked = try await client.run(
            "login \(client.user) lock try_first_pass", "answer \(codes[1])")
        #expect(asked[0].question == Self.question && asked[1].end == 0)
        let joined = try await client.run(
            "login \(client.user) lock forward_pass", "answer hunter2\(codes[2])")
        #expect(joined[0].frames?.first?.kind == "promptHidden" && joined[1].end == 0)
        #expect(joined[1].frames?.contains(.init(kind: "setAuthtok", text: "hunter2")) == true)
    }

    @Test("A response without a text, or a conversation that fails, is counted")
    func noAnswer() async throws {
        let service = try await Service()
        let client = try Client(service, try await Account.make("mute"))
        try await client.enroll()
        let before = try client.record
        let none = try await client.run("login \(client.user) lock", "no-answer")
        #expect(none[1].end == 1 && none[1].said.isEmpty)
        let failed = try await client.run("login \(client.user) lock", "fail")
        #expect(failed[1].end == 4)
        #expect(try client.record == before)
    }

    @Test("Logins of one user at once mix their conversations, or a code logs in twice")
    func interleaved() async throws {
        let service = try await Service()
        let client = try Client(service, try await Account.make("many"))
        let codes = try await client.enroll()
        let ends = try await withThrowingTaskGroup(of: Int?.self) { group in
            // Few enough that the delays of the refusals do not add up.
            for number in 0..<9 {
                group.addTask {
                    let code = codes[number % 3]
                    return try await client.run(
                        "login \(client.user) lock", "wait 1", "answer \(code)"
                    ).last?.end
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(ends.count { $0 == 0 } == 3 && ends.count { $0 == 1 } == 6, "\(ends)")
        #expect(try await client.run("status").first?.account?.backupCodesLeft == 7)
        try await service.rest()
    }
}
