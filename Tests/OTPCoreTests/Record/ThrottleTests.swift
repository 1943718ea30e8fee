import TestSupport
import Testing

@testable import OTPCore

@Suite("The throttle")
struct ThrottleTests {
    private let alice = source("ssh-ed25519 AAAA")
    private let stranger = source("203.0.113.9")

    /// A throttle after `failures` from `source`, all at `noon`.
    private func throttle(_ failures: Int, from source: SourceID) -> Throttle {
        var throttle = Throttle()
        for _ in 0..<failures { throttle.charge(at: noon, from: source) }
        return throttle
    }

    /// Whether there was something to repair.
    private func repair(_ throttle: inout Throttle, at now: UInt64) -> Bool {
        throttle.repair(at: now)
    }

    @Test(
        "Five failures are not free, or the wait does not double from 30 s to 15 min",
        arguments: [
            (0, 0), (1, 0), (4, 0), (5, 30), (6, 60), (7, 120), (8, 240), (9, 480), (10, 900),
            (11, 900), (50, 900), (99, 900),
        ] as [(Int, UInt64)])
    func waits(_ failures: Int, _ wait: UInt64) {
        let throttle = throttle(failures, from: stranger)
        #expect(throttle.failures == failures)
        guard wait > 0 else {
            #expect(throttle.permission(at: noon, from: stranger) == .open)
            #expect(throttle.lockedUntil(at: noon) == nil)
            return
        }
        for elapsed in [0, 1, wait / 2, wait - 1] {
            let permission = throttle.permission(at: noon + elapsed, from: stranger)
            #expect(permission == .wait(wait - elapsed))
            #expect(throttle.lockedUntil(at: noon + elapsed) == noon + wait)
        }
        #expect(throttle.permission(at: noon + wait, from: stranger) == .open)
        #expect(throttle.permission(at: .max, from: stranger) == .open)
        #expect(throttle.lockedUntil(at: noon + wait) == nil)
    }

    @Test("A hundred failures do not close it for good")
    func closed() {
        for failures in [100, 101, 1000] {
            let throttle = throttle(failures, from: stranger)
            for now in [0, noon, noon + 1_000_000, UInt64.max] {
                #expect(throttle.permission(at: now, from: stranger) == .closed)
                #expect(throttle.lockedUntil(at: now) == .max)
            }
        }
    }

    @Test("The number of failures overflows")
    func saturates() {
        var throttle = Throttle()
        throttle.shared = Throttle.Counter(failures: .max, last: noon)
        throttle.charge(at: noon, from: stranger)
        #expect(throttle.shared.failures == .max)
        #expect(throttle.permission(at: noon, from: stranger) == .closed)
    }

    @Test("A source that has logged in waits for others' failures")
    func sources() {
        var throttle = Throttle()
        throttle.succeed(at: noon, from: alice)
        for _ in 0..<90 { throttle.charge(at: noon, from: stranger) }
        #expect(throttle.permission(at: noon, from: stranger) == .wait(900))
        #expect(throttle.permission(at: noon, from: alice) == .open)

        for _ in 0..<6 { throttle.charge(at: noon, from: alice) }
        #expect(throttle.permission(at: noon, from: alice) == .wait(60))
        #expect(throttle.shared.failures == 90 && throttle.failures == 96)

        // The user's own login does not let strangers in again.
        throttle.succeed(at: noon + 60, from: alice)
        #expect(throttle.permission(at: noon + 60, from: alice) == .open)
        #expect(throttle.permission(at: noon + 60, from: stranger) == .wait(840))
    }

    @Test("More than a hundred failures are possible from everywhere together, except for keys")
    func total() {
        var throttle = Throttle()
        let key = source("key", isKey: true)
        for id in [alice, key] { throttle.succeed(at: noon, from: id) }
        var guesses = 0
        for round in 0..<2000 as Range<UInt64> {
            let now = noon + 100 * round
            let id = round % 2 == 0 ? alice : source("\(round)")
            guard throttle.permission(at: now, from: id) == .open else { continue }
            throttle.charge(at: now, from: id)
            guesses += 1
        }
        let later = noon + 1_000_000
        #expect(guesses == 100 && throttle.failures == 100)
        #expect(throttle.permission(at: later, from: alice) == .closed)
        #expect(throttle.permission(at: later, from: stranger) == .closed)
        #expect(throttle.lockedUntil(at: later) == .max)
        // A key without an earlier login counts as a stranger's.
        #expect(throttle.permission(at: later, from: source("key 2", isKey: true)) == .closed)
        #expect(throttle.permission(at: later, from: key) == .open)
        for _ in 0..<100 { throttle.charge(at: noon, from: key) }
        #expect(throttle.permission(at: later, from: key) == .closed)
        // Failures of one place are forgiven there, and nowhere else.
        let others = throttle.shared.failures
        throttle.succeed(at: later, from: key)
        #expect(throttle.permission(at: later, from: key) == .open)
        #expect(throttle.permission(at: later, from: alice) == .closed)
        throttle.succeed(at: later, from: alice)
        #expect(throttle.shared.failures == others && throttle.failures == others)
    }

    @Test("A login from a new address clears others' failures, or keeps its own")
    func firstLogin() {
        var throttle = throttle(9, from: stranger)
        for _ in 0..<3 { throttle.charge(at: noon, from: alice) }
        throttle.forgiven = noon
        throttle.succeed(at: noon + 900, from: alice)
        #expect(throttle.failures == 9)
        #expect(throttle.sources.map(\.id) == [alice])
        #expect(throttle.sources.map(\.lastLogin) == [noon + 900])
        throttle.succeed(at: noon + 950, from: alice)
        #expect(throttle.sources.map(\.lastLogin) == [noon + 950])
        // The last three places without a login are known, and the failures of others stay.
        for label in ["a", "b", "c", "d"] { throttle.charge(at: noon, from: source(label)) }
        for (label, left) in [("d", 12), ("a", 12), ("b", 11)] as [(String, UInt32)] {
            throttle.succeed(at: noon + 960, from: source(label))
            #expect(throttle.failures == left)
        }
    }

