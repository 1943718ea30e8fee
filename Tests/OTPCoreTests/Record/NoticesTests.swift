import Testing

@testable import OTPCore

@Suite("Notices to users")
struct NoticesTests {
    /// Tuesday 14:02 UTC, three days before `noon`.
    private let tuesday: UInt64 = 1_799_762_520

    private func sentences(_ notices: Notices, at now: UInt64 = noon, left: Int = 5) -> [String] {
        notices.sentences(
            to: Notices.Listener(since: 0, oldest: 0), at: now, backupCodesLeft: left
        ).map(\.english)
    }

    private func failures(_ count: Int, from origin: String) -> Notices {
        var notices = Notices()
        for number in 0..<UInt64(count) {
            notices.failed(at: tuesday + 7 * number, from: ascii(origin))
        }
        return notices
    }

    @Test(
        "A change is not told in one sentence with what, when and from where",
        arguments: [
            (.added, "The authenticator \"new phone\" was added"),
            (.removed, "The authenticator \"new phone\" was removed"),
            (.codesRenewed, "New backup codes were made"),
            (.unlocked, "An unlock was scheduled"),
            (.reset, "Your second factor was reset"),
            (.disabled, "Your second factor was switched off"),
            (.temporaryCodeIssued, "A temporary code was issued"),
            (.temporaryCodeUsed, "A temporary code was used"),
            (.temporaryCodeRevoked, "A temporary code was revoked"),
            (.resynchronized, "The authenticator \"new phone\" was resynchronized"),
            (.imported, "The authenticator \"new phone\" was imported"),
            (.exported, "Your key was exported"),
            (.keyTrusted, "The SSH key \"new phone\" was trusted to skip the code"),
            (.trustRevoked, "The SSH key \"new phone\" lost its trust"),
            (.moved, "Your second factor was moved here from new phone"),
        ] as [(Event.Kind, String)])
    func changes(_ kind: Event.Kind, _ what: String) {
        #expect(kind.isTold)
        var record = Record()
        record.note(
            Event(kind, at: tuesday, detail: ascii("new phone"), origin: ascii("otp-enroll root")))
        #expect(
            sentences(record.notices) == ["\(what) on Tuesday 14:02 UTC (otp-enroll root)."])
    }

    @Test(
        "A restore is not told, or with what did not end, or without what to do about what did",
        arguments: [
            ("", [], []), ("2026-11-30", [], []),
            (
                "", [.backupCodes],
                [
                    "Backup codes from before do not count any more:"
                        + " `otp-enroll codes` makes new ones."
                ]
            ),
            // The longest that there is.
            (
                "2026-11-30", [.backupCodes, .temporaryCode, .counter],
                [
                    "Backup codes from before do not count any more:"
                        + " `otp-enroll codes` makes new ones.",
                    "The temporary code from before does not count any more.",
                    "A token that counts is refused until `otp-enroll resync` has found its"
                        + " counter.",
                ]
            ),
        ] as [(String, [Event.Ended], [String])])
    func restored(_ day: String, _ ended: [Event.Ended], _ advice: [String]) {
        #expect(Event.Kind.restored.isTold)
        var record = Record()
        record.note(
            Event(.restored, at: tuesday, detail: ascii(day), origin: ascii("otp-enroll root"))
                .ending(ended))
        let stored = record.encoded
        guard let read = Record(decoding: stored.span) else {
            Issue.record("not read")
            return
        }
        let copy = day.isEmpty ? "an earlier copy" : "a backup of \(day)"
        let first =
            "Your second factor was restored from \(copy) on Tuesday 14:02 UTC (otp-enroll root)."
        #expect(sentences(read.notices) == [first] + advice)
    }

    @Test("An immediate unlock is told as one for later")
    func unlocked() {
        var record = Record()
        record.note(Event(.unlocked, at: tuesday, detail: [], origin: ascii("otp-enroll root")))
        let said = "Your failed codes were cleared on Tuesday 14:02 UTC (otp-enroll root)."
        #expect(sentences(record.notices) == [said])
    }

    @Test("The end of the trust in all keys is told with a name")
    func allTrust() {
        var record = Record()
        record.note(Event(.trustRevoked, at: tuesday, detail: [], origin: ascii("sshd 192.0.2.7")))
        let said = "All SSH keys lost their trust on Tuesday 14:02 UTC (sshd 192.0.2.7)."
        #expect(sentences(record.notices) == [said])
    }

    @Test("Logins, failures and tested codes are told as changes")
    func noChanges() {
        var record = Record()
        for kind in [.login, .failure, .verified, .codeSent] as [Event.Kind] {
            #expect(!kind.isTold)
            record.note(Event(kind, at: tuesday, detail: [], origin: []))
        }
        #expect(record.notices.isEmpty && record.events.count == 4)
        let told = (0...255).compactMap { Event.Kind(rawValue: $0) }.filter(\.isTold)
        #expect(told.count == 18)
    }

    @Test(
        "Failures are not told with their number, the first time and the last place",
        arguments: [
            (1, "sshd 192.0.2.7", "1 failed code since Tuesday 14:02 UTC, last from 192.0.2.7."),
            (3, "sshd 192.0.2.7", "3 failed codes since Tuesday 14:02 UTC, last from 192.0.2.7."),
            (
                2, "sshd 2001:db8::7",
                "2 failed codes since Tuesday 14:02 UTC, last from 2001:db8::7."
            ),
            (2, "sudo", "2 failed codes since Tuesday 14:02 UTC, last from sudo."),
            (2, "", "2 failed codes since Tuesday 14:02 UTC, last from this machine."),
            (
                2, "otp-enroll alice",
                "2 failed codes since Tuesday 14:02 UTC, last from otp-enroll alice."
            ),
        ] as [(Int, String, String)])
    func failed(_ count: Int, _ origin: String, _ sentence: String) {
        #expect(sentences(failures(count, from: origin)) == [sentence])
    }

    @Test("Several places are not told by the last, or in more than 46 bytes or with control bytes")
    func places() {
        var notices = failures(2, from: "sshd 192.0.2.7")
        notices.failed(at: noon, from: ascii("sshd 198.51.100.9"))
        #expect(
            sentences(notices) == [
                "3 failed codes since Tuesday 14:02 UTC, last from 198.51.100.9."
            ])
        notices.failed(
            at: noon, from: ascii("sshd a\u{1b}[31m\n" + String(repeating: "x", count: 99)))
        let last = "a?[31m?" + String(repeating: "x", count: 34)
        #expect(
            sentences(notices) == ["4 failed codes since Tuesday 14:02 UTC, last from \(last)."])
    }

    @Test("Not the last six changes are kept")
    func oldest() {
        var record = Record()
        for number in 0..<9 {
            record.note(
                Event(.added, at: tuesday, detail: ascii("p\(number)"), origin: ascii("x")))
        }
        let kept = record.notices.changes.map { text($0.detail) }
        #expect(kept == ["p3", "p4", "p5", "p6", "p7", "p8"])
        #expect(sentences(record.notices).count == 6)
    }

    @Test("Ten thousand failures push out a change")
    func flood() throws {
        let session = try ScriptedSession(record(phone()))
        session.record.note(
            Event(.added, at: tuesday, detail: ascii("evil"), origin: ascii("otp-enroll alice")))
        for number in 0..<10_000 as Range<UInt64> {
            #expect(try login(wrong(number), on: session, at: tuesday + number) == .refused(.wrong))
            session.record.throttle.unlock()
        }
        #expect(session.record.events.events.allSatisfy { $0.kind == .failure })
        #expect(
            sentences(session.record.notices) == [
                "10000 failed codes since Tuesday 14:02 UTC, last from 192.0.2.7.",
                "The authenticator \"evil\" was added on Tuesday 14:02 UTC (otp-enroll alice).",
            ])
    }

    @Test("The number of failures overflows")
    func countless() {
        var notices = failures(1, from: "sudo")
        notices.failures.count = .max - 1
        notices.failed(at: noon, from: [])
        notices.failed(at: noon, from: [])
        #expect(notices.failures.count == .max)
        #expect(notices.failures.since == tuesday)
    }

    @Test("Failures, changes and backup codes are told in another order, or old ones undated")
    func order() {
        var record = Record()
        record.note(Event(.reset, at: tuesday, detail: [], origin: ascii("otp-enroll root")))
        record.note(Event(.codesRenewed, at: noon, detail: [], origin: ascii("otp-enroll root")))
        record.notices.failed(at: tuesday, from: ascii("sshd 192.0.2.7"))
        record.notices.remindsOfBackupCodes = true
        #expect(
            sentences(record.notices, at: noon + 30 * 86_400, left: 3) == [
                "1 failed code since 2027-01-12 14:02 UTC, last from 192.0.2.7.",
                "Your second factor was reset on 2027-01-12 14:02 UTC (otp-enroll root).",
                "New backup codes were made on 2027-01-15 08:00 UTC (otp-enroll root).",
                "You have 3 backup codes left.",
            ])
    }

    @Test("Ending everything that logs in loses events or notices")
    func removeAll() throws {
        var record = try record(phone())
        _ = record.makeBackupCodes()
        _ = record.issue()
        record.note(Event(.added, at: tuesday, detail: ascii("p"), origin: ascii("x")))
        record.notices.failed(at: tuesday, from: ascii("sshd 192.0.2.7"))
        record.notices.remindsOfBackupCodes = true
        let (events, changes) = (record.events, record.notices.changes)
        record.removeAll()
        #expect(record.isEnrolled == false && record.key(of: 0).isEmpty)
        #expect(record.temporaryCode == nil && record.backupCodesMade == 0)
        #expect(record.events == events && record.notices.changes == changes)
        #expect(record.notices.failures.count == 1 && !record.notices.remindsOfBackupCodes)
    }
}
