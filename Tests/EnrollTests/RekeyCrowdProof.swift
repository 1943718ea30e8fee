import Foundation
import OTPCore
import OTPStore
import TestSupport
import Testing

/// A rekey of many records.
@Suite struct RekeyCrowdProof {
    @Test("A rekey of many records takes hours, or keeps users waiting")
    func many() async throws {
        let count = Proof.count(2000, long: 100_000)
        let desk = try Desk()
        let codes = try await desk.enroll().codes
        var record = Record()
        try Desk.fill(&record)
        let store = try Store.make(path: Array(desk.store.utf8)).store
        for uid in UInt32(1_000_000)..<UInt32(1_000_000 + count) {
            try store.make(record, of: User(name: Array("user\(uid)".utf8), uid: uid, gid: 100))
        }
        let clock = ContinuousClock(), start = clock.now
        async let rekey = desk.run("rekey", "--yes")
        var slowest = Duration.zero
        for code in codes {
            let before = clock.now
            #expect(try await desk.verify(code).0)
            slowest = max(slowest, clock.now - before)
        }
        let done = try await rekey
        let time = clock.now - start
        #expect(done.output.contains("\(count + 1) records sealed with it"), "\(done.errors)")
        #expect(time < .seconds(3600))
        let names = try FileManager.default.contentsOfDirectory(atPath: desk.store)
        #expect(!names.contains("seal.key.next"))
        #expect(names.count { $0.hasPrefix("name-") } == count + 1)
        let id = try #require(FileManager.default.contents(atPath: desk.store + "/seal.key"))[
            8..<16]
        for uid in stride(from: 1_000_000, to: 1_000_000 + count, by: 97) {
            let file = try #require(desk.record(of: UInt32(uid)))
            #expect(file[16..<24].elementsEqual(id), "\(uid)")
        }
        try Proof.tell(
            "A new seal key", "\(count + 1) records",
            "\(time), ten logins meanwhile, the slowest \(slowest)")
        print("rekey of \(count + 1) records: \(time), slowest login \(slowest)")
    }
}
