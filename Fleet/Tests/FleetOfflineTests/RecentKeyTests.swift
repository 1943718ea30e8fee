import OTPCore
import Testing

@testable import FleetNetwork
@testable import FleetOffline

@Suite("Offline, a recent SSH key gets in for a time, and so often")
struct RecentKeyTests {
    private let now: UInt64 = 1_796_026_500

    @Test("A key counts that never passed a code, another's, too late, or before its time")
    func times() throws {
        let folder = try TestFolder()
        let keys = RecentKeys(in: folder.path)
        #expect(!keys.has("k", of: "alice", hours: 12, now: now))
        try keys.note("k", of: "alice", now: now)
        for keys in [keys, RecentKeys(in: folder.path)] {
            #expect(keys.has("k", of: "alice", hours: 12, now: now))
            #expect(keys.has("k", of: "alice", hours: 12, now: now + 12 * 3600 - 1))
            #expect(!keys.has("k", of: "alice", hours: 12, now: now + 12 * 3600))
            #expect(!keys.has("k", of: "alice", hours: 1, now: now + 3600))
            #expect(!keys.has("k", of: "alice", hours: 12, now: now - 1))
            #expect(!keys.has("k", of: "bob", hours: 12, now: now))
            #expect(!keys.has("l", of: "alice", hours: 12, now: now))
        }
        try PrivateFile.write("{", at: "\(folder.path)/recent")
        #expect(!RecentKeys(in: folder.path).has("k", of: "alice", hours: 12, now: now))
    }

    @Test("A user's keys or all users' grow without end")
    func many() throws {
        let folder = try TestFolder()
        let keys = RecentKeys(in: folder.path)
        for number in 0..<10 { try keys.note("k\(number)", of: "alice", now: now + UInt64(number)) }
        let kept = (0..<10).filter { keys.has("k\($0)", of: "alice", hours: 12, now: now + 60) }
        #expect(kept == [6, 7, 8, 9])
    }

    @Test("A key gets in more often than allowed, or as often again without a server")
    func count() throws {
        let desk = try Desk()
        let ledger = desk.ledger()
        func login(_ ledger: Ledger) throws -> UInt8? {
            try ledger.countLogin(of: "alice", most: 3, origin: "sshd", now: now)
        }
        #expect(try login(ledger) == 2)
        #expect(try login(desk.ledger()) == 1)
        let last = desk.ledger()
        #expect(try login(last) == 0)
        #expect(try login(last) == nil)
        #expect(try login(desk.ledger()) == nil)
        #expect(last.untold.map(\.kind) == [.recentKey, .recentKey, .recentKey])
        try last.settle(told: last.untold, key: desk.key, bytes: desk.bytes, highest: 0)
        #expect(try login(last) == 2)
        #expect(try last.countLogin(of: "", most: 3, origin: "sshd", now: now) == nil)
    }
}
