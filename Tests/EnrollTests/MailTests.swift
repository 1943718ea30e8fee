import Foundation
import TestSupport
import Testing

/// Mails through the machine's mailer: what arrives, and what is never sent.
@Suite struct MailTests {
    let desk: Desk
    let account: Account

    init() async throws {
        desk = try Desk()
        account = try await Account.make("mail")
        try MailRoom.prepare()
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
        let envelopes = try MailRoom.outgoing().filter { $0.contains("\nRecipient: \(address)\n") }
        #expect(envelopes.count == 1)
        #expect(try MailRoom.messages(of: account).isEmpty)
    }

    @Test func aRefusalOfTheMailerIsTold() async throws {
        let done = try await issue("nobody-of-this-name")
        #expect(done.status == 1)
        #expect(
            done.errors.hasPrefix(
                "otp-enroll: /usr/sbin/sendmail refused the mail: exit status 65\n"),
            "\(done.errors)")
        #expect(done.errors.contains("hint: it said: sendmail: invalid recipient"))
    }

    /// The mailer gets fixed arguments and environment, and only the three standard descriptors.
    @Test func theMailerInheritsNothing() async throws {
        let scratch = try Scratch()
        let trace = scratch.file("trace")
        let words = try desk.words(["issue", account.name, "--mail"])
        // A descriptor that the caller left open.
        let script = #"exec 7</etc/passwd; SECRET=here exec "$@""#
        let done = try await Command.run(
            ["sh", "-c", script, "sh", "strace", "-f", "-v", "-s", "200", "-o", trace]
                + ["-e", "trace=execve,close_range,close,openat"] + words)
        #expect(done.status == 0, "\(done.errors)")
        let lines = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
        let started = lines.filter { $0.contains("execve(\"/usr/sbin/") || $0.contains("/sh\"") }
        let call = try #require(started.first)
        #expect(started.count == 1)
        #expect(
            call.contains(
                #"execve("/usr/sbin/sendmail", ["/usr/sbin/sendmail", "-i", "-t"], "#
                    + #"["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]"#), "\(call)")
        let pid = try #require(call.split(separator: " ").first)
        let closed = lines.firstIndex {
            $0.hasPrefix("\(pid) ") && $0.contains(" close_range(3, 4294967295, 0) ")
        }
        #expect(try #require(closed) < #require(lines.firstIndex(of: call)))
    }

    /// A faulty mailer, and the message about it.
    enum BadMailer: String, CaseIterable {
        case missing = "mount -t tmpfs none /usr/sbin"
        case deaf = "exec sleep 100"
        case failing = #"printf '\033[31mno\nmore\n' >&2; exit 75"#
        case talking = "cat >/dev/null; yes | head -c 1000000; exit 1"
        case killed = "kill -9 $$"
        case careless = "exec <&-; exit 0"

        var words: String {
            switch self {
            case .missing: "no mail can be sent: /usr/sbin/sendmail: no such file or directory"
            case .deaf: "/usr/sbin/sendmail did not take the mail within 30 seconds"
            case .failing: "/usr/sbin/sendmail refused the mail: it cannot send now"
            case .talking: "/usr/sbin/sendmail refused the mail: exit status 1"
            case .killed: "/usr/sbin/sendmail refused the mail: it was ended by signal 9"
            case .careless: ""
            }
        }
    }

    @Test(arguments: BadMailer.allCases)
    func aBadMailerIsAFailureAtMost(mailer: BadMailer) async throws {
        let program = try desk.scratch.write(
            "#!/bin/sh\n\(mailer.rawValue)\n", to: "mailer", mode: 0o755)
        let mount = mailer == .missing ? mailer.rawValue : "mount --bind \(program) /usr/sbin/dma"
        let done = try await Command.run(
            ["unshare", "-m", "sh", "-c", #"\#(mount) && exec "$@""#, "sh"]
                + desk.words(["issue", account.name, "--mail"]))
        #expect(done.status == (mailer == .careless ? 0 : 1), "\(done.errors)")
        let line = done.errors.split(separator: "\n").first ?? ""
        #expect(line == (mailer == .careless ? "" : "otp-enroll: \(mailer.words)"))
        if mailer == .missing {
            #expect(done.errors.contains("hint: install a mailer that provides sendmail(8)"))
        }
        if mailer == .failing { #expect(done.errors.contains("hint: it said: [31mno\n")) }
        #expect(try MailRoom.messages(of: account).isEmpty)
    }
}