    @Test("Others' failures are forgiven more than once a day, or once it is closed")
    func forgiving() {
        var throttle = throttle(50, from: stranger)
        for hour in 0..<72 as Range<UInt64> {
            throttle.succeed(at: noon + hour * 3600, from: source("\(hour % 3)"))
        }
        #expect(throttle.failures == 47)
        for _ in 0..<53 { throttle.charge(at: noon, from: stranger) }
        throttle.succeed(at: noon + 1_000_000, from: source("0"))
        #expect(throttle.failures == 100)
        #expect(throttle.permission(at: noon + 1_000_000, from: stranger) == .closed)
    }

    @Test("Addresses push out a key, or the failures of a pushed-out source are lost")
    func keysStay() {
        var throttle = Throttle()
        let key = source("key", isKey: true)
        throttle.succeed(at: noon, from: key)
        throttle.succeed(at: noon + 1, from: alice)
        for _ in 0..<4 { throttle.charge(at: noon + 1, from: alice) }
        throttle.forgiven = noon + 1000
        for index in 2..<40 as Range<UInt64> {
            throttle.succeed(at: noon + index, from: source("\(index)"))
        }
        #expect(throttle.knows(key) && !throttle.knows(alice))
        #expect(throttle.sources.count == 8 && throttle.shared.failures == 4)
        for index in 0..<12 as Range<UInt64> {
            throttle.succeed(at: noon + 100 + index, from: source("k\(index)", isKey: true))
        }
        throttle.succeed(at: noon + 200, from: alice)
        #expect(throttle.sources.allSatisfy { $0.id.isKey } && !throttle.knows(key))
        #expect(throttle.sources.count == 8)
    }

    @Test("Not eight sources are remembered, or the wrong one makes room")
    func eviction() {
        var throttle = Throttle()
        for index in 0..<8 {
            throttle.succeed(at: noon + UInt64(index), from: source("\(index)"))
        }
        // 0 is the oldest until it logs in again.
        throttle.succeed(at: noon + 100, from: source("0"))
        throttle.succeed(at: noon + 101, from: source("new"))
        #expect(throttle.sources.count == 8)
        let kept = Set(throttle.sources.map(\.id.low))
        #expect(!kept.contains(source("1").low))
        for label in ["0", "2", "3", "4", "5", "6", "7", "new"] {
            #expect(kept.contains(source(label).low))
        }
        // A forgotten place counts as a stranger's.
        throttle.charge(at: noon + 102, from: source("1"))
        #expect(throttle.shared.failures == 1)
    }

    @Test("A clock that was set back prolongs a wait beyond its full length")
    func clockBack() {
        var throttle = throttle(6, from: stranger)
        let past = noon - 86_400
        #expect(throttle.permission(at: past, from: stranger) == .wait(60))
        #expect(repair(&throttle, at: past))
        #expect(!repair(&throttle, at: past))
        #expect(throttle.permission(at: past, from: stranger) == .wait(60))
        #expect(throttle.permission(at: past + 59, from: stranger) == .wait(1))
        #expect(throttle.permission(at: past + 60, from: stranger) == .open)
        #expect(throttle.failures == 6)
    }

    @Test("After a clock was set back, a source's wait does not end, or a correct one changes")
    func repair() {
        var throttle = Throttle()
        for label in ["a", "b"] { throttle.succeed(at: noon, from: source(label)) }
        throttle.charge(at: noon + 1000, from: source("a"))
        throttle.charge(at: noon - 1000, from: source("b"))
        throttle.charge(at: noon, from: stranger)
        #expect(repair(&throttle, at: noon))
        #expect(throttle.sources.map(\.counter.last) == [noon, noon - 1000])
        #expect(throttle.shared.last == noon)
        #expect(!repair(&throttle, at: noon))
    }

    @Test("A clock set ahead does not end a wait")
    func clockForward() {
        let throttle = throttle(9, from: stranger)
        #expect(throttle.permission(at: noon + 31_536_000, from: stranger) == .open)
        #expect(throttle.permission(at: .max, from: stranger) == .open)
    }

    @Test("Unlocking keeps a failure, or forgets a source")
    func unlock() {
        var throttle = throttle(100, from: stranger)
        throttle.visit(at: noon, from: alice)
        for _ in 0..<100 {
            throttle.charge(at: noon, from: stranger)
            throttle.charge(at: noon, from: alice)
        }
        #expect(throttle.permission(at: noon, from: alice) == .closed)
        throttle.unlock()
        #expect(throttle.newcomers.isEmpty)
        #expect(throttle.failures == 0)
        #expect(throttle.permission(at: noon, from: stranger) == .open)
        #expect(throttle.permission(at: noon, from: alice) == .open)
        #expect(throttle.sources.map(\.id) == [alice])
    }

    @Test("Different texts are the same source")
    func sourceIDs() {
        var generator = Seeded(128)
        var seen: [SourceID] = [source("")]
        for _ in 0..<500 {
            let bytes = generator.bytes(Int.random(in: 1...40, using: &generator))
            let id = SourceID(bytes.span)
            #expect(!seen.contains(id))
            seen.append(id)
        }
        #expect(source("203.0.113.9") == stranger)
        #expect(source("203.0.113.90") != stranger)
    }
}
