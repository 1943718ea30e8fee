import Testing

@testable import OTPCore

/// An intruder has changed alice's second factor, and logs in with the result.
@Suite("Notices and thieves", .hereAndInFleet)
struct ThiefNoticeTests {
    private let added =
        "The authenticator \"evil\" was added on Friday 08:01 UTC (otp-enroll alice)."
    private let day: UInt64 = 86_400

    /// Alice with a phone and backup codes and, added a minute later, the thief's device.
    private func robbed() throws -> (host: ScriptedHost, codes: [String]) {
        let host = ScriptedHost()
        let codes = try host.enroll()
        var evil = try phone("evil")
        evil.added = noon + 60
        let session = try #require(host.session)
        let key = exampleKey(of: 1)
        try session.record.add(evil, key: key.span)
        note(.added, "evil", in: &session.record)
        return (host, codes)
    }

    private func note(_ kind: Event.Kind, _ detail: String = "", in record: inout Record) {
        record.note(
            Event(kind, at: noon + 60, detail: ascii(detail), origin: ascii("otp-enroll alice")))
    }

    /// What a login with the phone, or with the thief's device, says.
    private func said(_ host: ScriptedHost, at now: UInt64, by thief: Bool = false) -> [String] {
        let login = host.login(typing: code(now / 30, of: thief ? 1 : 0), at: now)
        if case .granted = login.result {} else { Issue.record("\(login.result)") }
        return login.said
    }

    @Test("A login with the device just added uses up the owner's notices")
    func device() throws {
        let (host, _) = try robbed()
        _ = host.login(typing: "000000", at: noon + 30)
        for hour in 1...50 as ClosedRange<UInt64> {
            #expect(said(host, at: noon + hour * 3600, by: true).isEmpty)
        }
        let failed = "1 failed code since Friday 08:00 UTC, last from 192.0.2.7."
        #expect(said(host, at: noon + 3 * day) == [failed, added])
        #expect(said(host, at: noon + 3 * day + 30, by: true).isEmpty)
        #expect(said(host, at: noon + 4 * day) == [added])
        #expect(said(host, at: noon + 5 * day).isEmpty)
    }

    @Test("A change is told only once, or not at every login of its first day")
    func firstDay() throws {
        let (host, codes) = try robbed()
        for hour in 1...23 as ClosedRange<UInt64> {
            #expect(said(host, at: noon + hour * 3600) == [added])
        }
        let byBackup = host.login(typing: codes[3], at: noon + day)
        #expect(byBackup.said == [added, "You have 9 backup codes left."])
        #expect(said(host, at: noon + day + 60).isEmpty)
    }

    @Test("A key trusted by the thief's device, or one that a thief has, uses up the notices")
    func trustedKey() throws {
        let methods = try SSHRow.methods()
        let key = try #require(SSHMethods(ascii(methods)).key)
        for by in [1, 0] {
            let (host, _) = try robbed()
            let session = try #require(host.session)
            note(.keyTrusted, "evil key", in: &session.record)
            let isTrusted = session.record.trust(
                key.fingerprint, named: try name("evil key"), at: noon + 60, days: 30, most: 8,
                from: [], by: by)
            #expect(isTrusted)
            host.methods = methods
            for hour in 1...30 as ClosedRange<UInt64> {
                #expect(host.trustingLogin(at: noon + hour * 3600).isTrusted)
            }
            #expect(!host.journal.entries.contains { $0.hasPrefix("say ") })
            host.methods = nil
            #expect(said(host, at: noon + 3 * day).count == 2)
        }
    }

    @Test("New backup codes in a thief's hands use up the notices")
    func backupCodes() throws {
        let (host, _) = try robbed()
        let session = try #require(host.session)
        note(.codesRenewed, in: &session.record)
        let codes = session.record.makeBackupCodes(seed: 5)
        session.record.backupCodesMade = noon + 60
        for (number, typed) in codes.prefix(4).enumerated() {
            let login = host.login(typing: typed, at: noon + 3600 + UInt64(number))
            #expect(login.said.count == 1 && login.said[0].hasPrefix("You have "))
        }
        let told = said(host, at: noon + 3 * day).filter { $0.hasSuffix("(otp-enroll alice).") }
        #expect(told.count == 2)
    }

    @Test("If nothing older is left, changes are told for ever, or only once")
    func nothingOlder() throws {
        let (host, _) = try robbed()
        let session = try #require(host.session)
        session.record.backupCodes = BackupSet()
        try session.record.remove(name("phone"))
        #expect(said(host, at: noon + 3600, by: true) == [added])
        #expect(said(host, at: noon + 3630, by: true) == [added])
        #expect(said(host, at: noon + 3660, by: true).isEmpty)
    }

    @Test("`status` forgets a change that was told, or one before many failures")
    func status() throws {
        let (host, _) = try robbed()
        for number in 0..<9 {
            _ = host.login(typing: wrong(number), at: noon + 70 + UInt64(number) * 900)
        }
        for later in [3, 4, 5] { _ = said(host, at: noon + UInt64(later) * day) }
        let happened = host.session?.record.happened ?? []
        #expect(happened.count { $0.kind == .added && text($0.detail) == "evil" } == 1)
        #expect(happened.count == EventLog.capacity + 1)
    }

    @Test("Several changes in a row push out earlier ones")
    func manyChanges() throws {
        let (host, _) = try robbed()
        let session = try #require(host.session)
        for _ in 0..<20 { note(.codesRenewed, in: &session.record) }
        let told = said(host, at: noon + 3600)
        #expect(told.contains(added) && told.count == Notices.capacity)
    }
}
