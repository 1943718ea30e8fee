import TestSupport
import Testing

@testable import OTPCore

@Suite("The event log")
struct EventLogTests {
    private func event(_ number: Int, detail: Int = 5, origin: Int = 4) -> Event {
        let filler = UInt8(ascii: "a") + UInt8(number % 26)
        return Event(
            .login, at: UInt64(number), detail: [UInt8](repeating: filler, count: detail),
            origin: [UInt8](repeating: filler, count: origin))
    }

    @Test("Not the last seven events are kept")
    func rolling() {
        var generator = Seeded(16)
        var log = EventLog()
        var expected: [Event] = []
        for number in 0..<500 {
            let event = event(
                number, detail: Int.random(in: 0...60, using: &generator),
                origin: Int.random(in: 0...80, using: &generator))
            log.append(event)
            expected = Array((expected + [event]).suffix(7))
            #expect(log.events == expected)
            #expect(log.count == expected.count)
            #expect(log.bytes.count <= log.maximumLength)
        }
    }

    @Test("Texts are not truncated, or other bytes than printable ASCII are kept")
    func texts() {
        let event = Event(
            .failure, at: 7, detail: ascii("a\nb\u{7f}é") + [UInt8](repeating: 0x41, count: 100),
            origin: [UInt8](repeating: 0, count: 1000))
        #expect(text(event.detail) == "a?b???" + String(repeating: "A", count: 34))
        #expect(text(event.origin) == String(repeating: "?", count: 46))
        #expect(event.time == 7)
    }

    @Test("A stored log is read in part")
    func stored() {
        var log = EventLog()
        for number in 0..<5 { log.append(event(number)) }
        #expect(EventLog(bytes: log.bytes, count: 5) == log)
        for count in [-1, 0, 1, 4, 6, 8, 9, .max, .min] {
            #expect(EventLog(bytes: log.bytes, count: count) == nil)
        }
        for length in 0..<log.bytes.count {
            #expect(EventLog(bytes: Array(log.bytes.prefix(length)), count: 5) == nil)
        }
        #expect(EventLog(bytes: log.bytes + [0], count: 5) == nil)
        #expect(EventLog(bytes: [], count: 0) == EventLog())
        let long = [UInt8](repeating: 0, count: log.maximumLength + 1)
        #expect(EventLog(bytes: long, count: 8) == nil)
    }

    @Test("An event kind has no name of its own, or is lost when stored")
    func kinds() {
        let kinds = (0...255).compactMap { Event.Kind(rawValue: $0) }
        #expect(kinds.count == 22)
        #expect(Set(kinds.map(\.name)).count == 22)
        var log = EventLog(capacity: kinds.count)
        for kind in kinds { log.append(Event(kind, at: 1, detail: [], origin: [])) }
        #expect(log.events.map(\.kind) == kinds)
    }

    @Test("The longest event does not fit")
    func longest() {
        var log = EventLog()
        for number in 0..<40 { log.append(event(number, detail: 500, origin: 500)) }
        #expect(log.bytes.count == log.maximumLength)
        #expect(log.events.count == 7)
        #expect(EventLog(bytes: log.bytes, count: 7) == log)
    }
}
