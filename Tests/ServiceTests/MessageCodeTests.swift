import Foundation
import TestSupport
import Testing

/// Codes by message, from the question to the program that sends them.
@Suite("swiftotpd: codes by message", .timeLimit(.minutes(5)))
struct MessageCodeTests {
    private static let number = "+4915112345642"

    /// The steps that set a contact of this user, as root does.
    private static func set(_ kind: String, _ address: String) -> String {
        #"request {"contact":{"kind":"\#(kind)","address":"\#(address)"}}"#
    }

    /// A service that has codes sent, and alice, enrolled, with a number.
    private func alice(
        _ messenger: Messenger, _ policy: String = "deliver = mail sms"
    ) async throws -> (service: Service, client: Client, account: Account) {
        let service = try await Service(
            configuration: policy + "\n", messenger: messenger.socket)
        let account = try await Account.make("asking")
        let client = try Client(service, account)
        try await client.enroll()
        let reply = try await Client.root(service).run(
            "about \(client.user)", Self.set("sms", Self.number))
        try #require(reply[0].change != nil, "\(reply)")
        return (service, client, account)
    }

    /// A messenger whose program for text messages writes each to a file: number, then text.
    private func messenger() async throws -> (Messenger, texts: String) {
        let messenger = try await Messenger()
        let texts = messenger.file("texts")
        let program = try messenger.program(#"{ echo "$1"; cat; echo; } >>\#(texts)"#)
        try messenger.configure("sms = \(program) {to}\n")
        return (messenger, texts)
    }

    @Test("A code that smstools sends does not log in, or does so twice, or is in the log")
    func throughAGateway() async throws {
        let log = try SystemLog.shared()
        let gateway = try await SMSTools()
        let (service, client, _) = try await alice(gateway.messenger)
        let host = try await Host(service.socket, name: "sshd", arguments: "after_first_factor")
        #expect(try await host.begin(client.user) == "Verification code (? to have one sent): ")
        try host.type("?")
        #expect(try await host.question() == "Verification code (? to have one sent): ")
        try host.type("s")
        _ = try await host.question()
        let text = try await gateway.sent()
        let sent = try #require(text.firstMatch(of: #/\n\n(\d{8}) logs in /#), "\(text)")
        try host.type(String(sent.1))
        let end = try await host.next()
        #expect(end.name == "PAM_SUCCESS", "\(end)")
        #expect(
            end.said.prefix(2) == [
                "s: have a code sent by text message to ...42",
                "A code is on its way to ...42. It is good for 10 minutes.",
            ])
        let granted = try await log.line(
            containing: "login granted; factor=message-code sent=sms service=sshd tty= rhost= "
                + "user=\(client.user)")
        _ = try await log.line(containing: "code sent; user=\(client.user) sent=sms to=...42")
        let again = try await host.login(client.user, String(sent.1))
        #expect(again.name == "PAM_AUTH_ERR")
        #expect(log.lines(containing: String(sent.1)).isEmpty, "\(granted)")
        try await gateway.end()
    }

    @Test("A code by mail is not the user's, or says no more than it must")
    func byMail() async throws {
        try MailRoom.prepare()
        let (messenger, _) = try await messenger()
        let (service, client, account) = try await alice(messenger)
        let root = try Client.root(service)
        let address = "\(account.name)@\(MailRoom.domain)"
        try await root.run("about \(client.user)", Self.set("mail", address))
        let replies = try await root.run(
            "login \(client.user) sudo after_first_factor", "answer m", "no-answer")
        #expect(replies[1].said.first?.hasPrefix("A code is on its way to ") == true)
        let mail = try await MailRoom.messages(of: account, count: 1)[0]
        let code = try #require(mail.body.firstMatch(of: #/(?m)^    (\d{8})$/#), "\(mail.body)")
        #expect(mail.header("To") == address && mail.header("Subject")?.contains(code.1) == false)
        let login = try await root.run(
            "login \(client.user) sudo after_first_factor", "answer \(code.1)")
        #expect(login[1].end == 0 && login[1].logged[0].contains("factor=message-code sent=mail"))
    }

    @Test("Somebody else's program, or one without a first factor, has codes sent")
    func strangers() async throws {
        let (messenger, texts) = try await messenger()
        let (service, client, _) = try await alice(
            messenger, "deliver = sms\nmay_verify = nobody-here")
        let root = try Client.root(service)
        for (who, login) in [
            (root, "login \(client.user) sudo"),
            (client, "login \(client.user) locker after_first_factor"),
        ] {
            for typed in ["s", "?"] {
                let replies = try await who.run(login, "answer \(typed)")
                #expect(replies[0].question == "Verification code: ")
                #expect(replies[1].end == 1 && replies[1].said == ["That code was not accepted."])
            }
        }
        // Nobody of this name is enrolled, or exists: the answer is the same.
        let unknown = try await root.run("login nobody-there sudo after_first_factor", "answer s")
        #expect(unknown[1].said == ["That code was not accepted."])
        #expect(!FileManager.default.fileExists(atPath: texts))
    }

    @Test("A messenger that is dead lets a login by code wait, or the user is not told")
    func dead() async throws {
        let (messenger, _) = try await messenger()
        let (service, client, _) = try await alice(messenger)
        messenger.end()
        let root = try Client.root(service)
        let replies = try await root.run(
            "login \(client.user) sudo after_first_factor", "answer s", "answer +1")
        #expect(
            replies[1].said == [
                "The code could not be sent. Use your device or a backup code."
            ])
        // The phone's code still counts, in the same login.
        let codes = try await root.run(
            "login \(client.user) sudo after_first_factor", "answer ?", "no-answer")
        #expect(codes[1].said.first?.hasPrefix("s: ") == true)
    }

    @Test("Sixteen who ask at once get more than one code, or one code lets two in")
    func atOnce() async throws {
        let (messenger, texts) = try await messenger()
        let (service, client, _) = try await alice(messenger)
        let root = try Client.root(service)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    _ = try await root.run(
                        "login \(client.user) sudo after_first_factor", "answer s", "no-answer")
                }
            }
            try await group.waitForAll()
        }
        let sent = try await MessengerTests.contents(texts, "a text message")
        let codes = sent.matches(of: #/(?m)^(\d{8}) logs in/#).map { String($0.1) }
        try #require(codes.count == 1, "\(sent)")
        let granted = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    let replies = try await root.run(
                        "login \(client.user) sudo after_first_factor", "answer \(codes[0])")
                    return replies[1].end == 0 ? 1 : 0
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(granted == 1)
    }
}
