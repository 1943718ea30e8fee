import OTPCore
import Testing

@testable import FleetStore

/// November 30, 2026, 12:00 UTC.
private let noon: UInt64 = 1_796_040_000

/// A login by a backup code, as the log of a machine has it.
private func login(_ user: String, _ index: Int, at machine: String = "web1") -> String {
    "2026-11-30T08:15:00Z \(machine) sshd[7]: pam_swiftotp(sshd:auth): login granted;"
        + " factor=backup-code index=\(index) left=1 service=sshd tty=ssh rhost= user=\(user)\n"
}

/// The same, as a server's log has it.
private func server(_ user: String, _ index: Int, realm: String = "staff") -> String {
    "2026-11-30T08:15:00Z otp1 swiftotp-server[9]: granted; what=login how=backup-code"
        + " index=\(index) host=web1 realm=\(realm) user=\(user) from=sshd\n"
}

@Suite("Logs about backup codes")
struct ReplayedLogsTests {
    private static let hosts = [
        (name: "web1", realm: "staff"), (name: "web2.example.com", realm: "staff"),
        (name: "lab1.example.com", realm: "lab"), (name: "both.lab", realm: "lab"),
        (name: "both.staff", realm: "staff"), (name: "odd", realm: ""),
    ]

    private func read(
        _ parts: ArraySlice<UInt8>..., servers: [String] = []
    ) -> ReplayedLogs {
        var logs = ReplayedLogs(
            hosts: ReplayedHosts(ReplayedLogsTests.hosts), servers: servers, now: noon)
        logs.begin("log")
        var splitter = LogSplitter()
        for part in parts { splitter.add(part) { logs.read($0, isWhole: $1) } }
        splitter.end { logs.read($0, isWhole: $1) }
        return logs
    }

    private func read(_ text: String) -> ReplayedLogs { read(Array(text.utf8)[...]) }

    private func used(_ indices: Int...) -> BackupCodeUse {
        var use = BackupCodeUse()
        for index in indices { use.note(used: index, ofSetBefore: 1_796_026_515) }
        return use
    }

