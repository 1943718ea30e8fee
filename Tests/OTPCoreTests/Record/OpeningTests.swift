import Testing

@testable import OTPCore

@Suite("Reopening a closed account")
struct OpeningTests {
    private let stranger = source("stranger")
    private let day: UInt64 = 86_400

    /// An account that a stranger has closed at noon, and whose owner has logged in before.
    private func closed() -> Throttle {
        var throttle = Throttle()
        throttle.succeed(at: noon - 60, from: source("home"))
        for _ in 0..<100 { throttle.charge(at: noon, from: stranger) }
        return throttle
    }

    private func permission(
        _ throttle: inout Throttle, at now: UInt64, closedFor: UInt64?
    ) -> Throttle.Permission {
        _ = throttle.repair(at: now, closedFor: closedFor)
        return throttle.permission(at: now, from: stranger)
    }

    @Test("It opens by itself without `closed_for`, or with it too early or not at all")
    func time() {
        var throttle = closed()
        #expect(permission(&throttle, at: noon + 1000 * day, closedFor: nil) == .closed)
        #expect(permission(&throttle, at: noon + day - 1, closedFor: day) == .closed)
        #expect(throttle.lockout(at: noon + 60, closedFor: day)?.until == noon + day)
        #expect(throttle.lockout(at: noon + 60)?.until == .max)
        #expect(throttle.lockout(at: noon + 60, closedFor: day)?.isClosed == true)
        #expect(throttle.lockout(at: noon + day, closedFor: day)?.isClosed != true)
        #expect(permission(&throttle, at: noon + day, closedFor: day) == .open)
        #expect(throttle.permission(at: noon + day, from: source("home")) == .open)
    }

    @Test("After opening by itself it takes a hundred more failures, or never closes again")
    func tenMore() {
        var (throttle, guesses, now) = (closed(), 0, noon + day)
        while now < noon + 2 * day {
            switch permission(&throttle, at: now, closedFor: day) {
            case .open:
                throttle.charge(at: now, from: stranger)
                guesses += 1
            case .wait(let seconds): now += seconds
            case .closed: now = .max
            }
        }
        #expect(guesses == 10)
    }

    @Test("A key closed by its own hundred opens")
    func key() {
        let key = source("key", isKey: true)
        var throttle = Throttle()
        throttle.succeed(at: noon, from: key)
        for _ in 0..<100 { throttle.charge(at: noon, from: key) }
        #expect(throttle.lockout(at: noon)?.reach == .knownPlaces)
        #expect(throttle.lockout(at: noon, closedFor: day)?.until == noon + day)
        _ = throttle.repair(at: noon + day, closedFor: day)
        #expect(throttle.permission(at: noon + day, from: key) == .open)
    }

    @Test("Root's scheduled unlock comes too early or not at all, or repeats")
    func later() {
        var throttle = closed()
        throttle.unlock(at: noon + 7200)
        #expect(throttle.lockout(at: noon + 60)?.until == noon + 7200)
        #expect(permission(&throttle, at: noon + 7199, closedFor: nil) == .closed)
        #expect(permission(&throttle, at: noon + 7200, closedFor: nil) == .open)
        #expect(throttle.failures == 0 && throttle.opensAt == 0)
        for _ in 0..<100 { throttle.charge(at: noon + 8000, from: stranger) }
        #expect(permission(&throttle, at: noon + 1000 * day, closedFor: nil) == .closed)
    }

    @Test("A login does not open what was closed for long enough, or a trusted key does not")
    func login() throws {
        let host = ScriptedHost()
        try host.enroll()
        host.session?.withRecord { $0.throttle = closed() }
        let now = noon + day
        for (hours, isIn) in [(25, false), (24, true)] as [(UInt64, Bool)] {
            host.answers = [.text(code(now / 30))]
            host.time = now
            let result = host.login { $0.closedFor = hours * 3600 }
            #expect((result != .refused(.closed)) == isIn, "\(hours) h: \(result)")
        }
    }
}
