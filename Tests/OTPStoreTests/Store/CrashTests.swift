import Foundation
import Testing

@testable import OTPCore
@testable import OTPStore

/// The file at each stage of a login: what a crash can leave is a mixture of these.
private struct Stages {
    /// As the previous login left it: one code burned, settled.
    let before: [UInt8]
    /// After the charge.
    let charged: [UInt8]
    /// After the commit.
    let after: [UInt8]
    /// The block that the commit wrote.
    let target: Range<Int>

    static let cell = 512..<1024

    init(_ fixture: StoreFixture) throws {
        try fixture.enroll()
        let first = try #require(try fixture.store().open(alice))
        let text = [UInt8](repeating: 0x61, count: 64)
        // Enough events that the record takes several sectors.
        first.withRecord { record in
            for _ in 0..<16 {
                record.events.append(Event(.added, at: 1, detail: text, origin: text))
            }
        }
        try first.commit()
        first.close()
        _ = try fixture.attempt(code(noonStep))
        before = try fixture.read("store/70001")
        let session = try #require(try fixture.store().open(alice))
        session.withRecord { $0.throttle.charge(at: noon, from: here()) }
        try session.charge()
        charged = try fixture.read("store/70001")
        // The code of the next step is burned, and the failure refunded.
        let typed = Array(code(noonStep + 1).utf8)
        session.withRecord {
            _ = Verifier(window: 1).verify(Answer(typed.span), against: &$0, at: noon)
            $0.throttle.unlock()
        }
        try session.commit()
        session.close()
        after = try fixture.read("store/70001")
        target = before[4096..<8192] == after[4096..<8192] ? 8192..<12_288 : 4096..<8192
    }
}

@Suite("Crashes while writing")
struct CrashTests {
    /// Checks that the record works as before the commit: the older code stays burned, the newer
    /// one is not burned yet. Then checks that it can be committed to again.
    private func expectOld(_ fixture: StoreFixture, failures: UInt32, _ what: String) throws {
        let state = try #require(try fixture.state())
        #expect(state.nextSteps == [noonStep + 1], "\(what)")
        #expect(state.failures == failures, "\(what)")
        #expect(try fixture.attempt(code(noonStep)) == .refused(.replayed), "\(what)")
        #expect(try fixture.attempt(code(noonStep + 1)).reason == "code", "\(what)")
        #expect(try fixture.attempt(code(noonStep + 1)) == .refused(.replayed), "\(what)")
    }

    @Test("A slot torn at any sector hides the other one, or a burned step is good again")
    func torn() throws {
        let fixture = try StoreFixture()
        let stages = try Stages(fixture)
        let target = stages.target
        for sectors in 0..<8 {
            let edge = target.lowerBound + 512 * sectors
            // Either the first sectors reached the disk, or the last ones.
            var head = stages.charged
            head.replaceSubrange(
                target.lowerBound..<edge, with: stages.after[target.lowerBound..<edge])
            var tail = stages.charged
            tail.replaceSubrange(
                edge..<target.upperBound, with: stages.after[edge..<target.upperBound])
            for (file, name) in [(head, "head"), (tail, "tail")] where file != stages.charged {
                if file[target] == stages.after[target] { continue }
                try fixture.write(file, to: "store/70001")
                try expectOld(fixture, failures: 1, "\(name), \(sectors) sectors")
            }
        }
    }

    @Test("A slot of garbage or zeros does not give way to the other one")
    func garbage() throws {
        let fixture = try StoreFixture()
        let stages = try Stages(fixture)
        for fill in [0x00, 0xff, 0x5a] as [UInt8] {
            for start in [stages.target.lowerBound, stages.target.lowerBound + 8] {
                var file = stages.charged
                let range = start..<stages.target.upperBound
                file.replaceSubrange(range, with: [UInt8](repeating: fill, count: range.count))
                try fixture.write(file, to: "store/70001")
                try expectOld(fixture, failures: 1, "filled with \(fill) from \(start)")
            }
        }
    }

    @Test("If the charge was lost as well, the slot is refused")
    func chargeLost() throws {
        let fixture = try StoreFixture()
        let stages = try Stages(fixture)
        try fixture.write(stages.before, to: "store/70001")
        try expectOld(fixture, failures: 0, "nothing reached the disk")
        var file = stages.before
        let range = stages.target.lowerBound..<stages.target.lowerBound + 1024
        file.replaceSubrange(range, with: stages.after[range])
        try fixture.write(file, to: "store/70001")
        try expectOld(fixture, failures: 0, "half a slot reached the disk")
    }

    @Test("A complete new slot does not count, depending on which cells reached the disk")
    func cellLost() throws {
        let fixture = try StoreFixture()
        let stages = try Stages(fixture)
        for cell in [stages.before, stages.charged, stages.after] {
            var file = stages.after
            file.replaceSubrange(Stages.cell, with: cell[Stages.cell])
            try fixture.write(file, to: "store/70001")
            let state = try #require(try fixture.state())
            #expect(state.nextSteps == [noonStep + 2])
            #expect(state.failures == 0)
            #expect(try fixture.attempt(code(noonStep + 1)) == .refused(.replayed))
            #expect(try fixture.attempt(code(noonStep + 2), at: noon + 30).reason == "code")
            #expect(try fixture.state()?.nextSteps == [noonStep + 3])
        }
    }

    @Test("What had reached the disk goes back: a torn or older slot is not damage")
    func rolledBack() throws {
        let fixture = try StoreFixture()
        let stages = try Stages(fixture)
        var older = stages.after
        older.replaceSubrange(stages.target, with: stages.before[stages.target])
        var zeros = stages.after
        zeros.replaceSubrange(stages.target, with: [UInt8](repeating: 0, count: 4096))
        var half = older
        let start = stages.target.lowerBound
        half.replaceSubrange(start..<start + 512, with: stages.after[start..<start + 512])
        for file in [older, zeros, half] {
            try fixture.write(file, to: "store/70001")
            #expect(trouble(opening: fixture) == .damaged)
            #expect(try fixture.read("store/70001") == file)
        }
        // The same with a failure charged on the new slot.
        try fixture.write(stages.after, to: "store/70001")
        _ = try fixture.attempt("000000")
        let charged = try fixture.read("store/70001")
        for target in [4096..<8192, 8192..<12_288] {
            var file = charged
            file.replaceSubrange(target, with: [UInt8](repeating: 0, count: 4096))
            try fixture.write(file, to: "store/70001")
            let generation = charged[target].prefix(8).reduce(0) { $0 * 256 + Int($1) }
            #expect([4, 5].contains(generation))
            #expect(trouble(opening: fixture) == (generation == 5 ? .damaged : nil))
        }
    }

    @Test("After a crash, the first writer does not settle what may not be on the disk")
    func settles() throws {
        let fixture = try StoreFixture()
        let stages = try Stages(fixture)
        // The new slot is written, and the cell still says that only the old one is settled.
        var file = stages.after
        file.replaceSubrange(Stages.cell, with: stages.charged[Stages.cell])
        try fixture.write(file, to: "store/70001")
        let session = try #require(try fixture.store().open(alice))
        try session.charge()
        session.close()
        // From here on the old slot must not be used any more.
        var torn = try fixture.read("store/70001")
        torn[stages.target.lowerBound + 100] ^= 1
        try fixture.write(torn, to: "store/70001")
        #expect(trouble(opening: fixture) == .damaged)
    }
}
