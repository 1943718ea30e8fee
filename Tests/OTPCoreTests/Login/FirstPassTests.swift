import Testing

@testable import OTPCore

/// `try_first_pass` and `use_first_pass` combined with the other rules of a login: throttle, tries,
/// and users who are not enrolled.
@Suite("A password from an earlier module", .hereAndInFleet)
struct FirstPassTests {
    private var granted: LoginResult {
        get throws { .granted(.code(authenticator: try name("phone"), offset: 0)) }
    }

    /// Alice, enrolled, with a password from an earlier module.
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

    @Test("An earlier password counts as a try, or is answered with a message")
    func password() throws {
        for earlier in ["password", "", "correct horse", "12345", "pass492039"] {
            let host = try host(earlier, "")
            #expect(tries(host) == .refused(.empty))
            #expect(host.session?.record.throttle == Throttle())
            #expect(host.session?.record.notices.isEmpty == true)
            #expect(host.talk == ["ask Code: "])
        }
    }

    @Test("It is not a try before those of retry, or not charged if it looks like a code")
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

    @Test("A user who must wait is not told, or is asked")
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

    @Test("Users without a record and unknown names are treated differently")
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

    @Test("Joined, in an earlier password: the password is not always passed on")
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
