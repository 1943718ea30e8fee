import Testing

@testable import OTPCore

/// Logins of programs that root does not own, such as screen lockers: the same flow, but nothing is
/// believed that only root's programs can know.
@Suite("The login of a program that is not root's", .hereAndInFleet)
struct AnyProgramTests {
    private func host(_ answers: ScriptedHost.Typed...) -> ScriptedHost {
        let host = ScriptedHost(answers)
        host.isRoots = false
        host.service = "swaylock"
        // Both are ignored here.
        host.from.address = "198.51.100.1"
        host.methods = "password\n"
        return host
    }

    // MARK: The place

    @Test(
        "Its service name keeps more than 64 letters, digits, dots, hyphens and underscores",
        arguments: [
            ("swaylock", "swaylock"), ("", ""), ("a b\tc", "abc"), ("x\n\"y\"", "xy"),
            ("sshd 192.0.2.7", "sshd192.0.2.7"), ("Über-lock_2.0", "ber-lock_2.0"),
            (String(repeating: "a ", count: 100), String(repeating: "a", count: 64)),
        ])
    func service(_ said: String, _ kept: String) {
        let place = LoginOrigin(ofAnyProgram: ascii(said))
        #expect(text(place.service) == kept && text(place.origin) == kept)
    }

    @Test("It is not on this machine, or has an SSH key")
    func here() {
        let place = LoginOrigin(ofAnyProgram: ascii("sshd"))
        #expect(place.address.isEmpty && place.source == source("here sshd\0"))
        #expect(!place.hasKey && place.sshMethods == nil && !place.isBelieved)
        #expect(LoginOrigin(service: ascii("sshd"), address: [], methods: nil).isBelieved)
    }

    // MARK: The flow

    @Test("A right code is not asked for, refused, or noted with an address", .hereOnly)
    func right() throws {
        let host = host(.text(code(noonStep)))
        try host.enroll()
        let factor = Outcome.Factor.code(authenticator: try name("phone"), offset: 0)
        #expect(host.login() == .granted(factor))
        let event = try #require(host.session?.record.events.events.last)
        #expect(event.kind == .login && text(event.origin) == "swaylock")
    }

    @Test("Failures count for the address or the key that it names")
    func failures() throws {
        let host = host()
        try host.enroll()
        for number in 1...5 {
            host.answers = [.text(wrong(number))]
            host.from = ("198.51.100.\(number)", "ssh-rsa AAAA\(number)")
            host.methods = nil
            #expect(host.login() == .refused(.wrong))
        }
        host.answers = [.text(code(noonStep))]
        #expect(host.login() == .refused(.throttled(seconds: 30)))
    }

    @Test("A trusted key lets somebody in, or trust is offered")
    func trust() throws {
        let methods = try SSHRow.methods()
        let root = ScriptedHost(.text(code(noonStep)), .text("y"))
        try root.enroll()
        root.methods = methods
        _ = root.login { $0.trust = .key }
        try #require(root.session?.record.trusted.count == 1)
        let host = host(.text(code(noonStep + 1)))
        host.session = root.session
        host.methods = methods
        host.time = noon + 30
        let factor = Outcome.Factor.code(authenticator: try name("phone"), offset: 0)
        #expect(host.login { $0.trust = .key } == .granted(factor))
        #expect(host.talk.count { $0.hasPrefix("ask ") } == 1)
    }

    // MARK: Enrolling

    @Test(
        "It does not enroll with first_enrollment=open after a first factor, or does otherwise",
        arguments: [Options.FirstEnrollment.open, .atLogin, .root], [true, false])
    func enrolls(_ policy: Options.FirstEnrollment, _ followsFirstFactor: Bool) throws {
        for enroll in [Options.Enroll.off, .offer, .require] {
            let isAsked = policy == .open && followsFirstFactor && enroll != .off
            let host = isAsked ? host(.shown(), .text("")) : host(.text("000000"))
            // A service name for which a picture is shown.
            host.service = "sudo"
            let result = host.login {
                $0.enroll = enroll
                $0.firstEnrollment = policy
                $0.followsFirstFactor = followsFirstFactor
            }
            if isAsked {
                #expect(result == .enrolled(nil, try name("phone")))
            } else {
                let isUnproven = enroll != .off && policy != .root
                #expect(result == .refused(isUnproven ? .unproven : .noRecord))
                #expect(host.talk.first == "ask Code:  (unseen)" && host.session == nil)
            }
        }
    }

    @Test("A user without a second factor is not told what to run if no QR code can be shown")
    func elsewhere() throws {
        let told = ["say " + UserText.enrollElsewhere.english]
        let offered = host()
        #expect(
            offered.login {
                $0.enroll = .offer
                $0.followsFirstFactor = true
            } == .ignored(.putOff(left: nil)))
        #expect(offered.talk == told)
        let required = host()
        #expect(
            required.login {
                $0.enroll = .require
                $0.followsFirstFactor = true
            } == .refused(.notEnrolled))
        #expect(required.talk == ["say " + UserText.mustEnrollElsewhere.english])
    }

    @Test("After a temporary code it does not enroll a new device by a key to type")
    func afterTemporary() throws {
        let host = host()
        var record = try record(phone())
        let temporary = record.issue()
        host.session = ScriptedSession(record, journal: host.journal)
        host.answers = [.text(temporary), .shown(), .text("")]
        let result = host.login { $0.enrollsAfterTemporary = true }
        #expect(result == .enrolled(.temporaryCode, try name("phone")))
        #expect(host.talk.contains { $0.contains("type this key") })
        #expect(!host.talk.contains { $0.contains("█") })
    }
}
