import Testing

@testable import OTPCore

@Suite("The throttle of a user of a fleet")
struct FleetThrottleTests {
    private let known = source("192.0.2.1")
    private let key = SourceID(Array("ssh-ed25519 AAAA".utf8).span, isKey: true)
    private let stranger = source("203.0.113.9")

    private func throttle(here: UInt32, elsewhere: UInt32, last: UInt64 = noon) -> Throttle {
        var throttle = Throttle()
        throttle.succeed(at: noon - 600, from: known)
        throttle.succeed(at: noon - 600, from: key)
        throttle.setStrangers(here: (here, last), elsewhere: (elsewhere, last))
        return throttle
    }

    @Test("Strangers at other hosts make others wait, or those at this one do not")
    func waits() {
        #expect(throttle(here: 0, elsewhere: 99).permission(at: noon, from: stranger) == .open)
        #expect(throttle(here: 0, elsewhere: 99).lockedUntil(at: noon) == nil)
        #expect(throttle(here: 5, elsewhere: 90).permission(at: noon, from: stranger) == .wait(30))
    }

    @Test("A hundred failures of strangers at all hosts close nothing, or close known places")
    func closing() {
        let counts: [(UInt32, UInt32)] = [(0, 100), (50, 50), (1, 99), (.max, .max)]
        for (here, elsewhere) in counts {
            let throttle = throttle(here: here, elsewhere: elsewhere)
            #expect(throttle.isClosedToStrangers)
            #expect(throttle.permission(at: noon, from: stranger) == .closed)
            #expect(throttle.permission(at: noon, from: known) == .open)
            #expect(throttle.permission(at: noon, from: key) == .open)
            #expect(throttle.lockout(at: noon)?.isClosed == true)
        }
        #expect(!throttle(here: 49, elsewhere: 50).isClosedToStrangers)
        #expect(throttle(here: 49, elsewhere: 50).failures == 99)
    }

    @Test("What strangers have failed elsewhere outlives an unlock, or an opening by time")
    func opening() {
        var unlocked = throttle(here: 50, elsewhere: 50)
        unlocked.unlock()
        #expect(unlocked.failures == 0 && unlocked.elsewhere == Throttle.Counter())

        // The last of the failures counts, wherever it was.
        var closed = throttle(here: 50, elsewhere: 50)
        closed.setStrangers(here: (50, noon - 5000), elsewhere: (50, noon))
        let early = closed.repair(at: noon + 3599, closedFor: 3600)
        #expect(!early && closed.isClosedToStrangers)
        let late = closed.repair(at: noon + 3600, closedFor: 3600)
        #expect(late && !closed.isClosedToStrangers)
        #expect(closed.failures == Throttle.failuresLeft)
    }

    @Test("A success at one host forgives failures at others, or they are stored in the record")
    func successes() {
        var throttle = throttle(here: 0, elsewhere: 60)
        throttle.succeed(at: noon, from: known)
        #expect(throttle.elsewhere.failures == 60)
        var cursor = Cursor()
        let bytes = throttle.encoded
        let read = Throttle(decoding: bytes.span, &cursor)
        #expect(read?.elsewhere == Throttle.Counter() && cursor.offset == bytes.count)
    }
}
