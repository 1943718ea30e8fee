import Foundation
import Testing

@testable import OTPCore
@testable import OTPStore

@Suite("Decoys in trouble", .serialized, .timeLimit(.minutes(1)))
struct DecoyTroubleTests {
    /// The result of opening a decoy: an error, or `nil` with or without one.
    private func trouble(_ fixture: StoreFixture) -> StoreError.Code? {
        OTPStoreTests.trouble { () throws(StoreError) in
            try fixture.store().openDecoy(for: Array("mallory".utf8))?.close()
        }
    }

    @Test("A damaged decoy is not made anew", arguments: SafeOpenTests.Flaw.allCases)
    func flaws(_ flaw: SafeOpenTests.Flaw) throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        #expect(try fixture.attemptDecoy("mallory") == .refused(.wrong))
        let file = try fixture.decoyFile("mallory")
        try flaw.apply(fixture.file(file))
        // A folder in its place stays, and there is no decoy.
        let expected = flaw == .folder ? nil : Outcome.refused(.wrong)
        for _ in 0..<5 { #expect(try fixture.attemptDecoy("mallory") == expected) }
        var status = stat()
        #expect(lstat(fixture.file(file), &status) == 0)
        #expect(status.st_mode == (flaw == .folder ? S_IFDIR | 0o700 : S_IFREG | 0o600))
        #expect(status.st_uid == 0)
        #expect(try !fixture.names(in: "store").contains { $0.hasPrefix("new.") })
    }

    /// What a decoy's file can contain instead of a decoy.
    enum Damage: CaseIterable {
        case empty, short, long, flipped, text, ofAnotherKey, ofAnotherDecoy, ofAUser
    }

