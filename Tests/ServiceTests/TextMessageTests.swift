import Foundation
import TestSupport
import Testing

/// docs/RECIPES.md: text messages, by the real gammu-smsd and smstools. The messenger runs as a user
/// with no rights but those in the recipe.
@Suite("swiftotp-messenger: text messages")
struct TextMessageTests {
    static let number = "+4915112345642"
    /// A letter that text messages have, and two signs that cost more room.
    static let text = "Ihr Code für web1 – 492039, ż & 100 % + x\nZeile 2"
    static func send(
        _ text: String, to number: String = number, by messenger: Messenger
    ) -> String? { MessengerTests.send(text, to: number, .sms, by: messenger) }

    // MARK: gammu-smsd

    @Test("gammu-smsd sends another text or to another number, cuts a text, or gets none")
    func gammu() async throws {
        try Build.requireGround()
        let scratch = try Scratch()
        for name in ["in", "out", "sent", "error", "phone"] {
            _ = try scratch.folder(name, mode: 0o770)
        }
        try await Command.output(["chgrp", "gammu", scratch.file("out")])
        // Where gammu-smsd-inject looks, as everybody.
        let configuration = """
            [gammu]
            connection = none
            model = dummy
            port = \(scratch.file("phone"))
            [smsd]
            service = files
            inboxpath = \(scratch.file("in"))/
            outboxpath = \(scratch.file("out"))/
            sentsmspath = \(scratch.file("sent"))/
            errorsmspath = \(scratch.file("error"))/
            loopsleep = 1
            commtimeout = 1

            """
        try configuration.write(
            toFile: "/etc/gammu-smsdrc", atomically: false, encoding: .utf8)
        let gateway = try SMSTools.quietly(["gammu-smsd", "--config", "/etc/gammu-smsdrc"])
        let account = try await Account.make("sender", groups: ["gammu"])
        let messenger = try await Messenger(try SMSTools.recipe("**gammu-smsd**"), as: account)
        // The second is in three parts. Files have their names by the second, so that one in `sent`
        // may replace another.
        for text in [Self.text, String(repeating: "0123456789", count: 39)] {
            #expect(Self.send(text, by: messenger) == nil)
            let sent = scratch.file("sent")
            let file = try await patiently("a message in \(sent)", within: SMSTools.patience) {
                try FileManager.default.contentsOfDirectory(atPath: sent)
                    .map { try String(contentsOfFile: "\(sent)/\($0)", encoding: .utf8) }
                    .first { Self.gammuText($0) == text }
            }
            let numbers = Set(file.matches(of: #/(?m)^Number = "(.*)"/#).map { String($0.1) })
            #expect(numbers == [Self.number], "\(file)")
        }
        _ = try await patiently("an empty queue") { messenger.waiting.isEmpty ? true : nil }
        gateway.end()
    }

    /// The text in a file of gammu's, which has it in UTF-16, in hexadecimal. Each part is there again
    /// when it is sent.
    private static func gammuText(_ file: String) -> String {
        var parts: [Substring: String] = [:]
        for part in file.split(separator: "[SMSBackup").dropFirst() {
            parts[part.prefix(3)] = part.matches(of: #/(?m)^Text\d+ = ([0-9A-F]+)/#)
                .map { $0.1 }.joined()
        }
        let digits = parts.sorted { $0.key < $1.key }.map { $0.value }.joined()
        var units: [UInt16] = []
        var rest = digits[...]
        while !rest.isEmpty {
            units.append(UInt16(rest.prefix(4), radix: 16) ?? 0)
            rest = rest.dropFirst(4)
        }
        return String(decoding: units, as: UTF16.self)
    }

    // MARK: smstools

    @Test("smstools sends another text or to another number, or gets none")
    func smstools() async throws {
        let gateway = try await SMSTools()
        #expect(Self.send(Self.text, by: gateway.messenger) == nil)
        let text = try await gateway.sent()
        #expect(text.hasPrefix("To: \(Self.number)\n"), "\(text)")
        #expect(text.hasSuffix("\n\n\(Self.text)"), "\(text)")
        // What went to the modem, in UTF-16.
        let units = Self.text.utf16.map { String(format: "%04X", $0) }.joined()
        let log = try gateway.log
        #expect(
            log.contains("PDU to \(Self.number.dropFirst()): ") && log.contains(units), "\(log)")
        #expect(try gateway.waiting.isEmpty)
        try await gateway.end()
    }
}
