import OTPCore
import Testing

@testable import FleetStore

/// November 30, 2026, 12:00 UTC.
private let noon: UInt64 = 1_796_040_000
/// 08:15 on that day.
private let morning: UInt64 = 1_796_026_500

/// What the module writes of a login by backup code 3.
private func loginLine(of user: [UInt8]) -> [UInt8] {
    let place = LoginOrigin(
        service: Array("sshd".utf8), address: Array("192.0.2.7".utf8), methods: nil)
    let log = LoginLog(place: place, terminal: Array("ssh".utf8), user: user)
    let line = log.line(for: .granted(.backupCode(index: 3, left: 6))).1
    return Array("pam_swiftotp(sshd:auth): ".utf8) + line.bytes
}

private let login = String(decoding: loginLine(of: Array("alice".utf8)), as: UTF8.self)

/// What a server writes of it.
private let server =
    "Nov 30 08:15:00 otp1 swiftotp-server[9]: granted; what=login how=backup-code index=3"
    + " host=web1 realm=staff user=alice from=sshd\\x20192.0.2.7"

@Suite("A line of a log about backup codes")
struct ReplayedLineTests {
    private func meaning(
        _ text: String, isWhole: Bool = true, now: UInt64 = noon
    ) -> ReplayedLine.Meaning {
        ReplayedLine(Array(text.utf8)[...], isWhole: isWhole, now: now).meaning
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func use(
        of user: String, _ index: Int?, realm: String? = nil, before time: UInt64
    ) -> ReplayedLine.Use {
        ReplayedLine.Use(
            user: Array(user.utf8), realm: realm.map { Array($0.utf8) }, index: index, time: time)
    }

    @Test(
        "In the form of one of these logs a login is not seen, or its time is taken for an earlier one",
        arguments: [
            ("Nov 30 08:15:00 web1 sshd[7]: ", morning + 43_215),
            ("<86>Nov 30 08:15:00 web1 sshd-session[7]: ", morning + 43_215),
            ("Nov 30 08:15:00 sshd[7]: ", morning + 43_215),
            ("Nov 30 08:15:00.123456 web1 sshd[7]: ", morning + 43_215),
            ("Nov  3 08:15:00 web1 gdm-password][7]: ", morning + 43_215 - 27 * 86_400),
            ("2026-11-30T08:15:00.123456+00:00 web1 sshd[7]: ", morning + 15),
            ("2026-11-30T09:15:00+0100 web1 sshd[7]: ", morning + 15),
            ("2026-11-30T02:45:00-05:30 web1 sshd[7]: ", morning + 15),
            ("2026-11-30T08:15:00Z web1.example.com swiftotpd[7]: ", morning + 15),
            ("2026-11-30 08:15:00 web1 sshd[7]: ", morning + 43_215),
            ("Nov 30 08:15:00 web1 sshd[7]: message repeated 2 times: [ ", morning + 43_215),
            ("", .max), ("  ", .max),
        ] as [(String, UInt64)])
    func forms(_ start: String, _ time: UInt64) {
        let end = start.hasSuffix("[ ") ? "]" : ""
        let wanted = ReplayedLine.Meaning.uses([use(of: "alice", 3, before: time)])
        for rest in [end, end + "\r"] {
            #expect(meaning(start + login + rest) == wanted, "\(start)")
        }
    }

    @Test("A line without a year is taken for one of a year too early, or of the future")
    func years() {
        let newYear = noon + 32 * 86_400
        for (day, now, time) in [
            ("Dec 31", newYear, newYear - 86_400), ("Jan  2", newYear, newYear + 86_400),
            ("Jan  5", newYear, newYear - 361 * 86_400),
            // 2024.
            ("Feb 29", newYear, newYear - 1037 * 86_400),
        ] {
            let line = "\(day) 12:00:00 web1 sshd[7]: \(login)"
            let wanted = use(of: "alice", 3, before: time + 43_215)
            #expect(meaning(line, now: now) == .uses([wanted]), "\(day)")
        }
    }

    @Test(
        "Whatever a user is called, another one's code is burnt",
        arguments: [
            "al ice", "a\\b", "user=bob", "alice\nroot", "\"", "ä", ";", "x index=5 user=bob", "",
            "\\x61",
        ])
    func names(_ name: String) {
        for bytes in [Array(name.utf8) + [0xff, 0, 0x20], Array(name.utf8)] where !bytes.isEmpty {
            let line = text(loginLine(of: bytes))
            guard case .uses(let uses) = meaning(line) else {
                Issue.record("\(line)")
                continue
            }
            #expect(uses.map(\.user) == [bytes] && uses.map(\.index) == [3])
        }
    }

    @Test("Of a name that was cut off, or of none, the rest is guessed")
    func cutNames() {
        for count in [0, 64, 65, 300] {
            let line = text(loginLine(of: [UInt8](repeating: 0x61, count: count)))
            #expect(meaning(line) == .unclear, "\(count)")
        }
        let longest = [UInt8](repeating: 0x61, count: 63)
        let line = text(loginLine(of: longest))
        #expect(meaning(line) == .uses([use(of: text(longest), 3, before: .max)]))
    }

    @Test("A server's line is not seen, or its realm is not")
    func servers() {
        let wanted = use(of: "alice", 3, realm: "staff", before: morning + 43_215)
        let line = ReplayedLine(
            Array(server.utf8)[...], now: noon)
        #expect(line.meaning == .uses([wanted]) && line.isServers)
        var tried = LogLine(trying: .granted(.backupCode(index: 4, left: 5)))
        tried.add("by", outside: Array("alice@web1".utf8))
        tried.add("user", outside: Array("alice".utf8))
        tried.add("realm", outside: Array("staff".utf8))
        let start = "2026-11-30T08:15:00Z otp1 swiftotp-server[9]: "
        let proof = use(of: "alice", 4, realm: "staff", before: morning + 15)
        #expect(meaning(start + text(tried.bytes)) == .uses([proof]))
        // Where nobody knows whether it was stored, it may have been.
        tried.add("stored", "unknown")
        #expect(meaning(start + text(tried.bytes)) == .uses([proof]))
        // Without an index it may have been any of them.
        let some = start + "code accepted; reason=backup-code by=alice user=alice"
        let all = use(of: "alice", nil, before: morning + 15)
        #expect(meaning(some) == .uses([all]))
    }

    @Test("What ends backup codes is not seen, or ends those that came with it")
    func endings() {
        let start = "2026-11-30T08:15:00Z otp1 swiftotp-server[9]: "
        for kind in Event.Kind.allCases where kind != .moved {
            var line = LogLine(Event(kind, at: 0, detail: Array("phone".utf8), origin: []))
            line.add("by", outside: Array("root@web1".utf8))
            line.add("user", outside: Array("alice".utf8))
            let wanted: ReplayedLine.Meaning =
                switch kind {
                case .codesRenewed: .uses([use(of: "alice", nil, before: morning - 5)])
                case .reset, .disabled: .uses([use(of: "alice", nil, before: morning + 15)])
                // Whose reason is another.
                case .verified: .unclear
                default: .nothing
                }
            #expect(meaning(start + text(line.bytes)) == wanted, "\(kind)")
        }
        let moved = "second factor moved; from=old number=1001 by=root@web1 user=new realm=staff"
        let wanted = ["new", "old"].map {
            use(of: $0, nil, realm: "staff", before: morning + 15)
        }
        #expect(meaning(start + moved) == .uses(wanted))
    }

    @Test(
        "A line that says nothing of backup codes is refused, or counts",
        arguments: [
            "sshd[7]: pam_swiftotp(sshd:auth): login granted; factor=code authenticator=\"my phone\""
                + " step=+0 service=sshd tty=ssh rhost=192.0.2.7 user=alice",
            "sshd[7]: pam_swiftotp(sshd:auth): authentication failure; reason=used-backup-code"
                + " service=sshd tty=ssh rhost= user=backup-code",
            "swiftotp-server[9]: granted; what=enroll how=backup-code host=web1 realm=staff user=al",
            "swiftotp-server[9]: granted; what=login how=code host=web1 realm=staff user=alice",
            "swiftotp-server[9]: refused; what=login how=used-backup-code host=web1 user=alice",
            "swiftotp-server[9]: serving again;", "swiftotp-server[9]: 08:15 info: listening",
            "swiftotpd[8]: code accepted; reason=code by=alice user=alice", "swiftotpd[8]: ",
        ])
    func harmless(_ text: String) {
        #expect(meaning("Nov 30 08:15:00 web1 \(text)") == .nothing)
    }

    @Test(
        "Another program's line is believed",
        arguments: [
            "sshd[7]: Invalid user \(login) from 192.0.2.7 port 22",
            "mallory[9]: granted; what=login how=backup-code index=3 host=web1 user=alice",
            "sudo: alice : COMMAND=/usr/bin/grep backup codes renewed; /var/log/auth.log",
            "kernel: usb 1-1: new device", "",
        ])
    func foreign(_ text: String) {
        #expect(meaning("Nov 30 08:15:00 web1 \(text)") == .foreign)
        #expect(meaning("-- Boot 0123456789abcdef --") == .foreign)
    }

    @Test(
        "A line in a form that is not known passes for one that says nothing",
        arguments: [
            "{\"_HOSTNAME\":\"web1\",\"MESSAGE\":\"\(login)\",\"PRIORITY\":\"6\"}",
            "relay 2026-11-30T08:15:00Z web1 sshd[7]: \(login)",
            "Mon 2026-11-30 08:15:00 UTC web1 sshd[7]: \(login)",
            "Nov 30 08:15:00 relay web1 sshd[7] \(login)",
            "Nov 31 08:15:00 web1 sshd[7]: \(login)", "Nov 30 24:15:00 web1 sshd[7]: \(login)",
            "\(login) Nov 30 08:15:01 web1 kernel: and another line",
            "\(login)\u{0}", "\(login) user=bob", "\(login) index=11",
            "pam_swiftotp(sshd:auth): login granted; factor=backup-code index=10 user=alice",
            "pam_swiftotp(sshd:auth): login granted; factor=backup-code index=3 user=al\\x2",
            "Nov 30 08:15:00 otp1 swiftotp-server[9]: second factor moved; by=root user=alice",
        ])
    func unclear(_ line: String) {
        #expect(meaning(line) == .unclear)
    }

    @Test("A line that was cut off passes for one that says nothing", arguments: [true, false])
    func cut(_ isWhole: Bool) throws {
        let module = "Nov 30 08:15:00 web1 sshd[7]: \(login)"
        for (line, start) in [
            (module, "pam_swiftotp("), (server, ": g"),
            ("Nov 30 08:15:00 otp1 swiftotp-server[9]: second factor reset; user=alice", ": s"),
        ] {
            let beginning = try #require(line.firstRange(of: start)?.upperBound)
            let name = try #require(line.firstRange(of: "user=a")?.upperBound)
            for length in line[..<beginning].count..<line[..<name].count {
                let meaning = meaning(String(line.prefix(length)), isWhole: isWhole)
                #expect(meaning == .unclear, "\(length)")
            }
            // With a part of the name only the line's end says that it was cut.
            #expect((meaning(line, isWhole: isWhole) == .unclear) == !isWhole)
        }
    }
}
