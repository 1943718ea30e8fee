import Foundation
import OTPWire
import TestSupport
import Testing

/// The built messenger, and programs that send messages well or badly.
@Suite("swiftotp-messenger")
struct MessengerTests {
    static let patience = Duration.seconds(30)

    /// Hands over a message as swiftotpd does; why it was not taken.
    static func send(
        _ text: String, to address: String = "alice", _ kind: MessageDocument.Kind = .mail,
        for seconds: UInt64 = 600, by messenger: Messenger
    ) -> String? {
        let message = MessageDocument(
            kind, to: address, text: text, until: UInt64(Date().timeIntervalSince1970) + seconds)
        do throws(MessengerClient.Problem) {
            try MessengerClient.send(
                message, to: Array(messenger.socket.utf8), until: Deadline(in: patience))
            return nil
        } catch {
            return error.text
        }
    }

    /// The contents of a file once there are some.
    static func contents(_ path: String, _ what: String) async throws -> String {
        try await patiently(what, within: patience) {
            let text = try? String(contentsOfFile: path, encoding: .utf8)
            return text?.isEmpty == false ? text : nil
        }
    }

    @Test("A number inside of an argument is not the message's, or the text is another")
    func inside() async throws {
        let messenger = try await Messenger()
        let out = messenger.file("out")
        let program = try messenger.program(
            "{ echo $# $1; cat; } >\(out).new; mv \(out).new \(out)")
        try messenger.configure("sms = \(program) to={to}\n")
        #expect(Self.send("1\n2", to: "+4915112345", .sms, by: messenger) == nil)
        #expect(try await Self.contents(out, "the output") == "1 to=+4915112345\n1\n2")
    }

    @Test("A program gets other arguments, an environment, or open files")
    func whatAProgramGets() async throws {
        let messenger = try await Messenger()
        let out = messenger.file("out")
        let program = try messenger.program(
            """
            exec >\(out).new
            echo "$#:$1:$2:$3"; tr '\\0' '\\n' </proc/$$/environ
            # Not into a pipe or another file, which the shell may have open itself for a moment.
            ls /proc/$$/fd
            cat; mv \(out).new \(out)
            """)
        try messenger.configure("mail = \(program) -i  --  {to}\n")
        #expect(Self.send("the text\n", to: "a.b@example.com", by: messenger) == nil)
        let lines = try await Self.contents(out, "the program's output").split(separator: "\n")
        // 10 is the shell's own; nothing was in its environment.
        #expect(lines == ["3:-i:--:a.b@example.com", "0", "1", "10", "2", "the text"])
    }

