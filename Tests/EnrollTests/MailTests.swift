import Foundation
import TestSupport
import Testing

/// Mails through the messenger and the machine's mailer: what arrives, and what is never sent.
@Suite struct MailTests {
    let desk: Desk
    let account: Account

    init() async throws {
        desk = try Desk()
        account = try await Account.make("mail")
        _ = try await Messenger.shared()
    }

    private func issue(_ address: String) async throws -> Command {
        try await desk.run("issue", account.name, "--mail", "--address=\(address)")
    }

    /// Whether the user has a temporary code, by the commands' output.
    private func hasCode() async throws -> Bool {
        let revoked = try await desk.run("issue", account.name, "--revoke")
        return revoked.status == 0
    }

    @Test func aCodeArrivesAndLogsIn() async throws {
        let done = try await issue(account.name)
        #expect(done.status == 0, "\(done.errors)")
        #expect(done.output.contains("was sent to \(account.name)."))
        let message = try #require(
            try await MailRoom.messages(of: account, count: 1).first as MailRoom.Message?)
        let found = try #require(
            message.body.firstMatch(of: #/\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){2}\b/#))
        let code = String(found.output)
        // It is printed nowhere else.
        #expect(!done.output.contains(code) && !done.errors.contains(code))
        let verified = try await desk.run("verify", account.name, input: code + "\n")
        #expect(verified.status == 0, "\(verified.errors)")
    }

