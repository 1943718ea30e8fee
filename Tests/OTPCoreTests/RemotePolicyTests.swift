import Testing

@testable import OTPCore

/// What the admin's options mean in a program that is not root, which can enroll nobody.
@Suite("The login by the helper, and the admin's options")
struct RemotePolicyTests {
    private func login(
        _ enroll: Options.Enroll = .require, grace: UInt8 = 0, until: UInt64? = nil,
        nullok: Bool = false, at now: UInt64? = noon
    ) -> (result: LoginResult, said: [String]) {
        let desk = RemoteDesk()
        desk.enrolled = .no
        desk.host.time = now
        let result = desk.login {
            $0.enroll = enroll
            $0.enrollGrace = grace
            $0.enrollUntil = until
            $0.nullok = nullok
            $0.followsFirstFactor = true
        }
        #expect(desk.journal.prefix(2) == ["caller", "enrolled"])
        return (result, desk.host.talk)
    }

    @Test("Who has nothing yet is told what to run, and passes where it can be put off")
    func putOff() {
        let told = ["say " + UserText.enrollElsewhere]
        for login in [
            login(.offer), login(grace: 1), login(until: noon + 1), login(.offer, nullok: true),
        ] {
            #expect(login.result == .ignored(.putOff(left: nil)))
            #expect(login.said == told)
        }
    }

    @Test("Who must enroll is refused, unless the admin lets pass who is not enrolled")
    func required() {
        for login in [login(), login(until: noon), login(until: noon - 1)] {
            #expect(login.result == .refused(.notEnrolled))
            #expect(login.said == ["say " + UserText.mustEnrollElsewhere])
        }
        let passed = login(nullok: true)
        #expect(passed.result == .ignored(.notEnrolled) && passed.said.isEmpty)
    }

    @Test("A day that cannot be told denies")
    func noClock() {
        let login = login(until: noon, at: nil)
        #expect(login.result == .unavailable(StoreError(.clock, [], "")))
        #expect(login.said == ["say " + UserText.unavailable])
    }

    @Test("Where root enrolls, or no factor comes before, nobody is sent anywhere")
    func notOffered() {
        for change in [
            { $0.firstEnrollment = .root }, { $0.followsFirstFactor = false },
            { $0.enroll = .off },
        ] as [(inout Options) -> Void] {
            let desk = RemoteDesk(.text("123456"), verdicts: [.outcome(.refused(.noRecord), [])])
            desk.enrolled = .no
            let result = desk.login {
                $0.enroll = .require
                $0.followsFirstFactor = true
                change(&$0)
            }
            #expect(result == .refused(.noRecord))
            #expect(desk.journal.prefix(3) == ["caller", "ask Code: ", "try 123456 for locker"])
        }
    }

    @Test(
        "One field for both: the code goes to the helper, and the password to the next module alone",
        arguments: [
            (nil, "secret123456", "secret", "123456"), (6, "123456", "", "123456"),
            (8, "pass 12345678", "pass ", "12345678"), (8, "s3cret123456", "s3cr", "et123456"),
            (6, "secret2KTM4-XPQ9W-3NDRB", "secret", "2KTM4-XPQ9W-3NDRB"),
            (6, "12", "", "12"),
        ] as [(UInt8?, String, String, String)])
    func joined(_ digits: UInt8?, _ typed: String, _ password: String, _ code: String) {
        let desk = RemoteDesk(
            .text(typed), verdicts: [.outcome(.granted(.temporaryCode), [])])
        desk.digits = digits
        #expect(desk.login { $0.forwardsPass = true } == .granted(.temporaryCode))
        #expect(desk.host.forwarded == [password])
        #expect(
            desk.journal == ["caller", "ask Code:  (unseen)", "digits", "try \(code) for locker"])
    }

    @Test("One field for both, and a backup code: its groups tell where it begins")
    func joinedBackupCode() throws {
        let host = ScriptedHost()
        let code = try #require(try host.enroll().first)
        let desk = RemoteDesk(
            .text("hunter2" + code), verdicts: [.outcome(.refused(.usedBackupCode), [])])
        #expect(desk.login { $0.forwardsPass = true } == .refused(.usedBackupCode))
        #expect(desk.host.forwarded == ["hunter2"])
        #expect(desk.journal.contains("try \(code) for locker"))
    }

    @Test("One field for both, and nothing in it: the helper is not asked for a verdict")
    func joinedNothing() {
        let desk = RemoteDesk(.text(""))
        #expect(desk.login { $0.forwardsPass = true } == .refused(.empty))
        #expect(!desk.journal.contains { $0.hasPrefix("try") })
    }
}
