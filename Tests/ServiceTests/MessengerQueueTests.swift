import Foundation
import OTPWire
import TestSupport
import Testing

/// Messages that wait: on the disk, bounded, and not for ever.
@Suite("swiftotp-messenger: the queue")
struct MessengerQueueTests {
    private func send(_ text: String, for seconds: UInt64 = 600, by messenger: Messenger) -> String?
    {
        MessengerTests.send(text, for: seconds, by: messenger)
    }

    @Test("More messages wait than are allowed, or it is not said why one is refused")
    func full() async throws {
        let messenger = try await Messenger("mail = /bin/false {to}\nqueue = 3\nretry = 900s\n")
        for number in 0..<3 { #expect(send("\(number)", by: messenger) == nil) }
        #expect(send("4", by: messenger) == "swiftotp-messenger has too much to send")
        #expect(messenger.waiting.count == 3)
    }

    @Test("A message is taken that a full disk cannot keep, or it is not said why it is refused")
    func fullDisk() async throws {
        let scratch = try Scratch()
        let disk = try scratch.folder("disk")
        try await Command.output(
            ["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "none", disk])
        let messenger = try await Messenger(
            "mail = /bin/false {to}\nretry = 900s\n", queue: disk)
        var (taken, refusal) = (0, String?.none)
        let text = String(repeating: "x", count: 20_000)
        for _ in 0..<10 where refusal == nil {
            refusal = send(text, by: messenger)
            if refusal == nil { taken += 1 }
        }
        #expect(refusal?.hasPrefix("swiftotp-messenger cannot write its queue: ") == true)
        #expect(refusal?.hasSuffix("no space left on the device") == true, "\(refusal ?? "")")
        #expect(taken > 0 && messenger.waiting.count == taken)
        messenger.end()
        try await Command.output(["umount", "-l", disk])
    }

    @Test("A message that was taken is lost when the messenger is killed")
    func killed() async throws {
        let messenger = try await Messenger()
        let out = messenger.file("out")
        // Each message's own file, so that one that is sent twice is the same.
        let program = try messenger.program("text=$(cat); echo x >\(out)/$text")
        mkdir(out, 0o755)
        try messenger.configure("mail = \(program) {to}\nretry = 1s\n")
        let killer = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: .milliseconds(.random(in: 5...60)))
                messenger.signal(SIGKILL)
            }
        }
        var taken: Set<String> = []
        for number in 0..<60 where send("m\(number)", by: messenger) == nil {
            taken.insert("m\(number)")
        }
        killer.cancel()
        _ = await killer.result
        #expect(!taken.isEmpty)
        // One that waits in vain: the next message starts the messenger.
        _ = send("last", by: messenger)
        _ = try await patiently("all messages", within: MessengerTests.patience) {
            let names = try FileManager.default.contentsOfDirectory(atPath: out)
            return taken.isSubset(of: names) && messenger.waiting.isEmpty ? true : nil
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: messenger.queue)
        #expect(left.isEmpty, "\(left)")
    }

    @Test("A message is not sent after a restart, or files in the queue are for others to read")
    func restart() async throws {
        let messenger = try await Messenger("mail = /bin/false {to}\nretry = 900s\n")
        #expect(send("kept", by: messenger) == nil)
        let name = try #require(messenger.waiting.first)
        let attributes = try FileManager.default.attributesOfItem(
            atPath: "\(messenger.queue)/\(name)")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        try Data("{".utf8).write(to: URL(fileURLWithPath: "\(messenger.queue)/0000"))
        try Data("half".utf8).write(to: URL(fileURLWithPath: "\(messenger.queue)/new.1"))
        let out = messenger.file("out")
        let program = try messenger.program("cat >>\(out)")
        try messenger.configure("mail = \(program) {to}\n")
        messenger.signal(SIGKILL)
        _ = try await patiently("another process") {
            send(" and sent", by: messenger) == nil ? true : nil
        }
        _ = try await patiently("an empty queue", within: MessengerTests.patience) {
            try FileManager.default.contentsOfDirectory(atPath: messenger.queue).isEmpty
                ? true : nil
        }
        let text = try String(contentsOfFile: out, encoding: .utf8)
        #expect(text.contains("kept") && text.contains(" and sent"), "\(text)")
    }

    @Test("A code stays on the disk after its end, or is sent too late")
    func late() async throws {
        let log = try SystemLog.shared()
        let messenger = try await Messenger("mail = /bin/false {to}\nretry = 900s\n")
        let why = MessengerTests.send("late", to: "late.one", for: 0, by: messenger)
        #expect(why == "it came too late")
        #expect(MessengerTests.send("x", to: "late.two", for: 3, by: messenger) == nil)
        #expect(messenger.waiting.count == 1)
        let line = try await log.line(
            containing: "message given up; kind=mail to=late.two", within: MessengerTests.patience)
        #expect(line.text.contains("its time is over"))
        _ = try await patiently("an empty queue") { messenger.waiting.isEmpty ? true : nil }
    }

    @Test("A message is not tried again, or the waits do not grow")
    func again() async throws {
        let messenger = try await Messenger()
        let out = messenger.file("times")
        let program = try messenger.program("date +%s%N >>\(out); exit 75")
        try messenger.configure("mail = \(program) {to}\nretry = 1s\n")
        #expect(send("x", by: messenger) == nil)
        let times = try await patiently("four tries", within: .seconds(60)) {
            let text = (try? String(contentsOfFile: out, encoding: .utf8)) ?? ""
            let times = text.split(separator: "\n").compactMap { Double($0).map { $0 / 1e9 } }
            return times.count >= 4 ? times : nil
        }
        // A busy machine makes waits longer, never shorter.
        for (index, least) in [1.0, 2.0, 4.0].enumerated() {
            #expect(times[index + 1] - times[index] > least - 0.1, "\(times)")
        }
    }

    @Test("It stays when nothing waits, or leaves while something does")
    func idle() async throws {
        let messenger = try await Messenger("mail = /bin/false {to}\nretry = 900s\n")
        #expect(send("x", for: 26, by: messenger) == nil)
        let process = try #require(messenger.process)
        try await Task.sleep(for: .seconds(23))
        #expect(messenger.process == process)
        _ = try await patiently("the end of the process", within: .seconds(60)) {
            kill(process, 0) != 0 ? true : nil
        }
    }
}
