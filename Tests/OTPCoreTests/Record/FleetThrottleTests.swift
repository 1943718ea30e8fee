import TestSupport
import Testing

@testable import OTPCore

/// Failures at the hosts of a fleet: those of strangers are counted for each host.
@Suite("Wrong codes at the hosts of a fleet")
struct FleetThrottleTests {
    private let here = SourceID(ascii("from here").span)
    private let there = SourceID(ascii("from there").span)

    /// A throttle with strangers' failures at this host and at others.
    private func throttle(here: UInt32, elsewhere: UInt32) -> Throttle {
        var throttle = Throttle()
        throttle.setStrangers(here: (here, noon), elsewhere: (elsewhere, noon))
        return throttle
    }

    @Test("A host's failures make somebody wait at another host")
    func waits() {
        #expect(throttle(here: 0, elsewhere: 99).permission(at: noon, from: here) == .open)
        #expect(throttle(here: 5, elsewhere: 0).permission(at: noon, from: here) == .wait(30))
        #expect(throttle(here: 4, elsewhere: 95).permission(at: noon, from: here) == .open)
    }

    @Test("A hundred failures over all hosts do not close the account for strangers")
    func closes() {
        #expect(throttle(here: 0, elsewhere: 100).permission(at: noon, from: here) == .closed)
        #expect(throttle(here: 1, elsewhere: 99).permission(at: noon, from: here) == .closed)
        #expect(throttle(here: 1, elsewhere: .max).permission(at: noon, from: here) == .closed)
    }

    @Test("A place that has logged in is closed by failures elsewhere, or not by its own")
    func known() {
        var throttle = throttle(here: 0, elsewhere: 0)
        throttle.visit(at: noon, from: here)
        throttle.visit(at: noon, from: there)
        for _ in 0..<100 { throttle.charge(at: noon, from: there) }
        #expect(throttle.permission(at: noon, from: here) == .open)
        #expect(throttle.permission(at: noon, from: there) == .closed)
        throttle.setStrangers(here: (100, noon), elsewhere: (100, noon))
        #expect(throttle.permission(at: noon, from: here) == .open)
    }

    @Test("After an unlock, failures at other hosts still count")
    func unlock() {
        var throttle = throttle(here: 50, elsewhere: 100)
        throttle.unlock()
        #expect(throttle.elsewhere == Throttle.Counter())
        #expect(throttle.permission(at: noon, from: here) == .open)
    }

    @Test("One source at two hosts is the same source, or a text that is none is one")
    func hosts() throws {
        let text = here.text
        let first = try #require(SourceID(text, isKey: false, at: "web1"))
        #expect(first != SourceID(text, isKey: false, at: "web2"))
        #expect(first == SourceID(text, isKey: false, at: "web1"))
        #expect(SourceID("", isKey: false, at: "web1") == nil)
        #expect(SourceID(text + "0", isKey: false, at: "web1") == nil)
    }
}
