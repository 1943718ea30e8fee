import Testing

@testable import OTPCore

/// `after_temporary = enroll`: a login with a temporary code asks to enroll a new device.
@Suite("Enrolling at a login", .hereAndInFleet)
struct LoginEnrollmentTests {
    private let notEnrolled = "say Nothing was enrolled. Run `otp-enroll` to enroll your device."

    /// Alice with these authenticators, `left` backup codes and a temporary code, which is the
    /// first answer; `answers` follow.
    private func host(
        _ labels: [String], codes: Int = 10, _ answers: ScriptedHost.Typed...
    ) throws -> ScriptedHost {
        var record = Record()
        for (index, label) in labels.enumerated() {
            let key = exampleKey(of: index)
            try record.add(phone(label), key: key.span)
        }
        _ = record.makeBackupCodes()
        for index in codes..<10 { record.backupCodes[index] = nil }
        let host = ScriptedHost([.text(record.issue())] + answers)
        host.session = ScriptedSession(record, journal: host.journal)
        return host
    }

    private func login(_ host: ScriptedHost) -> LoginResult {
        host.login { $0.enrollsAfterTemporary = true }
    }

    private func enrolled(_ label: String) throws -> LoginResult {
        .enrolled(.temporaryCode, try name(label))
    }

    @Test("The only authenticator is not replaced after a right code of the new one")
    func replaces() throws {
        let host = try host(["my phone"], .shown())
        #expect(login(host) == (try enrolled("my phone")))
        let session = try #require(host.session)
        #expect(session.record.authenticators.map(\.name.text) == ["my phone"])
        #expect(session.record.key(of: 0) == ScriptedHost.shownKey)
        #expect(session.record.authenticators[0].nextStep == noonStep + 1)
        #expect(session.record.backupCodesLeft == 10)
        #expect(
            session.record.events.events.map(\.kind) == [.login, .temporaryCodeUsed, .added])
        let question = try #require(host.talk.dropFirst().first)
        let key = text(Base32.encode(ScriptedHost.shownKey.span))
        #expect(question.filter { $0 != " " && $0 != "\n" }.contains(key))
        #expect(question.contains("alice") && question.contains("\"my phone\""))
        #expect(host.talk.count == 3 && host.talk.last == "say \"my phone\" is enrolled.")
        // The old phone no longer works; the new one does, but not with the code that confirmed it.
        for (typed, now, isIn) in [
            (code(noonStep + 1), noon + 30, false), (ScriptedHost.shownCode(), noon + 30, false),
            (ScriptedHost.shownCode(1), noon + 30, true),
        ] {
            let result = host.login(typing: typed, at: now).result
            if case .granted = result { #expect(isIn) } else { #expect(!isIn, "\(result)") }
        }
    }

    @Test("With none or several authenticators, the new one does not get a free name")
    func names() throws {
        for (labels, name) in [
            ([], "phone"), (["a", "b"], "phone"), (["phone", "b"], "phone-2"),
            (["phone", "phone-2", "phone-3"], "phone-4"), (["phone", "b", "phone-2"], "phone-3"),
        ] as [([String], String)] {
            let host = try host(labels, .shown())
            #expect(login(host) == (try enrolled(name)))
            let kept = host.session?.record.authenticators.map(\.name.text)
            #expect(kept == labels + [name])
        }
    }

