import Testing

@testable import OTPCore

@Suite("What the help desk did")
struct HelpDeskLogTests {
    /// A log in a class, because `#expect` changes no value.
    private final class Desk {
        var log = HelpDeskLog()

        func take(_ act: HelpDeskLog.Act, daily: Int) -> Bool { log.take(act, daily: daily) }
    }

    private static let sue = User(name: Array("sue".utf8), uid: 1, gid: 1)
    private static let ted = User(name: Array("ted".utf8), uid: 2, gid: 2)
    private static let alice = User(name: Array("alice".utf8), uid: 3, gid: 3)
    private static let day: UInt64 = 86_400

    private func act(
        _ kind: Event.Kind = .unlocked, at time: UInt64, by helper: User = sue,
        to user: User = alice
    ) -> HelpDeskLog.Act {
        HelpDeskLog.Act(kind, at: time, by: helper, to: user)
    }

    @Test("A helper may act more often than the limit says, or less often")
    func limit() {
        let desk = Desk()
        for time in 0..<3 as Range<UInt64> { #expect(desk.take(act(at: 1000 + time), daily: 3)) }
        #expect(!desk.take(act(at: 1003), daily: 3))
        #expect(desk.take(act(at: 1003, by: Self.ted), daily: 3))
        #expect(desk.log.acts.count == 4)
        // The first one is a day old then.
        #expect(!desk.take(act(at: 1000 + Self.day - 1), daily: 3))
        #expect(desk.take(act(at: 1000 + Self.day), daily: 3))
        #expect(!desk.take(act(at: 1000 + Self.day), daily: 3))
    }

    @Test("Moving the clock back gives a helper new acts")
    func clock() {
        let desk = Desk()
        #expect(desk.take(act(at: 9 * Self.day), daily: 1))
        #expect(!desk.take(act(at: Self.day), daily: 1))
        #expect(desk.log.count(by: Self.sue.uid, at: 0) == 1)
    }

    @Test("What did not happen counts")
    func takenBack() {
        let desk = Desk()
        #expect(desk.take(act(at: 5), daily: 1))
        desk.log.takeBack(act(at: 5))
        #expect(desk.log.acts.isEmpty && desk.take(act(at: 6), daily: 1))
        desk.log.takeBack(act(at: 7))
        #expect(desk.log.acts.count == 1)
    }

    @Test("A full log loses what still counts, or never takes anything again")
    func full() {
        let desk = Desk()
        for number in 0..<HelpDeskLog.capacity {
            let helper = User(name: Array("h".utf8), uid: UInt32(number), gid: 0)
            #expect(desk.take(act(at: 100, by: helper), daily: 1))
        }
        #expect(!desk.take(act(at: 101), daily: 1))
        #expect(desk.take(act(at: 100 + Self.day), daily: 1))
        #expect(desk.log.acts.count == HelpDeskLog.capacity)
        #expect(desk.log.encoded.count <= HelpDeskLog.maximumLength)
    }

    private func decoded(_ bytes: [UInt8]) -> HelpDeskLog? { HelpDeskLog(decoding: bytes.span) }

    @Test("The log is not read back as it was written, or a part of it is")
    func coding() {
        let desk = Desk()
        let long = User(name: [UInt8](repeating: 0x61, count: 200), uid: .max, gid: 0)
        #expect(desk.take(act(.reset, at: 7), daily: 9))
        #expect(desk.take(act(.trustRevoked, at: .max, by: long, to: long), daily: 9))
        let bytes = desk.log.encoded
        #expect(decoded(bytes) == desk.log)
        #expect(decoded([])?.acts.isEmpty == true)
        // The first act alone is a log, too.
        let whole: Set<Int> = [0, 27, bytes.count]
        for length in 0..<bytes.count where !whole.contains(length) {
            #expect(decoded(Array(bytes.prefix(length))) == nil, "\(length)")
        }
        var other = bytes
        other[0] = 255
        #expect(decoded(other) == nil)
    }
}
