import TestSupport
import Testing

@testable import OTPCore

/// Trusted keys beside the other ways in and out of a login.
@Suite("Trusted keys among the other rules")
struct LoginTrustTests {
    /// What sshd writes of one of two keys.
    private func line(_ index: Int = 0) throws -> String {
        let rows = try SSHRow.all().filter { !$0.kind.isEmpty }
        return try #require(rows.dropFirst(index).first).line + "\n"
    }

    /// Alice, enrolled, with a key that she trusted at noon.
    private func trusting() throws -> ScriptedHost {
        let host = ScriptedHost()
        try host.enroll()
        host.methods = try line()
        #expect(isTrusting(login(host, code(noonStep), "y laptop")))
        return host
    }

    private func login(
        _ host: ScriptedHost, _ answers: String..., change: (inout Options) -> Void = { _ in }
    ) -> LoginResult {
        host.answers = answers.map { .text($0) }
        return host.login {
            $0.trustsKeys = true
            change(&$0)
        }
    }

    private func isTrusting(_ result: LoginResult) -> Bool {
        if case .trusting = result { true } else { false }
    }

    private func isTrusted(_ result: LoginResult) -> Bool {
        if case .trusted = result { true } else { false }
    }

    @Test("It is told what is to be told, twice, and with PAM_SILENT it waits")
    func notices() throws {
        let host = try trusting()
        host.session?.withRecord {
            $0.note(Event(.added, at: noon, detail: ascii("tablet"), origin: ascii("root")))
        }
        host.isHeard = false
        #expect(isTrusted(login(host)))
        host.isHeard = true
        let before = host.talk.count
        #expect(isTrusted(login(host)))
        let told = host.talk.dropFirst(before)
        #expect(told.contains { $0.hasPrefix("say The authenticator \"tablet\" was added on ") })
        #expect(isTrusted(login(host)))
        let after = host.talk.count
        #expect(isTrusted(login(host)))
        #expect(host.talk.count == after)
    }

    @Test("It neither charges nor forgives a failure of anybody")
    func throttle() throws {
        let host = try trusting()
        host.session?.withRecord {
            for _ in 0..<7 { $0.throttle.charge(at: noon, from: source("192.0.2.66")) }
        }
        let before = try #require(host.session).record.throttle
        #expect(isTrusted(login(host)))
        let after = try #require(host.session).record.throttle
        #expect(after.shared == before.shared && after.failures == before.failures)
    }

    @Test("The exempt are not asked before it, and it is not looked at")
    func exempt() throws {
        let host = try trusting()
        host.groups["wheel"] = [1000]
        let opened = host.journal.entries.count { $0 == "open" }
        let result = login(host) { $0.exemptGroup = ascii("wheel") }
        #expect(result == .ignored(.exempt))
        #expect(host.journal.entries.count { $0 == "open" } == opened)
    }

    @Test("nullok and enroll change nothing for who has it")
    func beside() throws {
        let host = try trusting()
        for enroll in [.off, .offer, .require] as [Options.Enroll] {
            let result = login(host) {
                $0.nullok = true
                $0.enroll = enroll
            }
            #expect(isTrusted(result))
        }
    }

    @Test("After a reset its user enrolls, by the picture, and the key is not offered with it")
    func reset() throws {
        let host = try trusting()
        host.session?.withRecord { $0.removeAll() }
        var numbers = Seeded(2027)
        let key = numbers.bytes(20)
        let value = HOTP.code(key: key.span, factor: noonStep, algorithm: .sha1, digits: 6)
        let result = login(host, HOTP.text(value, digits: 6), "") { $0.enroll = .require }
        #expect(result == .enrolled(nil, try name("phone")))
        #expect(host.session?.record.trusted.isEmpty == true)
        host.time = noon + 30
        let next = HOTP.code(key: key.span, factor: noonStep + 1, algorithm: .sha1, digits: 6)
        #expect(isTrusting(login(host, HOTP.text(next, digits: 6), "y")))
    }

    @Test("A key that proved the user at another service, or with a password as well")
    func services() throws {
        let host = try trusting()
        host.methods = try line() + "password\n"
        #expect(isTrusted(login(host)))
        host.methods = nil
        for (number, service) in ["sudo", "su", "login"].enumerated() {
            host.service = service
            #expect(login(host, wrong(number)) == .refused(.wrong))
        }
    }

    @Test("Other users with the same key are asked: the trust lies in one record")
    func others() throws {
        let host = try trusting()
        #expect(login(host, "000000") { $0.trustsKeys = false } == .refused(.wrong))
        #expect(isTrusted(login(host)))
        host.answers = [.text("000000")]
        let result = host.login("mallory") { $0.trustsKeys = true }
        #expect(result == .refused(.unknownUser))
    }

    @Test("The question is not asked after another factor, nor of who is refused")
    func notOffered() throws {
        let host = ScriptedHost()
        let codes = try host.enroll()
        host.methods = try line()
        #expect(login(host, codes[0]) == .granted(.backupCode(index: 0, left: 9)))
        #expect(login(host, "000000") == .refused(.wrong))
        let issued = try #require(host.session?.withRecord { $0.issue() })
        #expect(login(host, issued) == .granted(.temporaryCode))
        host.methods = try line() + line(1)
        let right = login(host, code(noonStep))
        #expect(right == .granted(.code(authenticator: try name("phone"), offset: 0)))
    }

    @Test("A trusted login notes where from, as it is, and an event with the key's name")
    func noted() throws {
        let host = try trusting()
        host.from.address = "2001:db8::7"
        host.time = noon + 500
        #expect(isTrusted(login(host)))
        let session = try #require(host.session)
        #expect(text(session.record.trusted[0].address) == "2001:db8::7")
        #expect(session.record.trusted[0].lastUsed == noon + 500)
        let last = try #require(session.record.events.events.last)
        #expect(last.kind == .login && text(last.detail) == "trusted key laptop")
        #expect(text(last.origin) == "sshd 2001:db8::7")
    }
}
