import Foundation
import TestSupport
import Testing

/// `notify = mail`: what changes at a login is told by the messenger, and no login waits for it.
@Suite("swiftotpd: changes are told by mail")
struct ToldTests {
    private static let configuration =
        "notify = mail\nenroll = require\nfirst_enrollment = at_login\n"

    @Test("An enrollment at a login is not told by mail, or not in the configuration's language")
    func enrollment() async throws {
        try MailRoom.prepare()
        let messenger = try await Messenger()
        let service = try await Service(
            configuration: Self.configuration + "language = sv\n", messenger: messenger.socket)
        let account = try await Account.make("told")
        let host = try await Host(
            service.socket, name: "login", arguments: "after_first_factor enroll=require")
        let question = try await host.begin(account.name)
        let secret = try #require(question.firstMatch(of: #/\b(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}\b/#))
        let phone = try Phone(
            scanning: "otpauth://totp/x:y?secret=\(secret.output.filter { $0 != " " })&issuer=x")
        try host.type(try await phone.code())
        // The backup codes are shown, and then it ends.
        while true {
            let next = try await host.next()
            guard next.message != nil else {
                #expect(next.name == "PAM_SUCCESS")
                break
            }
            try host.type("")
        }
        let mails = try await MailRoom.messages(of: account, count: 1)
        #expect(mails.count == 1)
        #expect(mails[0].body.contains("Hej \(account.name)"), "\(mails[0].body)")
        #expect(mails[0].body.contains("(login)"), "\(mails[0].body)")
        #expect(mails[0].body.contains("`otp-enroll status`"))
    }

    @Test("A temporary code is used at a login, and its user is not told by mail")
    func temporaryCode() async throws {
        try MailRoom.prepare()
        let messenger = try await Messenger()
        let service = try await Service(
            configuration: "notify = mail\n", messenger: messenger.socket)
        let account = try await Account.make("told")
        let person = try Person(account.name, in: service.store)
        let host = try await Host(service.socket)
        let code = try person.issue()
        #expect(try await host.login(account.name, code).name == "PAM_SUCCESS")
        let mails = try await MailRoom.messages(of: account, count: 1)
        #expect(mails.count == 1)
        #expect(mails[0].body.contains("A temporary code was used on "), "\(mails[0].body)")
        #expect(!mails[0].body.contains(code))
    }

    /// What is wrong with the messenger.
    enum Dead: CaseIterable { case missing, stopped, refusing }

    @Test("A report goes to what is no address, has a header of its own, or may not be this long")
    func reports() async throws {
        try MailRoom.prepare()
        let messenger = try await Messenger()
        let service = try await Service(messenger: messenger.socket)
        let admin = try await Account.make("admin")
        func send(_ text: String, to address: String) async throws -> Reply {
            let fields = try JSONEncoder().encode(["to": address, "text": text])
            let json = String(decoding: fields, as: UTF8.self)
            return try await Client.root(service).run(#"request {"mailReport":\#(json)}"#)[0]
        }
        let longest = String(repeating: String(repeating: "x", count: 63) + "\n", count: 384)
        for (text, address) in [
            ("x", ""), ("x", "-t"), ("x", "a,b"), (longest + "x", admin.name),
        ] {
            #expect(try await send(text, to: address).why == "malformed", "\(address)")
        }
        let odd = try await send("x\u{7}", to: admin.name)
        #expect(odd.change?.unsent?.contains("control characters") == true)
        #expect(messenger.waiting.isEmpty)
        #expect(try MailRoom.messages(of: admin).isEmpty)
        for text in [longest, "Bcc: root\n\nx\n"] {
            let sent = try await send(text, to: admin.name)
            #expect(sent.change != nil && sent.change?.unsent == nil, "\(sent)")
        }
        let mails = try await MailRoom.messages(of: admin, count: 2)
        #expect(mails.contains { $0.body.hasPrefix(longest) })
        let other = try #require(mails.first { $0.body.hasPrefix("Bcc: root\n") })
        #expect(other.header("Bcc") == nil)
        #expect(other.header("Subject")?.hasSuffix(": report on one-time codes") == true)
        messenger.end()
        let late = try await send("x", to: admin.name)
        #expect(late.change?.unsent == "swiftotp-messenger is not listening")
    }

    @Test(
        "A login waits for a messenger that is dead, or the log does not say so",
        arguments: Dead.allCases)
    func dead(_ kind: Dead) async throws {
        let log = try SystemLog.shared()
        let messenger = try await Messenger("mail = none\n")
        let service = try await Service(
            configuration: "notify = mail\n", messenger: messenger.socket)
        let account = try await Account.make("untold")
        let person = try Person(account.name, in: service.store)
        let host = try await Host(service.socket)
        switch kind {
        case .missing: messenger.end()
        case .refusing: break
        case .stopped:
            _ = MessengerTests.send("x", by: messenger)
            _ = try await patiently("the messenger") { messenger.process }
            messenger.signal(SIGSTOP)
        }
        var times: [Double] = []
        for _ in 0..<3 {
            let result = try await host.login(account.name, try person.issue())
            #expect(result.name == "PAM_SUCCESS")
            times.append(Double(result.ns ?? .max) / 1e6)
        }
        // The messenger may take five seconds; the fastest of three logins shows that none waits.
        #expect(try #require(times.min()) < 4000, "\(times) ms")
        print("login with a messenger that is \(kind): \(times) ms")
        let line = try await log.line(
            containing: "user not told; user=\(account.name) ", within: .seconds(30))
        let words =
            switch kind {
            case .missing: "swiftotp-messenger is not listening"
            case .stopped: "swiftotp-messenger does not answer"
            case .refusing: "swiftotp-messenger has no program for it"
            }
        #expect(line.text.contains(words), "\(line)")
    }
}
