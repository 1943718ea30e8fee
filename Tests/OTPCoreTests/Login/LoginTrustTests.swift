import Testing

@testable import OTPCore

/// Trusted keys combined with the other ways in and out of a login.
@Suite("Trusted keys among the other rules", .hereAndInFleet)
struct LoginTrustTests {
    /// Alice, enrolled, with a key that she trusted at noon.
    private func trusting() throws -> ScriptedHost {
        let host = ScriptedHost()
        try host.enroll()
        host.methods = try SSHRow.methods()
        #expect(host.trustingLogin(code(noonStep), "y laptop").isTrusting)
        return host
    }

    @Test("Notices are not told twice, or lost with PAM_SILENT")
    func notices() throws {
        let host = try trusting()
        host.session?.withRecord {
            $0.note(Event(.added, at: noon, detail: ascii("tablet"), origin: ascii("root")))
        }
        host.isHeard = false
        #expect(host.trustingLogin().isTrusted)
        host.isHeard = true
        let before = host.talk.count
        #expect(host.trustingLogin().isTrusted)
        let told = host.talk.dropFirst(before)
        #expect(told.contains { $0.hasPrefix("say The authenticator \"tablet\" was added on ") })
        #expect(host.trustingLogin().isTrusted)
        let after = host.talk.count
        #expect(host.trustingLogin().isTrusted)
        #expect(host.talk.count == after)
    }

    @Test("A trusted key charges or forgives a failure")
    func throttle() throws {
        let host = try trusting()
        host.session?.withRecord {
            for _ in 0..<7 { $0.throttle.charge(at: noon, from: source("192.0.2.66")) }
        }
        let before = try #require(host.session).record.throttle
        #expect(host.trustingLogin().isTrusted)
        let after = try #require(host.session).record.throttle
        #expect(after.shared == before.shared && after.failures == before.failures)
    }

    @Test("Exempt users are asked, or their trusted key is used")
    func exempt() throws {
        let host = try trusting()
        host.groups["wheel"] = [1000]
        let opened = host.journal.entries.count { $0 == "open" }
        let result = host.trustingLogin { $0.exemptGroup = ascii("wheel") }
        #expect(result == .ignored(.exempt))
        #expect(host.journal.entries.count { $0 == "open" } == opened)
    }

    @Test("nullok or enroll change a login with a trusted key")
    func beside() throws {
        let host = try trusting()
        for enroll in [.off, .offer, .require] as [Options.Enroll] {
            let result = host.trustingLogin {
                $0.nullok = true
                $0.enroll = enroll
            }
            #expect(result.isTrusted)
        }
    }

    @Test("After a reset the user is not enrolled by QR code, or the key is offered with it")
    func reset() throws {
        let host = try trusting()
        host.session?.withRecord { $0.removeAll() }
        let shown = ScriptedHost.shownCode()
        let result = host.trustingLogin(shown, "") { $0.enroll = .require }
        #expect(result == .enrolled(nil, try name("phone")))
        #expect(host.session?.record.trusted.isEmpty == true)
        host.time = noon + 30
        #expect(host.trustingLogin(ScriptedHost.shownCode(1), "y").isTrusting)
    }

    @Test("A key counts at another service, or if a password was needed as well")
    func services() throws {
        let host = try trusting()
        host.methods = try SSHRow.methods() + "password\n"
        #expect(host.trustingLogin().isTrusted)
        host.methods = nil
        for (number, service) in ["sudo", "su", "login"].enumerated() {
            host.service = service
            #expect(host.trustingLogin(wrong(number)) == .refused(.wrong))
        }
    }

    @Test("Other users with the same key are not asked")
    func others() throws {
        let host = try trusting()
        #expect(host.trustingLogin("000000") { $0.trust = .off } == .refused(.wrong))
        #expect(host.trustingLogin().isTrusted)
        host.answers = [.text("000000")]
        let result = host.login("mallory") { $0.trust = .key }
        #expect(result == .refused(.unknownUser))
    }

    @Test("Trust is offered after another factor, or to a user who is refused")
    func notOffered() throws {
        let host = ScriptedHost()
        let codes = try host.enroll()
        host.methods = try SSHRow.methods()
        #expect(host.trustingLogin(codes[0]) == .granted(.backupCode(index: 0, left: 9)))
        #expect(host.trustingLogin("000000") == .refused(.wrong))
        let issued = try #require(host.session?.withRecord { $0.issue() })
        #expect(host.trustingLogin(issued) == .granted(.temporaryCode))
        host.methods = try SSHRow.methods() + SSHRow.methods(1)
        let right = host.trustingLogin(code(noonStep))
        #expect(right == .granted(.code(authenticator: try name("phone"), offset: 0)))
    }

    @Test(
        "A login by a trusted key does not record the address, or an event with the key's name",
        .hereOnly)
    func noted() throws {
        let host = try trusting()
        host.from.address = "2001:db8::7"
        host.time = noon + 500
        #expect(host.trustingLogin().isTrusted)
        let session = try #require(host.session)
        #expect(text(session.record.trusted[0].address) == "2001:db8::7")
        #expect(session.record.trusted[0].lastUsed == noon + 500)
        let last = try #require(session.record.events.events.last)
        #expect(last.kind == .login && text(last.detail) == "trusted key laptop")
        #expect(text(last.origin) == "sshd 2001:db8::7")
    }
}