    @Test(
        "A faulty configuration or program is used, or it is not said what is wrong",
        arguments: [
            ("mial = /bin/true {to}", "line 1: there is no such option"),
            ("mail", "line 1: not of the form"), ("mail = none", "has no program for it"),
            ("\n# x\nmail = true {to}", "line 3: `mail` takes"),
            ("mail = /bin/true", "`mail` takes"), ("mail = /bin/{to} {to}", "`mail` takes"),
            ("mail = /bin/true {to} {to}", "`mail` takes"), ("mail =", "`mail` takes"),
            ("mail = /bin/true {to}{to}", "`mail` takes"), ("sms = /bin/true", "`sms` takes"),
            ("sms = curl {to}", "`sms` takes"), ("sms = none", "has no program for it"),
            ("sms = /nowhere/sms {to}", "/nowhere/sms: there is no such program"),
            ("sms = OTHERS {to}", "others than root can write to it"),
            ("sms = GAMES {to}", "not to root"),
            ("mail = {to} /bin/true", "`mail` takes"),
            ("timeout = 30", "`timeout` takes 1s to 300s"), ("timeout = 0s", "`timeout` takes"),
            ("timeout = 301s", "`timeout` takes"), ("timeout = -1s", "`timeout` takes"),
            ("retry = 1h", "`retry` takes"), ("queue = 0", "`queue` takes 1 to 10000"),
            ("queue = 99999999999999999999", "`queue` takes"),
            ("retry = 1s\nretry = 2s", "line 2: `retry` is given twice"),
            ("mail = /nowhere/sendmail {to}", "/nowhere/sendmail: there is no such program"),
            ("mail = OTHERS {to}", "others than root can write to it"),
            ("mail = GAMES {to}", "not to root"), ("mail = PLAIN {to}", "nobody may run it"),
            ("mail = INSIDE {to}", "a folder on the way can be written to by others"),
            ("mail = /etc {to}", "not a regular file"),
        ])
    func faulty(configuration: String, words: String) async throws {
        let messenger = try await Messenger()
        let good = try messenger.program("true")
        for (name, mode) in [("OTHERS", 0o757), ("GAMES", 0o755), ("PLAIN", 0o644)] {
            try await Command.output(["cp", good, messenger.file(name)])
            chmod(messenger.file(name), mode_t(mode))
        }
        try await Command.output(["chown", "games", messenger.file("GAMES")])
        try await Command.output(["install", "-d", "-m", "777", messenger.file("open")])
        try await Command.output(["cp", good, messenger.file("open/INSIDE")])
        let text = configuration.replacing("INSIDE", with: messenger.file("open/INSIDE"))
            .replacing(#/OTHERS|GAMES|PLAIN/#) { messenger.file(String($0.output)) }
        try messenger.configure(text + "\n")
        let isText = configuration.hasPrefix("sms")
        let why = Self.send(
            "x", to: isText ? "+4915112345" : "alice", isText ? .sms : .mail, by: messenger)
        #expect(why?.contains(words) == true, "\(why ?? "taken")")
        #expect(messenger.waiting.isEmpty)
    }

    @Test(
        "An address is taken that is none, or that a program could take for something else",
        arguments: [
            ("mail", "-t"), ("mail", "a b"), ("mail", "root\nBcc: x"), ("mail", "|cmd"),
            ("mail", ""),
            ("mail", "a@b\r\nSubject: x"), ("mail", "root,alice"),
            ("sms", "alice"), ("sms", "+"), ("sms", "1234"), ("sms", "-123456"), ("sms", ""),
            ("sms", "+49 170 1"), ("sms", "1234567890123456"), ("sms", "+4917012\n"),
            ("sms", "+4917012\nFlash: yes"), ("sms", "+४२४२४"), ("sms", "+049170"),
            ("sms", "12345,67890"),
        ])
    func addresses(kind: String, address: String) async throws {
        let messenger = try await Messenger("mail = /bin/true {to}\nsms = /bin/true {to}\n")
        let kind = try #require(MessageDocument.Kind(rawValue: kind))
        let why = Self.send("x", to: address, kind, by: messenger)
        let name = kind == .mail ? "mail address" : "telephone number"
        #expect(why == "swiftotp-messenger does not take the address: it is no \(name)")
    }

    @Test("A stranger's program can have messages sent, or that of --user cannot")
    func strangers() async throws {
        let (account, friend) = try await (Account.make("stranger"), Account.make("friend"))
        let messenger = try await Messenger(
            "mail = /bin/true {to}\n", arguments: ["--user", friend.name])
        // The folder of the real socket is closed to others; here it is open.
        let script = """
            import socket, sys, struct
            s = socket.socket(socket.AF_UNIX)
            s.connect(sys.argv[1])
            body = b'{"version":1,"kind":"mail","to":"root","text":"x","until":9999999999}'
            s.sendall(struct.pack(">HB", len(body) + 1, 5) + body)
            print(len(s.recv(100)))
            """
        let words = ["/usr/bin/python3", "-I", "-c", script, messenger.socket]
        chmod(messenger.socket, 0o666)
        let done = try await Command.run(account.running(words))
        #expect(done.output == "0\n" || done.errors.contains("ConnectionResetError"))
        #expect(messenger.waiting.isEmpty)
        let taken = try await Command.run(friend.running(words))
        #expect(Int(taken.output.dropLast()).map { $0 > 3 } == true, "\(taken)")
        #expect(Self.send("x", by: messenger) == nil)
    }

    @Test("A program that hangs is not ended, or keeps other messages waiting")
    func hanging() async throws {
        let log = try SystemLog.shared()
        let messenger = try await Messenger()
        let out = messenger.file("out")
        let hang = try messenger.program("exec sleep 1000", name: "hang")
        let good = try messenger.program("cat >\(out)", name: "good")
        try messenger.configure(
            "mail = \(hang) {to}\nsms = \(good) {to}\ntimeout = 2s\nretry = 900s\n")
        #expect(Self.send("first", to: "hang.one", by: messenger) == nil)
        // Taken while the program runs.
        for _ in 0..<5 { #expect(Self.send("more", to: "hang.two", by: messenger) == nil) }
        #expect(Self.send("text", to: "+491701", .sms, by: messenger) == nil)
        #expect(try await Self.contents(out, "the text message") == "text")
        let line = try await log.line(
            containing: "message not sent; kind=mail to=hang.one", within: Self.patience)
        #expect(line.text.contains("\(hang) took longer than 2 s"))
        // The text message goes when its program has ended; the mails stay.
        _ = try await patiently("six mails that wait") { messenger.waiting.count == 6 ? true : nil }
    }

    @Test(
        "A flood of output costs memory or time, or gets into the log",
        arguments: [
            ("mail", "flood.user", "it cannot send now"), ("sms", "+4917055590", "exit status 75"),
        ])
    func flood(kind: String, address: String, reason: String) async throws {
        let log = try SystemLog.shared()
        let messenger = try await Messenger()
        let out = messenger.file("out")
        let program = try messenger.program(
            "yes | head -c 50000000; yes no | head -c 50000000 >&2; cat >\(out); exit 75")
        try messenger.configure("\(kind) = \(program) {to}\nretry = 900s\n")
        let kind = try #require(MessageDocument.Kind(rawValue: kind))
        #expect(Self.send("after the flood", to: address, kind, by: messenger) == nil)
        #expect(try await Self.contents(out, "the end of the flood") == "after the flood")
        let line = try await log.line(containing: "to=\(address)", within: Self.patience)
        #expect(line.text.hasSuffix("\(reason), no\""), "\(line)")
        let process = try #require(messenger.process)
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let peak = try #require(status.firstMatch(of: #/VmHWM:\s+(\d+) kB/#).flatMap { Int($0.1) })
        #expect(peak < 100_000, "\(peak) kB")
    }

    @Test("A code that a program repeats gets into the log")
    func quoted() async throws {
        let log = try SystemLog.shared()
        let messenger = try await Messenger()
        let program = try messenger.program(#"read text; echo "bad: $text" >&2; exit 1"#)
        try messenger.configure("sms = \(program) {to}\nretry = 900s\n")
        let text = "Your code is 492039"
        #expect(Self.send(text, to: "+4917055501", .sms, by: messenger) == nil)
        let line = try await log.line(
            containing: "message not sent; kind=sms to=+4917055501", within: Self.patience)
        #expect(line.text.hasSuffix(": exit status 1\""), "\(line)")
        #expect(log.lines(containing: "492039").isEmpty)
        // In other groups, too.
        let other = try messenger.program(#"echo "bad: 492-039" >&2; exit 1"#, name: "other")
        try messenger.configure("sms = \(other) {to}\nretry = 900s\n")
        #expect(Self.send(text, to: "+4917055502", .sms, by: messenger) == nil)
        let next = try await log.line(
            containing: "message not sent; kind=sms to=+4917055502", within: Self.patience)
        #expect(next.text.hasSuffix(": exit status 1\""), "\(next)")
    }
}
