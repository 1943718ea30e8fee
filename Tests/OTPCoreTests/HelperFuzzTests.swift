import TestSupport
import Testing

@testable import OTPCore

@Suite("otp-enroll's requests: bytes that nobody meant")
struct HelperFuzzTests {
    /// Changes some bytes, cuts, repeats or adds some.
    private func mutated(_ bytes: [UInt8], _ random: inout Seeded) -> [UInt8] {
        var bytes = bytes
        for _ in 0...Int(random.next() % 4) {
            let place = bytes.isEmpty ? 0 : Int(random.next() % UInt64(bytes.count))
            switch random.next() % 5 {
            case 0 where !bytes.isEmpty: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            case 1 where !bytes.isEmpty: bytes[place] ^= 1 << UInt8(random.next() % 8)
            case 2: bytes.removeSubrange(place...)
            case 3: bytes.insert(contentsOf: random.bytes(Int(random.next() % 9)), at: place)
            default: bytes += bytes.prefix(place)
            }
        }
        return bytes
    }

    @Test("A session survives whatever is sent, and what is no request changes nothing")
    func requests() throws {
        var random = Seeded(20_260_104)
        var understood = 0
        let desk = HelperDesk()
        try desk.enroll()
        desk.enroll(Record(), as: HelperDesk.bob)
        for round in 0..<4000 {
            let talk = desk.connection(
                of: round.isMultiple(of: 2) ? HelperDesk.alice : HelperDesk.bob)
            for _ in 0..<3 {
                let seed = HelperMessageTests.requests.randomElement(using: &random)
                var message = seed?.bytes ?? []
                switch random.next() % 4 {
                case 0: break
                case 1: message = random.bytes(Int(random.next() % 300))
                default: message = mutated(message, &random)
                }
                let before = desk.records
                guard let reply = talk.send(message) else {
                    #expect(desk.records == before)
                    break
                }
                understood += 1
                #expect(HelperAnswer(reply) != nil, "\(message) gave \(reply)")
            }
            desk.time += 1000
        }
        // Enough of both, or the test has shown nothing.
        #expect((1000..<5000).contains(understood))
        #expect(desk.isTidy)
        // Nobody proved anything, so the key is the same.
        #expect(try desk.look { $0.key(of: 0) } == exampleKey)
    }

    @Test("A client survives whatever comes back")
    func replies() throws {
        var random = Seeded(20_260_105)
        var record = try record(phone(), phone("tablet"))
        _ = record.makeBackupCodes()
        _ = record.issue()
        let seeds = HelperMessageTests.replies.map(\.bytes) + [HelperReply.recordMessage(record)]
        var understood = 0
        for round in 0..<20_000 {
            let message =
                round.isMultiple(of: 5)
                ? [1, UInt8(128 + random.next() % 9)] + random.bytes(Int(random.next() % 200))
                : mutated(seeds.randomElement(using: &random) ?? [], &random)
            if HelperAnswer(message) != nil { understood += 1 }
        }
        #expect((500..<19_500).contains(understood))
    }
}
