import TestSupport
import Testing

@testable import OTPCore

@Suite("Words for the log and for users")
struct LogLineTests {
    @Test("A line does not have what happened and then its fields in order")
    func line() throws {
        var line = LogLine("login granted")
        line.add("factor", "code")
        line.add("authenticator", quoted: try name("my phone"))
        line.add("user", outside: ascii("alice"))
        line.add("rhost", outside: [])
        #expect(
            text(line.bytes)
                == "login granted; factor=code authenticator=\"my phone\" user=alice rhost=")
    }

    @Test("A value from outside forges a line or a field")
    func hostile() {
        for (value, expected) in [
            ("a b", "a\\x20b"), ("a\nb", "a\\x0ab"), ("a\r\nb", "a\\x0d\\x0ab"),
            ("\u{0}", "\\x00"), ("\u{7f}", "\\x7f"), ("a\\x0a", "a\\x5cx0a"), ("é", "\\xc3\\xa9"),
            ("\u{1b}[2J", "\\x1b[2J"), ("root user=admin", "root\\x20user=admin"),
            ("DOM\\alice", "DOM\\x5calice"), ("alice@example.com", "alice@example.com"),
        ] {
            #expect(text(LogLine.sanitized(ascii(value))) == expected)
        }
    }

    @Test("A line is not one short line of visible ASCII")
    func fuzz() throws {
        var generator = Seeded(24)
        let field = try Regex("login; user=(?:[!-\\[\\]-~]|\\\\x[0-9a-f]{2})* rhost=last")
        for round in 0..<2000 {
            let value = generator.bytes(
                round % 100 == 0 ? 100_000 : Int.random(in: 0...80, using: &generator))
            var line = LogLine("login")
            line.add("user", outside: value)
            line.add("rhost", outside: ascii("last"))
            #expect(line.bytes.allSatisfy { (0x20...0x7e).contains($0) })
            #expect(line.bytes.count <= 12 + 4 * LogLine.maximumValueLength + 11)
            #expect(text(line.bytes).wholeMatch(of: field) != nil)
        }
    }

    @Test("Escaped text in a log line cannot be read back")
    func reversible() throws {
        var generator = Seeded(25)
        for _ in 0..<500 {
            let value = generator.bytes(Int.random(in: 0...64, using: &generator))
            var read: [UInt8] = []
            var rest = LogLine.sanitized(value)[...]
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "\\") else {
                    read.append(byte)
                    continue
                }
                #expect(rest.popFirst() == UInt8(ascii: "x"))
                let digits = text(Array(rest.prefix(2)))
                rest = rest.dropFirst(2)
                read.append(try #require(UInt8(digits, radix: 16)))
            }
            #expect(read == value)
        }
    }

    @Test("A value in a log line is longer than 64 bytes")
    func cut() {
        let long = [UInt8](repeating: 0x61, count: 65)
        #expect(LogLine.sanitized(long).count == 64)
        #expect(LogLine.sanitized([UInt8](repeating: 0, count: 1 << 20)).count == 256)
    }

    @Test("A sentence loses its spaces, or can be ended early")
    func visible() {
        #expect(text(LogLine.visible(ascii("a \"b\"\n\u{7f}é c"))) == "a 'b'???? c")
        #expect(LogLine.visible([UInt8](repeating: 0x61, count: 5000)).count == 512)
        for byte in UInt8.min...UInt8.max {
            #expect(LogLine.visible([byte]).allSatisfy { (0x20...0x7e).contains($0) })
        }
    }

    @Test(
        "Waits are told without words, or rounded down",
        arguments: [
            (1, "1 second"), (2, "2 seconds"), (30, "30 seconds"), (59, "59 seconds"),
            (60, "1 minute"), (61, "2 minutes"), (119, "2 minutes"), (120, "2 minutes"),
            (121, "3 minutes"), (240, "4 minutes"), (841, "15 minutes"), (900, "15 minutes"),
        ] as [(UInt64, String)])
    func durations(_ seconds: UInt64, _ words: String) {
        #expect(UserText.duration(seconds) == words)
        #expect(UserText.wait(seconds).english == "Too many wrong codes. Try again in \(words).")
    }

    @Test("The number of backup codes left is not told in words")
    func left() {
        #expect(UserText.backupCodesLeft(9).english == "You have 9 backup codes left.")
        #expect(UserText.backupCodesLeft(1).english == "You have 1 backup code left.")
        #expect(UserText.backupCodesLeft(0).english.hasPrefix("You have no backup codes left."))
    }

    @Test("An error does not say what it is about and what is wrong")
    func errors() {
        let error = StoreError(.unsafe, ascii("/var/lib/swiftotp/7"), "its mode")
        #expect(text(error.text) == "/var/lib/swiftotp/7: its mode")
        #expect(text(StoreError(.clock, [], "the clock").text) == "the clock")
        #expect(error == StoreError(.unsafe, [], ""))
        #expect(error != StoreError(.damaged, error.subject, error.detail))
    }
}