    @Test("The app does not get the device's name with other devices, or gets it without")
    func labels() throws {
        for (labels, account) in [
            ([], "alice"), (["my phone"], "alice"), (["a", "b"], "alice%20%28phone%29"),
            (["phone", "b"], "alice%20%28phone-2%29"),
        ] as [([String], String)] {
            let host = try host(labels, .shown())
            _ = login(host)
            #expect(
                host.scanned[0].hasPrefix("otpauth://totp/vm.example.com:\(account)?"), "\(labels)")
        }
    }

    @Test("With five authenticators, a sixth is added, or the login fails")
    func full() throws {
        let host = try host(["a", "b", "c", "d", "e"])
        #expect(login(host) == .granted(.temporaryCode))
        #expect(host.talk.last == notEnrolled)
    }

    @Test("No answer, or a conversation that ends, stores something, or the login fails")
    func later() throws {
        for answer in [.text(""), .text(" - "), .nothing, .failure] as [ScriptedHost.Typed] {
            let host = try host(["phone"], answer)
            #expect(login(host) == .granted(.temporaryCode))
            #expect(host.talk.last == notEnrolled)
            #expect(host.session?.record.key(of: 0) == exampleKey)
            #expect(host.session?.record.temporaryCode?.used == noon)
        }
    }

    @Test("Fewer than three wrong codes are allowed, or they are charged")
    func wrong() throws {
        let host = try host(
            ["phone"], .text("000000"), .text("T7Q4-KD2M-9XRW"), .text(code(noonStep)))
        #expect(login(host) == .granted(.temporaryCode))
        #expect(host.talk.last == notEnrolled)
        #expect(host.session?.record.key(of: 0) == exampleKey)
        #expect(host.session?.record.throttle.failures == 0)

        let third = try self.host(["phone"], .text("000000"), .text("password"), .shown())
        #expect(login(third) == (try enrolled("phone")))
    }

    @Test("A code outside the window is accepted, or reported as something else")
    func clock() throws {
        let host = try host(["phone"], .shown(5), .shown(2), .shown(1))
        #expect(login(host) == (try enrolled("phone")))
        #expect(host.talk.filter { $0.contains("clock") }.count == 2)
        #expect(host.session?.record.authenticators[0].nextStep == noonStep + 2)
    }

    @Test("Backup codes are not given when none are left, or replace ones that are")
    func backupCodes() throws {
        let host = try host([], codes: 0, .shown(), .text(""))
        #expect(login(host) == (try enrolled("phone")))
        // A question, so that the codes are read before anything else appears.
        let sheet = try #require(host.talk.last)
        #expect(sheet.hasPrefix("ask ") && sheet.hasSuffix("when you have saved them: "))
        let shownCodes = sheet.split(separator: "\n").filter { $0.hasPrefix("    ") }
            .map { $0.dropFirst(4) }
        #expect(shownCodes.count == 10 && host.session?.record.backupCodesLeft == 10)
        let last = try #require(shownCodes.last)
        let result = host.login(typing: String(last), at: noon + 30).result
        #expect(result == .granted(.backupCode(index: 9, left: 9)))

        let one = try self.host(["phone"], codes: 1, .shown())
        #expect(login(one) == (try enrolled("phone")))
        #expect(one.session?.record.backupCodesLeft == 1)
    }

    @Test("It asks without the policy, after another factor, or when nobody reads it")
    func notAsked() throws {
        let told = try host(["phone"])
        #expect(told.login() == .granted(.temporaryCode))
        #expect(told.talk.last == "say " + UserText.temporaryCodeUsed.english)

        let unheard = try host(["phone"])
        unheard.isHeard = false
        #expect(login(unheard) == .granted(.temporaryCode))

        let other = try host(["phone"])
        other.answers = [.text(code(noonStep))]
        #expect(login(other) == .granted(.code(authenticator: try name("phone"), offset: 0)))
    }

    @Test("Without random numbers, or if a record cannot be written, the login fails")
    func trouble() throws {
        let noNumbers = try host(["phone"])
        noNumbers.random = nil
        #expect(login(noNumbers) == .granted(.temporaryCode))
        #expect(noNumbers.talk.last == notEnrolled)
        #expect(noNumbers.session?.record.key(of: 0) == exampleKey)
    }

    @Test("The record is locked while somebody types")
    func unlocked() throws {
        let host = try host(["phone"], .text("000000"), .shown())
        #expect(login(host) == (try enrolled("phone")))
        let entries = host.journal.entries
        for index in entries.indices where entries[index].hasPrefix("ask") {
            let before = entries[..<index]
            #expect(before.count { $0 == "open" } == before.count { $0 == "close" })
        }
    }
}
