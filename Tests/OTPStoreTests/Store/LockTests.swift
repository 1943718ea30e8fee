import Foundation
import Testing

@testable import OTPCore
@testable import OTPStore

@Suite("Locks", .timeLimit(.minutes(2)))
struct LockTests {
    /// Opens the record in its own thread, as that may block.
    private func opening(_ fixture: StoreFixture) -> Results<StoreError.Code?> {
        let results = Results<StoreError.Code?>()
        Thread.detachNewThread { results.append(trouble(opening: fixture)) }
        return results
    }

    @Test("A second open does not wait for the first, or does not get it")
    func waits() async throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        let session = try #require(try fixture.store().open(alice))
        let results = opening(fixture)
        usleep(300_000)
        #expect(results.all.isEmpty)
        session.close()
        try await results.wait(upTo: 30)
        #expect(results.all == [nil])
    }

    @Test("The lock outlives its session")
    func dropped() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        do { _ = try fixture.store().open(alice) }
        let start = Date()
        #expect(trouble(opening: fixture) == nil)
        #expect(Date().timeIntervalSince(start) < 9)
    }

    @Test("Readers wait for each other, or a writer does not wait for them")
    func shared() async throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        let reader = try #require(try fixture.store().openForReading(alice))
        #expect(try fixture.state() != nil)
        let results = opening(fixture)
        usleep(200_000)
        #expect(results.all.isEmpty)
        reader.close()
        try await results.wait(upTo: 30)
        #expect(results.all == [nil])
    }

    @Test("A lock that is never released is not busy after ten seconds, or sooner")
    func busy() async throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        let before = try fixture.read("store/70001")
        let holder = try #require(ForeignLock(fixture.record(of: alice)))
        let start = Date()
        let results = opening(fixture)
        try await results.wait(upTo: 60)
        let waited = Date().timeIntervalSince(start)
        #expect(results.all == [.busy])
        #expect(waited > 9.5 && waited < 50)
        holder.release()
        #expect(try fixture.read("store/70001") == before)
        #expect(trouble(opening: fixture) == nil)
    }

    @Test("A record removed while somebody waits for it is opened")
    func removedMeanwhile() async throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        let holder = try #require(ForeignLock(fixture.record(of: alice)))
        let results = Results<Bool>()
        let store = fixture.file("store")
        Thread.detachNewThread {
            let opened = try? Store(path: Array(store.utf8)).open(alice)
            results.append(opened == nil)
        }
        usleep(200_000)
        #expect(results.all.isEmpty)
        try fixture.store().remove(alice)
        holder.release()
        try await results.wait(upTo: 5)
        #expect(results.all == [true])
    }

    @Test("A record removed and made anew while somebody waits is not the new one")
    func renewedMeanwhile() async throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        _ = try fixture.attempt(code(noonStep))
        let holder = try #require(ForeignLock(fixture.record(of: alice)))
        let results = Results<[UInt64]>()
        let store = fixture.file("store")
        Thread.detachNewThread {
            let opened = try? Store(path: Array(store.utf8)).open(alice)
            results.append(opened?.withRecord { $0.authenticators.map(\.nextStep) } ?? [])
            opened?.close()
        }
        usleep(200_000)
        try fixture.store().remove(alice)
        try fixture.enroll()
        holder.release()
        try await results.wait(upTo: 5)
        #expect(results.all == [[0]])
    }

    @Test("A killed maker's leftovers stay, or a live one's file goes")
    func leftovers() throws {
        let fixture = try StoreFixture()
        for name in ["new.1", "new.abcdef", "new."] {
            try fixture.write([1, 2, 3], to: "store/\(name)")
        }
        try fixture.write([], to: "store/newer")
        try fixture.write([], to: "store/new.held")
        let holder = try #require(ForeignLock(fixture.file("store/new.held")))
        try fixture.enroll()
        #expect(
            try fixture.names(in: "store") == ["70001", "marker", "new.held", "newer", "seal.key"])
        holder.release()
        try fixture.enroll(bob)
        #expect(
            try fixture.names(in: "store") == ["70001", "70002", "marker", "newer", "seal.key"])
    }
}
