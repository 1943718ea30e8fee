import TestSupport
import Testing

@testable import OTPCore

/// `trust = sk`: SSH keys on FIDO authenticators combined with the other ways in.
@Suite("Security keys at a login", .hereAndInFleet)
struct SecurityKeyTests {
    private func rows(_ isSecurityKey: Bool) throws -> [SSHRow] {
        try SSHRow.keys().filter { $0.kind.hasSuffix("-sk") == isSecurityKey }
    }

    private func login(
        _ host: ScriptedHost, _ answers: String..., change: (inout Options) -> Void = { _ in }
    ) -> LoginResult {
        host.answers = answers.map { .text($0) }
        return host.login {
            $0.trust = .securityKey
            change(&$0)
        }
    }

    /// Alice, enrolled, with the first such key.
    private func host() throws -> ScriptedHost {
        let host = ScriptedHost()
        try host.enroll()
        host.methods = try #require(try rows(true).first).line + " signature count = 7\n"
        return host
    }

    private func isIn(_ result: LoginResult) -> Bool {
        if case .securityKey = result { true } else { false }
    }

    @Test("A security key of either kind, or its certificate, is asked for a code")
    func kinds() throws {
        #expect(try rows(true).count == 4 && rows(true).contains { $0.type.contains("-cert-") })
        for row in try rows(true) {
            let host = try host()
            for tail in ["", " signature count = 0", " signature count = 4294967295"] {
                host.methods = row.line + tail + "\n"
                guard case .securityKey(let key, nil) = login(host) else {
                    Issue.record("\(row.type)\(tail)")
                    continue
                }
                #expect(SSHKey.text(of: key.fingerprint) == row.fingerprint)
                #expect(text(key.kind) == row.kind && key.isSecurityKey)
            }
            // Combined with another key, before or after it, and with a password.
            let other = try #require(try rows(false).first).line
            for lines in [[other, row.line], [row.line, other], ["password", row.line]] {
                host.methods = lines.map { $0 + "\n" }.joined()
                #expect(isIn(login(host)))
            }
        }
    }

    @Test("A key of another kind, or something that is not a key, passes for a security key")
    func others() throws {
        let sk = try #require(try rows(true).first)
        let plain = try rows(false).map { $0.line }
        #expect(plain.contains { $0.contains("-cert-") })
        for methods in plain + [
            "", "password", "hostbased \(sk.type) \(sk.text)", "publickey \(sk.type)",
            "publickey \(sk.type) AAAA", "publickey ssh-ed25519 \(sk.text)",
            "publickey \(sk.type) \(try rows(false)[0].text)", "x \(sk.line)",
            "keyboard-interactive/pam \(sk.line)", "\(plain[0]) \(sk.type) \(sk.text)",
        ] {
            let host = try host()
            host.methods = methods + "\n"
            #expect(login(host, "000000") == .refused(.wrong), "\(methods)")
        }
    }

    @Test("It counts without trust = sk, at another service, or from a program that is not root's")
    func elsewhere() throws {
        for trust in [Options.Trust.off, .key] {
            let host = try host()
            #expect(login(host, "000000") { $0.trust = trust } == .refused(.wrong), "\(trust)")
        }
        let inner = try host()
        inner.isRoots = false
        #expect(login(inner, "000000") == .refused(.wrong))
        let nobody = try host()
        nobody.answers = [.text("000000")]
        #expect(nobody.login("mallory") { $0.trust = .securityKey } == .refused(.unknownUser))
    }

    @Test("A user who is not enrolled is refused, or asked to enroll")
    func notEnrolled() throws {
        for enroll in [.off, .offer, .require] as [Options.Enroll] {
            let host = try host()
            host.session = nil
            #expect(isIn(login(host) { $0.enroll = enroll }))
            // Also after a reset.
            try host.enroll()
            host.session?.withRecord { $0.removeAll() }
            #expect(isIn(login(host) { $0.enroll = enroll }))
        }
    }

    @Test("Failed codes block it, or it forgives them")
    func throttle() throws {
        for (count, isClosed) in [(7, false), (100, true)] {
            let host = try host()
            host.session?.withRecord {
                for _ in 0..<count { $0.throttle.charge(at: noon, from: source("192.0.2.66")) }
            }
            let before = try #require(host.session).record.throttle
            #expect(isIn(login(host)))
            #expect(host.session?.record.throttle == before)
            #expect(host.talk.contains("say \(UserText.closedElsewhere.english)") == isClosed)
        }
    }

    @Test("It has no event of its own, or loses notices", .hereOnly)
    func noted() throws {
        let host = try host()
        host.session?.withRecord {
            $0.note(Event(.added, at: noon, detail: ascii("tablet"), origin: ascii("root")))
        }
        #expect(isIn(login(host)))
        #expect(host.talk.contains { $0.hasPrefix("say The authenticator \"tablet\" was added") })
        // The key's age is unknown, so older notices are still shown.
        #expect(host.session?.record.notices.isEmpty == false)
        let count = host.talk.count
        #expect(isIn(login(host)) && host.talk.count > count)
        let event = try #require(host.session?.record.events.events.last)
        #expect(event.kind == .login && text(event.detail) == "security key ed25519-sk")
        #expect(text(event.origin) == "sshd 192.0.2.7")
    }

    @Test("A store in trouble blocks it, or is not logged", arguments: [true, false])
    func trouble(isClosed: Bool) throws {
        let host = try host()
        host.condition = isClosed ? .closed(.missing) : .broken(.damaged)
        guard case .securityKey(let key, .some(let error)) = login(host) else {
            Issue.record("not let in, or without the reason")
            return
        }
        #expect(error.code == (isClosed ? .missing : .damaged))
        let place = LoginOrigin(service: ascii("sshd"), address: [], methods: nil)
        let (priority, line) = LoginLog(place: place, terminal: [], user: ascii("alice"))
            .line(for: .securityKey(key, trouble: error))
        let fingerprint = SSHKey.text(of: key.fingerprint)
        #expect(priority == .info)
        #expect(
            text(line.bytes)
                == "login granted; factor=security-key kind=ed25519-sk fingerprint=\(fingerprint) "
                + "service=sshd tty= rhost= user=alice error=\"\(text(error.text))\"")
    }

    @Test("Another key is offered to be trusted, or an earlier trust counts")
    func noTrust() throws {
        let host = try host()
        host.methods = try #require(try rows(false).first).line + "\n"
        #expect(host.trustingLogin(code(noonStep), "y").isTrusting)
        host.time = noon + 30
        let result = login(host, code(noonStep + 1))
        #expect(result == .granted(.code(authenticator: try name("phone"), offset: 0)))
    }
}