    @Test("A user's codes are another one's, or those of another realm")
    func users() {
        let logs = read(
            login("alice", 1) + login("alice", 2, at: "web2") + login("alice", 3, at: "LAB1.local")
                + server("alice", 4) + server("alice", 1) + login("bob", 0))
        #expect(
            logs.users == [
                Array("alice".utf8): ["staff": used(1, 2, 4), "lab": used(3)],
                Array("bob".utf8): ["staff": used(0)],
            ])
        #expect(logs.codes == 5 && logs.ends == 0)
        #expect(logs.lines == 6 && logs.ownLines == 6 && logs.serverLines == 2)
        #expect(logs.first == 1_796_026_500 && logs.last == 1_796_026_500)
    }

    @Test("A machine that can be one of two hosts, or none, gives a realm")
    func realms() {
        for machine in ["both", "both.lab", "odd", "elsewhere", "192.0.2.7"] {
            let logs = read(login("alice", 1, at: machine))
            #expect(logs.users == [Array("alice".utf8): ["": used(1)]], "\(machine)")
        }
    }

    @Test("A server that does not say the realm means that of its own machine")
    func serversWithout() {
        let long = String(repeating: "r", count: 64)
        for realm in ["realm=\(long) ", ""] {
            let line = server("alice", 1).replacing("realm=staff ", with: realm)
            let logs = read(line.replacing("otp1", with: "lab1"))
            #expect(logs.users == [Array("alice".utf8): ["": used(1)]], "\(realm)")
        }
    }

    @Test("Somebody at a host writes a server's line, and no server is missed")
    func forgedServers() {
        let line = server("alice", 1)
        let start = "2026-11-30T08:15:00Z otp1 swiftotp-server[9]: "
        // As `logger -t swiftotp-server` at a host, and as journalctl shows a message of two lines.
        for forged in [
            line.replacing("otp1", with: "WEB1.example.com"),
            line.replacing(start, with: String(repeating: " ", count: 30)),
        ] {
            let logs = read(Array(forged.utf8)[...], servers: ["otp1", "otp2.example.com"])
            #expect(logs.serverLines == 0 && logs.firstOfServers == nil, "\(forged)")
            #expect(logs.silentServers == ["otp1", "otp2.example.com"], "\(forged)")
            // It burns a code, and does nothing else.
            #expect(logs.codes == 1 && logs.unclearLines == 0, "\(forged)")
        }
        let logs = read(Array(line.utf8)[...], servers: ["otp1.example.com", "web1"])
        #expect(logs.serverLines == 1 && logs.firstOfServers == 1_796_026_500)
        #expect(logs.silentServers == ["web1"])
        // A server that is a host as well.
        let both = line.replacing("otp1", with: "web1")
        #expect(read(Array(both.utf8)[...], servers: ["web1"]).serverLines == 1)
    }

    @Test("Hosts of which no line is there are not named, or others are")
    func silent() {
        let kernel = "2026-11-30T08:15:00Z web2 kernel: a line of somebody else's\n"
        let logs = read(kernel + login("alice", 1) + login("bob", 1, at: "nobody"))
        #expect(logs.silentHosts == ["both.lab", "both.staff", "lab1.example.com", "odd"])
        #expect(logs.ownLines == 2 && logs.lines == 3)
    }

    @Test("Nobody learns which lines are not understood, or all of a million are kept")
    func unclear() {
        let cut = "Nov 30 08:15:00 web1 sshd[7]: pam_swiftotp(sshd:auth): login gran"
        let logs = read(login("alice", 1) + String(repeating: cut + "\n", count: 50))
        #expect(logs.unclearLines == 50 && (1...10).contains(logs.unclear.count))
        #expect(
            logs.unclear.first
                == ReplayedLogs.Line(log: "log", number: 2, text: Array(cut.utf8)))
        #expect(logs.users.count == 1)
        // The last line of a log has to have an end.
        #expect(read(login("alice", 1) + login("bob", 1).dropLast()).unclearLines == 1)
    }

    @Test("A logger has left out lines, and nobody hears of it")
    func losses() {
        for (line, isLoss) in [
            ("systemd-journald[31]: Suppressed 420 messages from ssh.service", true),
            ("rsyslogd: imjournal: begin to drop messages due to rate-limiting", true),
            ("rsyslogd: imuxsock[pid 7]: 9 messages lost due to rate-limiting (5 allowed)", true),
            ("systemd-journald[31]: Runtime Journal is using 8.0M", false),
            ("rsyslogd: [origin software=\"rsyslogd\"] start", false),
            ("sshd[7]: Invalid user Suppressed 420 messages from ssh.service", false),
        ] {
            let text = "2026-11-30T08:15:00Z web1 \(line)\n"
            let logs = read(login("alice", 1) + text + text)
            #expect(logs.lossLines == (isLoss ? 2 : 0), "\(line)")
            #expect(logs.firstLoss?.number == (isLoss ? 2 : nil), "\(line)")
            #expect(logs.ownLines == 1 && logs.unclearLines == 0, "\(line)")
        }
    }

    @Test("It matters where one part of a log ends and the next begins")
    func parts() {
        let text = "\n\n" + login("alice", 1) + "\r\n" + server("bob", 2) + "no end"
        let bytes = Array(text.utf8)
        let whole = read(bytes[...])
        #expect(whole.lines == 6 && whole.users.count == 2)
        for cut in bytes.indices {
            #expect(read(bytes[..<cut], bytes[cut...]) == whole, "\(cut)")
        }
    }

    @Test("A line without an end fills the memory, or a long one passes for a whole one")
    func longLines() {
        let start = Array(login("alice", 1).utf8.dropLast())
        let room = LogSplitter.longest - start.count
        for (more, isRead) in [(room, true), (room + 1, false), (9_000_000, false)] {
            let filling = [UInt8](repeating: UInt8(ascii: "a"), count: more)
            // The same in the middle, at the end, and in parts.
            let line = start + filling + [UInt8(ascii: "\n")]
            for logs in [
                read((line + line)[...]), read(line[..<7000], line[7000...], line[...]),
            ] {
                // The name is too long in any case.
                #expect(logs.lines == 2 && logs.unclearLines == 2, "\(more)")
                #expect(logs.unclear.allSatisfy { $0.text.count <= 512 })
            }
            var pieces: [Int] = []
            var splitter = LogSplitter()
            splitter.add(line[...]) { line, isWhole in
                pieces.append(line.count)
                #expect(isWhole == isRead)
            }
            #expect(pieces == [min(start.count + more, LogSplitter.longest)])
        }
    }

    @Test("Bytes that no log has are a fault, or hide the next line")
    func garbage() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let noise = [UInt8](random: 300, &generator)
            let logs = read((noise + [UInt8(ascii: "\n")] + Array(login("alice", 7).utf8))[...])
            #expect(logs.users[Array("alice".utf8)]?["staff"] == used(7), "\(noise)")
        }
    }
}
