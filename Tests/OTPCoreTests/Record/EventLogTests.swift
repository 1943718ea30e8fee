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

    @Test(
        "A stored event is read that leaves later ones no room, or the longest is not",
        arguments: [(40, 46), (41, 0), (0, 47), (255, 255)])
    func overlong(detail: Int, origin: Int) {
        var bytes = [Event.Kind.login.rawValue]
        bytes.append(bigEndian: UInt64(1))
        for length in [detail, origin] {
            bytes.append(UInt8(truncatingIfNeeded: length))
            bytes += [UInt8](repeating: 0x61, count: length)
        }
        let isRead = EventLog(bytes: bytes, count: 1) != nil
        #expect(isRead == (detail <= 40 && origin <= 46))
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

    @Test("An event of a later release hides others, or a change of one spoils the record")
    func unknown() throws {
        var record = try record(phone())
        for number in 0..<6 as Range<UInt64> {
            record.note(
                Event(.added, at: noon + number, detail: ascii("p\(number)"), origin: ascii("x")))
        }
        // The third event and change gets a kind that nobody knows.
        var bytes = record.encoded
        var pattern = [Event.Kind.added.rawValue]
        pattern.append(bigEndian: noon + 2)
        let places = bytes.indices.filter { bytes[$0...].starts(with: pattern) }
        #expect(places.count == 2)
        for place in places { bytes[place] = .max }
        guard var later = Record(decoding: bytes.span) else { throw Refused() }
        #expect(later.encoded == bytes)
        let left = ["p5", "p4", "p3", "p1", "p0"]
        #expect(later.happened.map { text($0.detail) } == left)
        let listener = Notices.Listener(since: 0, oldest: 0)
        let told = later.notices.changes(for: listener, at: noon + 9)
        #expect(told.map { text($0.detail) } == left.reversed())
        later.notices.told(to: listener, at: noon + 9)
        #expect(later.notices.tellings == [1, 1, 0, 1, 1, 1])
        later.note(Event(.removed, at: noon + 10, detail: ascii("p6"), origin: ascii("x")))
        #expect(later.notices.tellings == [1, 0, 1, 1, 1, 0])
        let stored = later.encoded
        guard let again = Record(decoding: stored.span) else { throw Refused() }
        #expect(again.notices == later.notices)
        #expect(again.notices.changes.map { text($0.detail) } == ["p1", "p3", "p4", "p5", "p6"])
    }

    /// A record is not read.
    private struct Refused: Error {}

    @Test("The longest event does not fit")
    func longest() {
        var log = EventLog()
        for number in 0..<40 { log.append(event(number, detail: 500, origin: 500)) }
        #expect(log.bytes.count == log.maximumLength)
        #expect(log.events.count == 7)
        #expect(EventLog(bytes: log.bytes, count: 7) == log)
    }
}
