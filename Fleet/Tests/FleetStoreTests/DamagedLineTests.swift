import OTPCore
import Testing

@testable import FleetStore

/// November 30, 2026, 12:00 UTC.
private let noon: UInt64 = 1_796_040_000

@Suite("A line of a log that was damaged, or made shorter")
struct DamagedLineTests {
    private static let envelope = "2026-11-30T08:15:00Z web1 sshd[7]: "
    private static let module =
        "login granted; factor=backup-code index=3 left=6 service=sshd tty=ssh rhost= user=alice"
    private static let login = "\(envelope)pam_swiftotp(sshd:auth): \(module)"
    private static let server =
        "granted; what=login how=backup-code index=3 host=web1 realm=staff user=alice from=sshd"

    private func meaning(_ text: String, isWhole: Bool = true) -> ReplayedLine.Meaning {
        ReplayedLine(Array(text.utf8)[...], isWhole: isWhole, now: noon).meaning
    }

    @Test("At the end of a log a line that was cut off before its words passes for another's")
    func cutEarly() throws {
        let words = try #require(Self.login.firstRange(of: "login granted"))
        for length in 1..<Self.login[..<words.lowerBound].count {
            let start = String(Self.login.prefix(length))
            #expect(meaning(start, isWhole: false) == .unclear, "\(start)")
        }
        // With a newline, once it is clear whose it is.
        #expect(meaning("\(Self.envelope)pam_swif") == .unclear)
        #expect(meaning("\(Self.envelope)Connection clo", isWhole: false) == .foreign)
    }

    @Test("A login behind the zeros of a lost disk block is not seen")
    func zeros() {
        for count in [1, 500, LogSplitter.longest, 3 * LogSplitter.longest] {
            var logs = ReplayedLogs(hosts: ReplayedHosts([]), now: noon)
            var splitter = LogSplitter()
            let bytes = [UInt8](repeating: 0, count: count) + Array("\(Self.login)\n".utf8)
            splitter.add(bytes[...]) { logs.read($0, isWhole: $1) }
            #expect(logs.lines == 1 && logs.unclearLines == 1, "\(count)")
        }
    }

    @Test("A line that begins in the middle of another hides that one")
    func merged() throws {
        let end = try #require(Self.login.firstRange(of: ":auth): ")).lowerBound
        let start = String(Self.login[..<end])
        for length in Self.login[..<end].count - 4...Self.login[..<end].count {
            #expect(meaning(String(start.prefix(length)) + Self.login) == .unclear, "\(length)")
        }
    }

    @Test("What journalctl has left out of a line is taken for words", arguments: ["…", "..."])
    func leftOut(_ mark: String) throws {
        for (envelope, words) in [
            ("\(Self.envelope)pam_swiftotp(sshd:auth): ", Self.module),
            ("2026-11-30T08:15:00Z otp1 swiftotp-server[9]: ", Self.server),
        ] {
            let name = try #require(words.firstRange(of: "user=")).lowerBound
            for length in 1...words[..<name].count {
                let line = "\(envelope)\(words.prefix(length))\(mark)alice"
                #expect(meaning(line) == .unclear, "\(line)")
            }
        }
        // Whatever is left out there, it was another code.
        let other = "\(Self.envelope)pam_swiftotp(sshd:auth): login granted; factor=c\(mark)alice"
        #expect(meaning(other) == .nothing)
    }

    @Test("A machine that is named by an address with colons at its end is taken for a program")
    func address() {
        let line = Self.login.replacing(" web1 ", with: " 2001:db8:: ")
        let read = ReplayedLine(Array(line.utf8)[...], now: noon)
        guard case .uses(let uses) = read.meaning else {
            Issue.record("\(read.meaning)")
            return
        }
        #expect(uses.map(\.index) == [3])
        #expect(read.machine.map { Array($0) } == Array("2001:db8::".utf8))
    }
}
