import Testing

@testable import OTPCore

/// Logins without a code, with an SSH key that was trusted at an earlier login.
@Suite("Logging in with a trusted key", .hereAndInFleet)
struct TrustLoginTests {
    private let day: UInt64 = 86_400

    /// Alice, enrolled, logging in with an SSH key.
    private func host() throws -> (host: ScriptedHost, codes: [String]) {
        let host = ScriptedHost()
        let codes = try host.enroll()
        host.methods = try SSHRow.methods()
        return (host, codes)
    }

    private var factor: Outcome.Factor {
        get throws { .code(authenticator: try name("phone"), offset: 0) }
    }

    /// The same host after a login at noon at which its key was trusted.
    private func trusting(
        _ label: String = "laptop"
    ) throws -> (host: ScriptedHost, codes: [String]) {
        let (host, codes) = try host()
        let result = host.trustingLogin(at: noon, code(noonStep), "y \(label)")
        #expect(result == .trusting(try factor, try name(label)))
        return (host, codes)
    }

    @Test(
        "After a right code trust is not offered, or after a yes the next login asks for a code",
        .hereOnly)
    func story() throws {
        let (host, _) = try trusting()
        let question = try #require(host.talk.dropFirst().first)
        let fingerprint = try #require(host.session?.record.trusted.first).fingerprint
        #expect(question.contains(SSHKey.text(of: fingerprint)) && question.contains("30 days"))
        #expect(host.talk.suffix(2).first?.contains("until 2027-02-14") == true)
        let before = host.journal.entries.count
        let trusted = LoginResult.trusted(try name("laptop"), fingerprint: fingerprint)
        host.from.address = "203.0.113.9"
        #expect(host.trustingLogin(at: noon + 60) == trusted)
        #expect(
            host.journal.entries.dropFirst(before) == [
                "store", "open", "commit", "close",
                "say The SSH key \"laptop\" was trusted to skip the code on Friday 08:00 UTC "
                    + "(sshd 192.0.2.7).",
            ])
        #expect(host.trustingLogin(at: noon + 90) == trusted)
        let said = host.journal.entries.count
        #expect(host.trustingLogin(at: noon + 30 * day - 1) == trusted)
        #expect(!host.journal.entries.dropFirst(said).contains { $0.hasPrefix("say") })
        let record = try #require(host.session).record.events.events
        #expect(record.map(\.kind) == [.login, .keyTrusted, .login, .login, .login])
        #expect(record.map { text($0.detail) }[2] == "trusted key laptop")
        #expect(text(host.session?.record.trusted[0].address ?? []) == "203.0.113.9")
        let end = noon + 30 * day
        let asked = host.trustingLogin(at: end, code(end / 30), "n")
        #expect(asked == .granted(try factor))
    }

    @Test("A no, nothing, or a conversation that ends trusts the key, or fails the login")
    func no() throws {
        for answer in [.text("n"), .text(""), .text("laptop"), .nothing, .failure]
            as [ScriptedHost.Typed]
        {
            let (host, _) = try host()
            host.answers = [.text(code(noonStep)), answer]
            #expect(host.login { $0.trust = .key } == .granted(try factor))
            #expect(host.session?.record.trusted.isEmpty == true)
        }
    }

    @Test("Another key, no key, two keys, or one that cannot be read is not asked for a code")
    func otherKeys() throws {
        let (host, _) = try trusting()
        let first = try SSHRow.methods()
        for (step, methods) in [
            try SSHRow.methods(1), nil, first + (try SSHRow.methods(1)),
            "publickey ssh-ed25519 AAAA\n",
            "password\n", "keyboard-interactive/pam\n",
        ].enumerated() {
            host.methods = methods
            let now = noon + 60 + 30 * UInt64(step)
            host.time = now
            host.answers = [.text(code(now / 30))] + (step == 0 ? [.text("n")] : [])
            #expect(host.login { $0.trust = .key } == .granted(try factor), "\(step)")
        }
        host.methods = first
        #expect(host.trustingLogin(at: noon + 600).isTrusted)
    }

    @Test("A key is trusted without trust = key, or for another user")
    func off() throws {
        let (host, _) = try trusting()
        let result = host.trustingLogin(at: noon + 60, code(noonStep + 2)) { $0.trust = .off }
        #expect(result == .granted(try factor))
        host.answers = [.text(code(noonStep + 4))]
        #expect(host.login("mallory") { $0.trust = .key } == .refused(.unknownUser))
    }

    @Test("A lower number of days does not apply at once, or a higher one prolongs a trust")
    func days() throws {
        let (host, _) = try trusting()
        let now = noon + 2 * day
        let fewer = host.trustingLogin(at: now, code(now / 30), "n") { $0.trustDays = 2 }
        #expect(fewer == .granted(try factor))
        let later = noon + 30 * day
        let more = host.trustingLogin(at: later, code(later / 30), "n") { $0.trustDays = 90 }
        #expect(more == .granted(try factor))
    }

    @Test("A backup or temporary code does not end all trust, or another code does")
    func revoked() throws {
        for isTemporary in [false, true] {
            let (host, codes) = try trusting()
            host.methods = nil
            #expect(host.trustingLogin(at: noon + 60, code(noonStep + 2)) == .granted(try factor))
            #expect(host.session?.record.trusted.count == 1)
            let issued = host.session?.withRecord { $0.issue() }
            let typed = isTemporary ? try #require(issued) : codes[0]
            guard case .granted = host.trustingLogin(at: noon + 90, typed) else {
                Issue.record("the code should have been accepted")
                return
            }
            #expect(host.session?.record.trusted.isEmpty == true)
            let kinds = try #require(host.session).record.events.events.map(\.kind)
            #expect(kinds.contains(.trustRevoked))
            host.methods = try SSHRow.methods()
            let asked = host.trustingLogin(at: noon + 120, code(noonStep + 4), "n")
            #expect(asked == .granted(try factor))
            let said = "say All SSH keys lost their trust on Friday 08:01 UTC"
            #expect(host.talk.contains { $0.hasPrefix(said) })
        }
        let (host, codes) = try host()
        _ = host.trustingLogin(at: noon, codes[0])
        #expect(host.session?.record.events.events.map(\.kind) == [.login])
    }
}
