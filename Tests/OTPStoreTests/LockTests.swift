import Foundation
import Testing

@testable import OTPCore
@testable import OTPStore

@Suite("Locks", .timeLimit(.minutes(2)))
struct LockTests {
    /// Opens the record in a thread of its own, for as long as it takes.
    private func opening(_ place: Place) -> Results<StoreError.Code?> {
        let results = Results<StoreError.Code?>()
        Thread.detachNewThread { results.append(trouble(opening: place)) }
        return results
    }

    @Test("A second open waits for the first, and gets it")
    func waits() async throws {
        let place = try Place()
        try place.enroll()
        let session = try #require(try place.store().open(alice))
        let results = opening(place)
        usleep(300_000)
        #expect(results.all.isEmpty)
        session.close()
        try await results.wait(upTo: 30)
        #expect(results.all == [nil])
    }

    @Test("The lock goes with the session, also where nobody closes it")
    func dropped() throws {
        let place = try Place()
        try place.enroll()
        do { _ = try place.store().open(alice) }
        let start = Date()
        #expect(trouble(opening: place) == nil)
        #expect(Date().timeIntervalSince(start) < 9)
    }

    @Test("Readers do not wait for each other; a writer waits for them")
    func shared() async throws {
        let place = try Place()
        try place.enroll()
        let reader = try #require(try place.store().openForReading(alice))
        #expect(try place.state() != nil)
        let results = opening(place)
        usleep(200_000)
        #expect(results.all.isEmpty)
        reader.close()
        try await results.wait(upTo: 30)
        #expect(results.all == [nil])
    }

    @Test("A lock that is never let go is busy after ten seconds, and not before")
    func busy() async throws {
        let place = try Place()
        try place.enroll()
        let before = try place.read("store/70001")
        let holder = try #require(ForeignLock(place.record(of: alice)))
        let start = Date()
        let results = opening(place)
        try await results.wait(upTo: 60)
        let waited = Date().timeIntervalSince(start)
        #expect(results.all == [.busy])
        #expect(waited > 9.5 && waited < 50)
        holder.release()
        #expect(try place.read("store/70001") == before)
        #expect(trouble(opening: place) == nil)
    }

    @Test("A record that is removed while somebody waits for it is no record")
    func removedMeanwhile() async throws {
        let place = try Place()
        try place.enroll()
        let holder = try #require(ForeignLock(place.record(of: alice)))
        let results = Results<Bool>()
        let store = place.file("store")
        Thread.detachNewThread {
            let opened = try? Store(path: Array(store.utf8)).open(alice)
            results.append(opened == nil)
        }
        usleep(200_000)
        #expect(results.all.isEmpty)
        try place.store().remove(alice)
        holder.release()
        try await results.wait(upTo: 5)
        #expect(results.all == [true])
    }

    @Test("A record that is removed and made anew while somebody waits is the new one")
    func renewedMeanwhile() async throws {
        let place = try Place()
        try place.enroll()
        _ = try place.attempt(code(noonStep))
        let holder = try #require(ForeignLock(place.record(of: alice)))
        let results = Results<[UInt64]>()
        let store = place.file("store")
        Thread.detachNewThread {
            let opened = try? Store(path: Array(store.utf8)).open(alice)
            results.append(opened?.withRecord { $0.authenticators.map(\.nextStep) } ?? [])
            opened?.close()
        }
        usleep(200_000)
        try place.store().remove(alice)
        try place.enroll()
        holder.release()
        try await results.wait(upTo: 5)
        #expect(results.all == [[0]])
    }

    @Test("What a killed maker left behind goes at the next make, what a live one holds stays")
    func leftovers() throws {
        let place = try Place()
        for name in ["new.1", "new.abcdef", "new."] {
            try place.write([1, 2, 3], to: "store/\(name)")
        }
        try place.write([], to: "store/newer")
        try place.write([], to: "store/new.held")
        let holder = try #require(ForeignLock(place.file("store/new.held")))
        try place.enroll()
        #expect(try place.names(in: "store") == ["70001", "new.held", "newer", "seal.key"])
        holder.release()
        try place.enroll(bob)
        #expect(try place.names(in: "store") == ["70001", "70002", "newer", "seal.key"])
    }
}
