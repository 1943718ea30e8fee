import Testing

@testable import OTPCore

/// `try_first_pass` and `use_first_pass` beside the other rules of a login: throttle, tries, and
/// users whom nobody has enrolled.
@Suite("An answer that an earlier module was given")
struct FirstPassTests {
    private var granted: LoginResult {
        get throws { .granted(.code(authenticator: try name("phone"), offset: 0)) }
    }

    /// Alice, enrolled, with what an earlier module was given.
    private func host(_ earlier: String?, _ answers: String...) throws -> ScriptedHost {
        let host = ScriptedHost()
        try host.enroll()
        host.earlier = earlier
        host.answers = answers.map { .text($0) }
        return host
    }

    private func tries(_ host: ScriptedHost, _ user: String = "alice") -> LoginResult {
        host.login(user) { $0.triesFirstPass = true }
    }

    @Test("A password that was typed before is no try: nothing is charged, and nothing is said")
    func password() throws {
        for earlier in ["password", "", "correct horse", "12345", "pass492039"] {
            let host = try host(earlier, "")
            #expect(tries(host) == .refused(.empty))
            #expect(host.session?.record.throttle == Throttle())
            #expect(host.session?.record.notices.isEmpty == true)
            #expect(host.talk == ["ask Code: "])
        }
    }

    @Test("It is one try more than retry gives, and charged as one where it has a code's form")
    func charged() throws {
        let host = try host("000000", "000001", "000002")
        let result = host.login {
            $0.triesFirstPass = true
            $0.retry = 2
        }
        #expect(result == .refused(.wrong))
        #expect(host.session?.record.throttle.failures == 3)
        #expect(
            host.talk == ["ask Code: ", "say " + UserText.again.english, "ask Code: "]
                + ["say " + UserText.refused.english])
    }

    @Test("Who has to wait, or is closed, hears it and is not asked")
    func throttled() throws {
        for (failures, said) in [
            (5, UserText.wait(30).english), (100, UserText.closed.english),
        ] as [(UInt32, String)] {
            for earlier in [code(noonStep), "000000"] {
                for uses in [false, true] {
                    let host = try host(earlier)
                    host.from.address = ""
                    host.session?.withRecord {
                        for _ in 0..<failures { $0.throttle.charge(at: noon, from: source("x")) }
                    }
                    let result = host.login {
                        $0.triesFirstPass = !uses
                        $0.usesFirstPass = uses
                    }
                    guard case .refused = result else {
                        Issue.record("let in")
                        return
                    }
                    #expect(host.talk == ["say " + said])
                }
            }
        }
    }

    @Test("Users without a record, and names without a user, hear and are asked the same")
    func strangers() throws {
        for earlier in ["password", "000000", "", nil] {
            for uses in [false, true] {
                let talks = try ["alice", "bob", "mallory"].map { user in
                    let host = try host(earlier)
                    host.users["bob"] = User(name: ascii("bob"), uid: 1001, gid: 100)
                    if user == "bob" { host.session = nil }
                    if !uses { host.answers = [.text("000000")] }
                    _ = host.login(user) {
                        $0.triesFirstPass = !uses
                        $0.usesFirstPass = uses
                    }
                    return host.talk
                }
                #expect(talks[0] == talks[1] && talks[0] == talks[2], "\(earlier ?? "-")")
            }
        }
    }

    @Test("Joined, in what was given before: the password goes on, whatever comes of it")
    func joined() throws {
        let host = try host("secret000000", "other\(code(noonStep))")
        let result = host.login {
            $0.triesFirstPass = true
            $0.forwardsPass = true
        }
        #expect(result == (try granted))
        #expect(host.forwarded == ["secret", "other"])
    }
}