    @Test("A mail that root causes is not in the user's own language, or its subject is garbled")
    func language() async throws {
        #expect(try await desk.run("add", account.name, "--no-confirm").status == 0)
        #expect(try await desk.run("language", "sv", account.name).status == 0)
        let done = try await issue(account.name)
        #expect(done.status == 0 && done.output.contains("was sent to"), "\(done.errors)")
        let message = try #require(
            try await MailRoom.messages(of: account, count: 1).first as MailRoom.Message?)
        let subject = try #require(message.header("Subject"))
        let word = try #require(subject.wholeMatch(of: #/=\?UTF-8\?B\?([A-Za-z0-9+\/=]+)\?=.*/#))
        let decoded = try #require(Data(base64Encoded: String(word.1)))
        #expect(String(decoding: decoded, as: UTF8.self).hasPrefix("Din tillfälliga kod"))
        #expect(message.body.contains("Hej \(account.name)"), "\(message.body)")
        #expect(message.body.contains("`otp-enroll`") && !message.body.contains("Enroll your"))
    }

    @Test(arguments: ["", "@\(MailRoom.domain)"])
    func theHeadersAreTheseAndNoOthers(domain: String) async throws {
        let address = account.name + domain
        let done = try await issue(address)
        #expect(done.status == 0, "\(done.errors)")
        let message = try #require(
            try await MailRoom.messages(of: account, count: 1).first as MailRoom.Message?)
        #expect(message.header("To") == address)
        #expect(message.header("Auto-Submitted") == "auto-generated")
        #expect(message.header("MIME-Version") == "1.0")
        #expect(message.header("Content-Type") == "text/plain; charset=utf-8")
        #expect(message.header("Subject")?.hasPrefix("Your temporary code for ") == true)
        let ours = [
            "To", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type",
            "Content-Transfer-Encoding",
        ]
        let mailers = ["Received", "Date", "Message-Id", "From"]
        #expect(message.headers.map(\.name).sorted() == (ours + mailers).sorted())
    }

    /// The policy gives the address as a pattern.
    @Test func thePolicyNamesTheAddress() async throws {
        let file = try desk.scratch.write(
            "mail = %u@\(MailRoom.domain)\n", to: "swiftotp.conf", mode: 0o644)
        let done = try await desk.run("issue", account.name, "--mail", "--config", file)
        #expect(done.status == 0, "\(done.errors)")
        let message = try #require(
            try await MailRoom.messages(of: account, count: 1).first as MailRoom.Message?)
        #expect(message.header("To") == "\(account.name)@\(MailRoom.domain)")
    }

    @Test(arguments: [
        ("nobody", "`mail` takes an address with one %u in it"), ("%u%u", "with one %u"),
        ("%%u", "with one %u"), ("%x@example.com", "with one %u"), ("u@b", "with one %u"),
        ("%u@a b", "is not a pattern for mail addresses"), ("%u,root", "is not a pattern"),
        ("-%u", "is not a pattern"), ("%u@", "is not a pattern"),
    ])
    func aBadPatternIsRefused(pattern: String, words: String) async throws {
        let file = try desk.scratch.write(
            "mail = \(pattern)\n", to: "swiftotp.conf", mode: 0o644)
        let done = try await desk.run("issue", account.name, "--mail", "--config", file)
        #expect(done.status == 1)
        #expect(done.errors.contains(words), "\(done.errors)")
        #expect(try MailRoom.messages(of: account).isEmpty)
        #expect(try await !hasCode())
    }

    /// What would be several addresses, a header, an option, a pipe or a file.
    static let injections = [
        " ", "a b", "root\nBcc: root", "root\r\nBcc: root", "root\n\nbody", "root\rx",
        "root,nobody", "root nobody", "root;nobody", "-oQ/tmp", "-t", "--", "|cmd", "root|cmd",
        "/tmp/file", ":include:/etc/passwd", "<root>", "root <root@example.com>", "root(comment)",
        "\"root\"", "\"a b\"@example.com", "a\\b", "%u", "root%example.com", "root%40example.com",
        "a!b", "`id`", "$(id)", "a@b@c", "@example.com", "root@", "root@-x", "root@x-", "root@a..b",
        "root@.a", "root@a.", "root@[127.0.0.1]", "root@a/b", "root@a b", "root@exämple.com",
        "rööt", ".root", "root.", "a..b", "root\t", "root\u{7f}", "root\u{1b}[2J", "root\u{85}",
        "root\u{2028}x", String(repeating: "a", count: 65),
        "a@" + String(repeating: "b", count: 64),
        String(repeating: "a", count: 300),
        "a@" + Array(repeating: "example", count: 40).joined(separator: "."),
    ]

    @Test(arguments: injections)
    func whatIsNoAddressIsRefused(address: String) async throws {
        let done = try await issue(address)
        #expect(done.status == 64, "\(done.errors)")
        #expect(done.output.isEmpty)
        let line = try #require(done.errors.split(separator: "\n").first)
        #expect(line.hasPrefix("otp-enroll: ") && line.contains("use a name of this"))
        #expect(done.errors.unicodeScalars.allSatisfy { $0.value >= 32 || $0 == "\n" })
        #expect(try MailRoom.messages(of: account).isEmpty)
        // Other tests' mails wait there as well; none of them may be this one.
        #expect(try MailRoom.outgoing().allSatisfy { !$0.contains(account.name) })
        #expect(try await !hasCode())
    }

    /// Real addresses on other machines, so the mails wait for a relay that does not exist.
    @Test(arguments: [
        "a@b.co", "first.last+tag@mail.example.com", "o'brien@example.com", "x_1=y~z@a-b.example",
        String(repeating: "a", count: 64) + "@" + String(repeating: "b", count: 63) + ".example",
    ])
    func anAddressElsewhereIsHandedOver(address: String) async throws {
        let done = try await issue(address)
        #expect(done.status == 0, "\(done.errors)")
        let envelopes = try await patiently("a mail to \(address)") {
            let found = try MailRoom.outgoing().filter { $0.contains("\nRecipient: \(address)\n") }
            return found.isEmpty ? nil : found
        }
        #expect(envelopes.count == 1)
        #expect(try MailRoom.messages(of: account).isEmpty)
    }

    @Test("A mail that the mailer refuses stays in the queue, or nobody learns of it")
    func refusedByTheMailer() async throws {
        let log = try SystemLog.shared()
        let done = try await issue("nobody-of-this-name")
        #expect(done.status == 0, "\(done.errors)")
        let line = try await log.line(
            containing: "message given up; kind=mail to=nobody-of-this-name", within: .seconds(20))
        #expect(line.text.contains("/usr/sbin/sendmail: exit status 65"), "\(line)")
        #expect(line.text.contains("invalid recipient"), "\(line)")
    }

    @Test("It is not said that a code could not be sent, or the code can be lost without a hint")
    func deadMessenger() async throws {
        let script = #"mount -t tmpfs none /run/swiftotp-messenger && exec "$@""#
        let done = try await Command.run(
            ["unshare", "-m", "sh", "-c", script, "sh"]
                + desk.words(["issue", account.name, "--mail"]))
        #expect(done.status == 1)
        #expect(
            done.errors == """
                otp-enroll: no mail can be sent: swiftotp-messenger is not listening
                hint: the code was made but not shown: issue another one

                """, "\(done.errors)")
        #expect(try MailRoom.messages(of: account).isEmpty)
        #expect(try await hasCode())
    }
}
