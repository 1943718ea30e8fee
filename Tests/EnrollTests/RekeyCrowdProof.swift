import Foundation
import OTPCore
import OTPStore
import TestSupport
import Testing

/// A rekey of many records, whose service is killed again and again.
@Suite struct RekeyCrowdProof {
    @Test("Killed again and again, a rekey of many records does not end, or keeps users waiting")
    func many() async throws {
        let count = Proof.count(2000, long: 100_000)
        let desk = try Desk()
        let codes = try await desk.enroll().codes
        let old = try #require(desk.keyID)
        try fill(count, desk)
        let around = try desk.scratch.write("", to: "around")
        let service = try WrappedService(in: desk.scratch, behind: "$(cat '\(around)')")
        let words = try desk.words(["rekey", "--yes"], by: service.program)
        let clock = ContinuousClock(), start = clock.now
        var slowest = Duration.zero
        var killed = 0
        // What is done already has to be looked at again: each run gets further if it has longer.
        for (code, number) in zip(codes, 1...Proof.count(3, long: 10)) {
            let seconds = 0.1 + Double(count * number) / 32_000
            try desk.scratch.write("timeout -s KILL \(seconds)", to: "around")
            async let rekey = Command.run(words, within: .seconds(900))
            let before = clock.now
            #expect(try await desk.verify(code).0)
            slowest = max(slowest, clock.now - before)
            if try await rekey.status != 0 { killed += 1 }
        }
        try #require(killed > 0)
        let done = try await Command.run(desk.words(["rekey", "--yes"]), within: .seconds(3600))
        let time = clock.now - start
        #expect(done.output.contains("\(count + 1) records sealed with it"), "\(done.errors)")
        #expect(time < .seconds(3600))
        try check(count, desk, old)
        try Proof.tell(
            "A new seal key", "\(count + 1) records",
            "killed \(killed) times, the next run ended it, \(time) in all; the slowest login "
                + "meanwhile \(slowest)")
    }

    private func fill(_ count: Int, _ desk: Desk) throws {
        var record = Record()
        try Desk.fill(&record)
        let store = try Store.make(path: Array(desk.store.utf8)).store
        for uid in UInt32(1_000_000)..<UInt32(1_000_000 + count) {
            try store.make(record, of: User(name: Array("user\(uid)".utf8), uid: uid, gid: 100))
        }
    }

    /// One key is left, another than before, and all are sealed with it.
    private func check(_ count: Int, _ desk: Desk, _ old: Data) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: desk.store)
        #expect(!names.contains("seal.key.next"))
        #expect(names.count { $0.hasPrefix("name-") } == count + 1)
        let id = try #require(desk.keyID)
        #expect(id != old)
        for uid in stride(from: 1_000_000, to: 1_000_000 + count, by: 97) {
            let file = try #require(desk.record(of: UInt32(uid)))
            #expect(file[16..<24].elementsEqual(id), "\(uid)")
        }
    }
}

extension Desk {
    /// The name of the seal key, as records hold it.
    fileprivate var keyID: Data? {
        FileManager.default.contents(atPath: store + "/seal.key")?[8..<16]
    }
}
