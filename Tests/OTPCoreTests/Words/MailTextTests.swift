import Testing

@testable import OTPCore

/// Mails as they are handed on: one address, fixed headers, and text that ends no header.
@Suite("Mails")
struct MailTextTests {
    private let event = Event(
        .added, at: 1_800_000_000, detail: Array("phone".utf8), origin: Array("login".utf8))

    private func mail(host: String = "vm", user: String = "alice") throws -> String {
        let address = try #require(MailAddress("alice@example.com"))
        let text = MailText(changes: [event], of: user, on: host, at: 1_800_000_060)
        return String(decoding: try text.mail(to: address, in: .english), as: UTF8.self)
    }

    @Test("A mail about a change lacks what happened, or what to do about it")
    func change() throws {
        let lines = try mail().split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.first == "To: alice@example.com")
        #expect(lines.contains("Subject: vm: a change to how you log in"))
        #expect(lines.contains("Auto-Submitted: auto-generated"))
        #expect(lines.contains("Hello alice,"))
        #expect(lines.contains { $0.hasPrefix("The authenticator \"phone\" was added on ") })
        #expect(lines.contains { $0.hasPrefix("If this was not you, ") })
        #expect(lines.filter { $0.isEmpty }.count >= 4 && lines.last == "")
    }

    @Test("A mail about a restore lacks what to do about what ended")
    func restored() throws {
        let address = try #require(MailAddress("alice@example.com"))
        let event = Event(
            .restored, at: 1_800_000_000, detail: [], origin: Array("swiftotp-server restored".utf8)
        ).ending([.backupCodes])
        let text = MailText(changes: [event], of: "alice", on: "vm", at: 1_800_000_060)
        let mail = String(decoding: try text.mail(to: address, in: .english), as: UTF8.self)
        #expect(mail.contains("\n\nYour second factor was restored from an earlier copy on "))
        #expect(mail.contains("\n\nBackup codes from before do not count any more: "))
        #expect(!mail.contains("temporary") && !mail.contains("token"))
    }

    @Test("A host name or a user's name begins a header or a line of its own")
    func injection() throws {
        // In a subject what is not plain ASCII is encoded, and in a text it is an error.
        let injected = ["x\nBcc: root", "x\r\nBcc: root", "x\n\nbody", "x\u{0}"]
        for text in injected {
            let head = (try? mail(host: text))?.split(separator: "\n\n").first
            #expect(head?.contains("Bcc") != true && head?.contains("body") != true)
        }
        #expect(throws: Mail.Problem.self) { try mail(user: "a\rb") }
        #expect(throws: Mail.Problem.self) { try mail(user: "a\u{1b}[2J") }
    }

    @Test("A subject in another script is not in encoded words of whole characters")
    func subject() {
        let subject = String(repeating: "ändring ", count: 20)
        let words = Mail.encoded(subject).split(separator: " ")
        #expect(
            words.count > 1 && words.allSatisfy { $0.count <= 75 && $0.hasPrefix("=?UTF-8?B?") })
        #expect(Mail.encoded("plain") == "plain")
    }

    @Test("A pattern makes an address that is none, or none for an ordinary name")
    func patterns() {
        func address(_ pattern: String, _ name: String) -> String? {
            let user = User(name: Array(name.utf8), uid: 1, gid: 1)
            return (try? MailAddress(pattern: pattern, user: user))?.text
        }
        #expect(address("%u", "alice") == "alice")
        #expect(address("%u@example.com", "a.b") == "a.b@example.com")
        for pattern in ["%u,root", "-%u", "%u@", "%u%u", "%x", "%u\nBcc: x", "u", "%u@a b"] {
            #expect(address(pattern, "alice") == nil, "\(pattern)")
        }
        for name in [
            "-t", "a b", "a\nb", "|x", "a,b", "", "a@b", "\"x\"", "rööt", "EXAMPLE\\alice",
        ] {
            #expect(address("%u@example.com", name) == nil, "\(name)")
        }
    }
}
