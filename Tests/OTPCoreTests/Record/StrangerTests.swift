import Testing

@testable import OTPCore

/// A stranger who fails on purpose, in the real login flow, while alice keeps logging in from a
/// known place.
@Suite("A stranger's failures")
struct StrangerTests {
    /// Where logins come from: an address and, if there is one, the SSH key.
    typealias From = (address: String, key: String?)

    private let stranger: From = ("198.51.100.9", nil)

    /// The result of a simulation.
    private struct Tally {
        /// Alice's logins.
        var logins = 0
        /// How often the stranger was told to wait, or that the account is closed.
        var waits = 0, closed = 0
        /// How many of the stranger's codes were compared.
        var tries = 0
    }

    /// For `seconds`, from a minute after alice's first login: a stranger's code every 5 s, a right
    /// one of alice's every 30 s. `typed` gives what the stranger types at a time.
    private func simulate(
        _ host: ScriptedHost, _ seconds: UInt64, alice: (UInt64) -> From,
        typed: (UInt64) -> String = { wrong($0 % 99_000) }
    ) throws -> Tally {
        var tally = Tally()
        for elapsed in stride(from: 60, to: 60 + seconds, by: 5) {
            let now = noon + elapsed
            host.from = stranger
            switch host.login(typing: typed(now), at: now).result {
            case .refused(.throttled): tally.waits += 1
            case .refused(.closed): tally.closed += 1
            case .refused(.wrong): tally.tries += 1
            case let other: Issue.record("the stranger: \(other)")
            }
            guard elapsed % 30 == 0 else { continue }
            host.from = alice(elapsed)
            let login = host.login(typing: code(now / 30), at: now)
            #expect(login.result == (try granted()), "\(elapsed) s")
            let isTold = login.said.allSatisfy { $0.hasSuffix("last from 198.51.100.9.") }
            #expect(isTold, "\(login.said)")
            tally.logins += 1
        }
        return tally
    }

    private func granted() throws -> LoginResult {
        .granted(.code(authenticator: try name("phone"), offset: 0))
    }

    /// Alice, who has logged in from `place` once.
    private func known(from place: From) throws -> ScriptedHost {
        let host = ScriptedHost()
        try host.enroll()
        host.from = place
        #expect(host.login(typing: code(noonStep), at: noon).result == (try granted()))
        return host
    }

    @Test("A wrong code every 5 s for 5 minutes makes a login from a known address fail")
    func address() throws {
        let host = try known(from: ("192.0.2.7", nil))
        let tally = try simulate(host, 300) { _ in ("192.0.2.7", nil) }
        #expect(tally.logins == 10)
        // Five failures are free, then the waits are 30, 60 and 120 s; the fourth wait is longer
        // than the simulation.
        #expect(tally.tries == 8 && tally.waits == 52)
        #expect(host.session?.record.throttle.shared.failures == 8)
    }

    @Test("After a stranger has closed the account, alice cannot log in by key")
    func closed() throws {
        let line = try #require(try SSHRow.keys().first).line
        let laptop: From = ("192.0.2.7", String(line.dropFirst("publickey ".count)))
        let host = try known(from: laptop)
        let day: UInt64 = 86_400
        let tally = try simulate(host, day) { _ in laptop }
        #expect(tally.logins == Int(day / 30))
        #expect(tally.tries == 100 && tally.closed > 0)
        host.from = stranger
        let right = host.login(typing: code(noonStep + 3000), at: noon + 90_000)
        #expect(right.result == .refused(.closed))
        #expect(right.said == [UserText.refused.english])
        // It opens neither by itself nor by a login of alice's.
        host.from = laptop
        #expect(
            host.login(typing: code(noonStep + 3001), at: noon + 90_030).result == (try granted()))
        host.from = stranger
        let later = host.login(typing: code(noonStep + 9000), at: noon + 270_000)
        #expect(later.result == .refused(.closed))
        // Without her key alice is one of the strangers.
        host.from = ("192.0.2.7", nil)
        let plain = host.login(typing: code(noonStep + 9001), at: noon + 270_030)
        #expect(plain.result == .refused(.closed))
    }

    @Test("A backup code is refused while a stranger has closed the account")
    func backupCode() throws {
        let host = ScriptedHost()
        let codes = try host.enroll()
        for index in 0..<120 as Range<UInt64> {
            host.from = ("198.51.100.\(index)", nil)
            _ = host.login(typing: wrong(index), at: noon + index * 900)
        }
        host.from = ("192.0.2.7", nil)
        let closed = host.login(typing: code(noonStep + 6000), at: noon + 180_000)
        #expect(closed.result == .refused(.closed))
        let login = host.login(typing: codes[0], at: noon + 180_001)
        #expect(login.result == .granted(.backupCode(index: 0, left: 9)))
        #expect(login.said.contains(UserText.closedElsewhere.english))
    }

    @Test("A stranger's code is checked during the wait")
    func rightCode() throws {
        let host = try known(from: ("192.0.2.7", nil))
        for number in 0..<5 {
            host.from = stranger
            #expect(host.login(typing: wrong(number), at: noon + 30).result == .refused(.wrong))
        }
        for elapsed in 0..<30 as Range<UInt64> {
            let typed = code((noon + 30 + elapsed) / 30)
            let now = noon + 30 + elapsed
            let result = host.login(typing: typed, at: now).result
            #expect(result == .refused(.throttled(seconds: 30 - elapsed)))
        }
        // That did not burn the code: alice uses it.
        host.from = ("192.0.2.7", nil)
        #expect(host.login(typing: code(noonStep + 1), at: noon + 35).result == (try granted()))
        // A code that alice has used is useless to a stranger who saw it.
        host.from = stranger
        let seen = host.login(typing: code(noonStep + 1), at: noon + 60)
        #expect(seen.result == .refused(.replayed))
    }
}
