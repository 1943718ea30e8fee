import TestSupport
import Testing

@testable import OTPCore

/// Failures at the hosts of a fleet: those of strangers are counted for each host.
@Suite("Places at the hosts of a fleet")
struct FleetPlaceTests {
    private let here = SourceID(ascii("from here").span)
    private let there = SourceID(ascii("from there").span)

    /// A throttle with strangers' failures at this host and at others.
    private func throttle(here: UInt32, elsewhere: UInt32) -> Throttle {
        var throttle = Throttle()
        throttle.setStrangers(here: (here, noon), elsewhere: (elsewhere, noon))
        return throttle
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
