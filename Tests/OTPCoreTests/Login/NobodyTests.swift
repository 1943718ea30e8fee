import Testing

@testable import OTPCore

/// Users who cannot be let in get the same question, delay and refusal as others.
@Suite("Users without a record, and names without a user", .hereAndInFleet)
struct NobodyTests {
    private let strangers = [("alice", Outcome.Refusal.noRecord), ("mallory", .unknownUser)]
    private let refused = "say That code was not accepted."

    @Test(
        "A decoy takes other steps than an enrolled user's record",
        arguments: [code(noonStep), "0K7MQ-2XJ9T-DWP4A", "T7Q4-KD2M-9XRW"])
    func steps(_ typed: String) throws {
        for (user, refusal) in strangers {
            let host = ScriptedHost(.text(typed))
            #expect(host.login(user) == .refused(refusal))
            // `open` is for existing users only; it finds nothing.
            let steps = host.journal.entries.filter { $0 != "boot" && $0 != "open" }
            #expect(
                steps == [
                    "ask Code: ", "store", "decoy", "charge", "commit", "close", refused,
                ])
        }
    }

    @Test("They do not wait after five failures, not per name, or are told about it")
    func throttled() throws {
        for (user, refusal) in strangers {
            let host = ScriptedHost()
            for number in 0..<5 {
                host.answers = [.text(wrong(number))]
                #expect(host.login(user) == .refused(refusal))
            }
            host.answers = [.text(code(noonStep))]
            #expect(host.login(user) == .refused(.throttled(seconds: 30)))
            #expect(host.talk.last == refused)
            // On this machine the reason is told, in the same words as to enrolled users.
            host.from.address = ""
            host.answers = [.text(code(noonStep))]
            #expect(host.login(user) { $0.retry = 3 } == .refused(.throttled(seconds: 30)))
            #expect(host.talk.last == "say Too many wrong codes. Try again in 30 seconds.")
            host.from.address = "192.0.2.7"
            host.answers = [.text("000000")]
            #expect(host.login("trent") == .refused(.unknownUser))
            host.time = noon + 30
            host.answers = [.text(wrong(5))]
            #expect(host.login(user) == .refused(refusal))
        }
    }

    @Test("Names without a record are closed after a hundred failures")
    func closed() throws {
        for (user, refusal) in strangers {
            let host = ScriptedHost()
            for round in 0..<100 as Range<UInt64> {
                host.time = noon + 900 * round
                host.answers = [.text(wrong(round))]
                #expect(host.login(user) == .refused(refusal))
            }
            host.time = noon + 900_000
            host.answers = [.text("000000")]
            #expect(host.login(user) == .refused(.closed))
            #expect(host.talk.last == refused)
        }
    }

    @Test("A code that matches a decoy lets somebody in, or is not reported as wrong")
    func decoyCode() throws {
        let key = ScriptedHost.decoyKey
        for (user, refusal) in strangers {
            let host = ScriptedHost()
            for offset in [0, 0, 1, 9] as [UInt64] {
                let value = HOTP.code(
                    key: key.span, factor: noonStep + offset, algorithm: .sha1, digits: 6)
                host.answers = [.text(HOTP.text(value, digits: 6))]
                #expect(host.login(user) == .refused(refusal))
                #expect(host.talk.last == refused)
            }
        }
    }

    @Test("Without a decoy they are not refused")
    func noDecoy() throws {
        for (user, refusal) in strangers {
            let host = ScriptedHost()
            host.decoys = nil
            for _ in 0..<7 {
                host.answers = [.text("000000")]
                #expect(host.login(user) == .refused(refusal))
                #expect(host.talk.last == refused)
            }
        }
    }

    @Test("An answer that is not a code, or none, is counted, or takes other steps")
    func uncharged() throws {
        for (user, refusal) in strangers {
            let host = ScriptedHost()
            for _ in 0..<7 {
                host.answers = [.text("password")]
                #expect(host.login(user) == .refused(refusal))
                #expect(host.journal.entries.suffix(4) == ["charge", "commit", "close", refused])
                host.answers = [.text("")]
                #expect(host.login(user) == .refused(.empty))
            }
            #expect(host.decoys?[user]?.record.throttle.failures == 0)
        }
    }

    @Test("A failing charge or commit on a decoy ends differently than on a record")
    func trouble() throws {
        for (user, _) in strangers {
            for failsAtCharge in [true, false] {
                let host = ScriptedHost(.text("000000"))
                _ = host.login(user)
                host.decoys?[user]?.chargeFails = failsAtCharge
                host.decoys?[user]?.commitFails = !failsAtCharge
                host.answers = [.text("000000")]
                #expect(host.login(user) == .unavailable(StoreError(.system, [], "")))
                let said = "say " + UserText.unavailable.english
                #expect(host.journal.entries.suffix(2) == ["close", said])
            }
        }
    }
}