    @Test(
        "A decoy that is damaged, or of another key or name, stays", arguments: Damage.allCases)
    func damage(_ damage: Damage) throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        let other = try #require(
            ["trudy", "oscar"].first { try fixture.decoy($0) != fixture.decoy("mallory") })
        for name in ["mallory", other] {
            #expect(try fixture.attemptDecoy(name) == .refused(.wrong))
        }
        let file = try fixture.decoyFile("mallory")
        var bytes = try fixture.read(file)
        switch damage {
        case .empty: bytes = []
        case .short: bytes.removeLast()
        case .long: bytes.append(0)
        case .flipped: bytes[8192 + 100] ^= 1
        case .text: bytes = Array("RATE_LIMIT 3 30\n".utf8)
        case .ofAnotherKey: bytes[16] ^= 1
        case .ofAnotherDecoy: bytes = try fixture.read(fixture.decoyFile(other))
        case .ofAUser: bytes = try fixture.read("store/\(alice.uid)")
        }
        try fixture.write(bytes, to: file)
        for _ in 0..<5 { #expect(try fixture.attemptDecoy("mallory") == .refused(.wrong)) }
        #expect(try fixture.attemptDecoy("mallory") == .refused(.throttled(seconds: 30)))
        #expect(try fixture.state()?.failures == 0)
    }

    @Test("Made by 16 at once, there is more than one, or a failure is lost")
    func race() throws {
        for spoilt in [false, true] {
            let fixture = try StoreFixture()
            try fixture.enroll()
            if spoilt {
                for name in try fixture.companions(1, of: "mallory") {
                    #expect(try fixture.attemptDecoy(name) == .refused(.wrong))
                }
                #expect(truncate(fixture.file(try fixture.decoyFile("mallory")), 100) == 0)
            }
            let endings = together(16) { _ in try? fixture.attemptDecoy("mallory") }
            let wrong = endings.count { $0 == .refused(.wrong) }
            #expect(endings.count { $0 == .refused(.throttled(seconds: 30)) } == 16 - wrong)
            // If several repair a damaged one at the same time, the last one's stays.
            #expect(spoilt ? wrong >= 5 : wrong == 5)
            #expect(try fixture.names(in: "store").count == 256 + 3)
        }
    }

    @Test("Decoys are listed or counted, or are a reason to miss a key")
    func noRecords() throws {
        let fixture = try StoreFixture()
        // Before anybody is enrolled there is nothing to hide; once there is a key, decoys are
        // made.
        #expect(try fixture.attemptDecoy("mallory") == .refused(.wrong))
        #expect(try fixture.store().userIDs().isEmpty)
        let key = try fixture.store().keyID()
        try #require(unlink(fixture.file("store/seal.key")) == 0)
        #expect(throws: StoreError(.missing, [], "")) { try fixture.attemptDecoy("mallory") }
        // Root makes another key; what was sealed with the lost one is made again, and not trusted.
        _ = try Store.make(path: fixture.bytes("store"))
        try fixture.enroll()
        #expect(try fixture.store().keyID() != key)
        #expect(try fixture.store().userIDs() == [alice.uid])
        let newID = try fixture.store().keyID()
        // Each with its own decoy, under the new key.
        var seen: Set<String> = []
        for name in ["mallory", "trudy", "oscar"] {
            let file = try fixture.decoyFile(name)
            guard seen.insert(file).inserted else { continue }
            #expect(try Array(fixture.read(file)[16..<24]) == key)
            #expect(try fixture.attemptDecoy(name) == .refused(.wrong))
            #expect(try Array(fixture.read(file)[16..<24]) == newID)
        }
        #expect(try fixture.store().userIDs() == [alice.uid])
    }

    @Test("Trouble with the key or the folder looks different from that with a record")
    func alike() throws {
        let spoilers: [(StoreFixture) -> Bool] = [
            { unlink($0.file("store/seal.key")) == 0 },
            { truncate($0.file("store/seal.key"), 10) == 0 },
            { chmod($0.file("store/seal.key"), 0o644) == 0 },
            { chmod($0.file("store"), 0o755) == 0 },
            { rename($0.file("store"), $0.file("away")) == 0 },
        ]
        for isMade in [false, true] {
            for (index, spoil) in spoilers.enumerated() {
                let fixture = try StoreFixture()
                try fixture.enroll()
                if isMade { _ = try fixture.attemptDecoy("mallory") }
                try #require(spoil(fixture))
                let enrolled = OTPStoreTests.trouble(opening: fixture)
                #expect(enrolled != nil && trouble(fixture) == enrolled, "spoiler \(index)")
            }
        }
    }

    @Test("A lock that is never released looks different from that with a record")
    func lock() async throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        #expect(try fixture.attemptDecoy("mallory") == .refused(.wrong))
        let lock = try #require(ForeignLock(fixture.file(try fixture.decoyFile("mallory"))))
        // In its own thread: all tests share a few.
        let results = Results<StoreError.Code?>()
        Thread.detachNewThread { results.append(trouble(fixture)) }
        try await results.wait(upTo: 50)
        #expect(results.all == [.busy])
        lock.release()
        #expect(trouble(fixture) == nil)
    }

    @Test("A full disk hides the decoys that exist, or a read-only one is not trouble for all")
    func disks() throws {
        let fixture = try StoreFixture()
        let store = fixture.file("store")
        // Room for the key, the marker, a record and a decoy, but for no second one.
        try #require(mount("decoys", store, "tmpfs", 0, "size=40k,mode=700") == 0)
        defer { umount2(store, CInt(MNT_DETACH)) }
        _ = try Store.make(path: fixture.bytes("store"))
        try fixture.enroll()
        #expect(try fixture.attemptDecoy("mallory") == .refused(.wrong))
        let other = try #require(
            ["trudy", "oscar"].first { try fixture.decoy($0) != fixture.decoy("mallory") })
        #expect(try fixture.attemptDecoy(other) == nil)
        #expect(try fixture.attemptDecoy("mallory") == .refused(.wrong))
        #expect(try fixture.attempt("000000") == .refused(.wrong))
        #expect(try !fixture.names(in: "store").contains { $0.hasPrefix("new.") })
        try #require(mount(nil, store, nil, UInt(MS_REMOUNT) | UInt(MS_RDONLY), nil) == 0)
        for name in ["mallory", other] {
            #expect(throws: StoreError(.system, [], "")) { try fixture.attemptDecoy(name) }
        }
        #expect(OTPStoreTests.trouble(opening: fixture) == .system)
    }
}
