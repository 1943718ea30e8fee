import Testing

@testable import OTPCore

@Suite("What is said at a login", .hereAndInFleet)
struct NoticeLoginTests {
    /// What a login at `now` with the phone's code says.
    private func said(_ host: ScriptedHost, at now: UInt64) throws -> [String] {
        let login = host.login(typing: code(now / 30), at: now)
        #expect(login.result == .granted(.code(authenticator: try name("phone"), offset: 0)))
        return login.said
    }

    private func enrolled() throws -> (host: ScriptedHost, codes: [String]) {
        let host = ScriptedHost()
        let codes = try host.enroll()
        return (host, codes)
    }

    @Test("An ordinary login shows a message")
    func nothing() throws {
        let (host, _) = try enrolled()
        for day in 0..<30 as Range<UInt64> {
            #expect(try said(host, at: noon + day * 86_400).isEmpty)
        }
        #expect(host.session?.record.notices == Notices())
    }

    @Test("Failures are not told at the next login, or twice")
    func failures() throws {
        let (host, _) = try enrolled()
        let tuesday: UInt64 = 1_799_762_520
        for number in 0..<3 as Range<UInt64> {
            let wrong = host.login(typing: wrong(number), at: tuesday + number * 60)
            #expect(wrong.said == ["That code was not accepted."])
        }
        #expect(
            try said(host, at: noon) == [
                "3 failed codes since Tuesday 14:02 UTC, last from 192.0.2.7."
            ])
        #expect(try said(host, at: noon + 60).isEmpty)
        // The next series is counted from zero.
        host.from = ("198.51.100.9", nil)
        _ = host.login(typing: "000000", at: noon + 90)
        host.from = ("192.0.2.7", nil)
        #expect(
            try said(host, at: noon + 120) == [
                "1 failed code since Friday 08:01 UTC, last from 198.51.100.9."
            ])
    }

    @Test("Nothing, a password, or tries during a wait count as failures")
    func noTries() throws {
        let (host, _) = try enrolled()
        for typed in ["", "password", "12345"] { _ = host.login(typing: typed, at: noon) }
        #expect(try said(host, at: noon).isEmpty)
        for number in 0..<9 { _ = host.login(typing: wrong(number), at: noon + 30) }
        #expect(
            try said(host, at: noon + 60) == [
                "5 failed codes since Friday 08:00 UTC, last from 192.0.2.7."
            ])
    }

    @Test("Changes are not told at the next login and the one after")
    func changes() throws {
        for factor in 0..<3 {
            let (host, codes) = try enrolled()
            let temporary = host.session?.withRecord { record in
                record.note(
                    Event(.added, at: noon, detail: ascii("tablet"), origin: ascii("otp-enroll x")))
                return record.issue()
            }
            let typed = [code(noonStep + 2), codes[0], try #require(temporary)][factor]
            let told = host.login(typing: typed, at: noon + 60)
            let sentence =
                "The authenticator \"tablet\" was added on Friday 08:00 UTC (otp-enroll x)."
            #expect(told.said.contains(sentence))
            #expect(told.said.count == (factor == 0 ? 1 : 2))
            #expect(try said(host, at: noon + 90).contains(sentence))
            #expect(try !said(host, at: noon + 120).contains(sentence))
        }
    }

    @Test("A login that nobody reads uses up notices")
    func unheard() throws {
        let (host, codes) = try enrolled()
        host.session?.withRecord {
            $0.note(Event(.reset, at: noon, detail: [], origin: ascii("otp-enroll root")))
        }
        _ = host.login(typing: "000000", at: noon)
        host.isHeard = false
        for number in 1...5 as ClosedRange<UInt64> { _ = try said(host, at: noon + number * 30) }
        let used = host.login(typing: codes[1], at: noon + 180)
        #expect(used.result == .granted(.backupCode(index: 1, left: 9)))
        host.isHeard = true
        let sentences = [
            "1 failed code since Friday 08:00 UTC, last from 192.0.2.7.",
            "Your second factor was reset on Friday 08:00 UTC (otp-enroll root).",
        ]
        #expect(try said(host, at: noon + 210) == sentences)
        #expect(try said(host, at: noon + 240) == [sentences[1]])
        #expect(try said(host, at: noon + 270).isEmpty)
    }

    @Test("A refused or failed login tells or clears notices")
    func refused() throws {
        let (host, _) = try enrolled()
        host.session?.withRecord {
            $0.note(Event(.reset, at: noon, detail: [], origin: ascii("otp-enroll root")))
        }
        for typed in ["000000", code(noonStep + 9)] {
            #expect(host.login(typing: typed, at: noon).said == ["That code was not accepted."])
        }
        #expect(host.session?.record.notices.changes.count == 1)
        host.session?.chargeFails = true
        let trouble = host.login(typing: code(noonStep + 2), at: noon + 60)
        #expect(!trouble.said.contains { $0.contains("reset") })
        host.session?.chargeFails = false
        #expect(try said(host, at: noon + 60).count == 2)
    }

    @Test("Tries by the command use up notices")
    func commandLine() throws {
        let session = try ScriptedSession(record(phone()))
        session.record.note(Event(.reset, at: noon, detail: [], origin: ascii("x")))
        #expect(try login(code(noonStep), on: session, at: noon).reason == "code")
        #expect(session.record.notices.changes.count == 1)
    }

    @Test("The number of backup codes left is not told at each use, and once more at 3, 1 and 0")
    func backupCodes() throws {
        let (host, codes) = try enrolled()
        var now = noon
        for (index, typed) in codes.enumerated() {
            let left = 9 - index
            let sentence =
                switch left {
                case 0: "You have no backup codes left. Run `otp-enroll codes` for new ones."
                case 1: "You have 1 backup code left."
                default: "You have \(left) backup codes left."
                }
            let use = host.login(typing: typed, at: now)
            #expect(use.result == .granted(.backupCode(index: index, left: left)))
            #expect(use.said == [sentence])
            // Every other time, the next login uses a code of the phone.
            if index % 2 == 0 || left <= 3 {
                now += 30
                #expect(try said(host, at: now) == ([3, 1, 0].contains(left) ? [sentence] : []))
                now += 30
                #expect(try said(host, at: now).isEmpty)
            }
            now += 30
        }
        _ = host.session?.withRecord { $0.makeBackupCodes(seed: 9) }
        #expect(try said(host, at: now + 60).isEmpty)
    }

    @Test("A new set of codes does not cancel the reminder")
    func renewed() throws {
        let (host, codes) = try enrolled()
        for (index, typed) in codes.prefix(7).enumerated() {
            _ = host.login(typing: typed, at: noon + UInt64(index))
        }
        #expect(host.session?.record.notices.remindsOfBackupCodes == true)
        _ = host.session?.withRecord { $0.makeBackupCodes(seed: 9) }
        #expect(try said(host, at: noon + 60).isEmpty)
    }
}
