import Foundation
import Testing

@testable import OTPCore
@testable import OTPStore

@Suite("The record file")
struct RecordFileTests {
    private let name = "store/\(alice.uid)"

    /// The generations in the two slots.
    private func generations(_ file: [UInt8]) -> [UInt64] {
        [4096, 8192].map { file[$0..<$0 + 8].reduce(0) { $0 << 8 | UInt64($1) } }
    }

    @Test("A new record is not what another store object opens")
    func roundTrip() throws {
        let fixture = try StoreFixture()
        var codes: [String] = []
        let record = try fullRecord(&codes)
        try fixture.store().make(record, of: alice)
        #expect(try fixture.state() == State(record))
        #expect(try fixture.state(of: bob) == nil)
        var status = stat()
        #expect(stat(fixture.record(of: alice), &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o600)
        #expect(status.st_size == 12_288)
    }

    @Test("A commit writes more than the older slot and the cell, or replaces the file")
    func slots() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        var before = stat()
        stat(fixture.record(of: alice), &before)
        var file = try fixture.read(name)
        #expect(generations(file) == [1, 0])
        for (round, expected) in [[1, 2], [3, 2], [3, 4], [5, 4]].enumerated() {
            let session = try #require(try fixture.store().open(alice))
            session.withRecord { $0.backupCodesMade += 1 }
            try session.commit()
            session.close()
            let written = try fixture.read(name)
            #expect(generations(written) == expected.map(UInt64.init))
            let target = round % 2 == 0 ? 8192..<12_288 : 4096..<8192
            for index in file.indices where file[index] != written[index] {
                #expect(target.contains(index) || (512..<1024).contains(index))
            }
            file = written
            #expect(try fixture.state()?.failures == 0)
        }
        var after = stat()
        stat(fixture.record(of: alice), &after)
        #expect(after.st_ino == before.st_ino && after.st_size == before.st_size)
        #expect(after.st_blocks == before.st_blocks)
    }

    @Test("Of several commits in one session, or a thousand, the last one is lost")
    func many() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        for round in 0..<10 as Range<UInt64> {
            let session = try #require(try fixture.store().open(alice))
            for commit in 1...100 as ClosedRange<UInt64> {
                session.withRecord { $0.backupCodesMade = round * 100 + commit }
                if commit % 3 == 0 { try session.charge() }
                try session.commit()
            }
            session.close()
        }
        let session = try #require(try fixture.store().openForReading(alice))
        #expect(session.withRecord { $0.backupCodesMade } == 1000)
        #expect(generations(try fixture.read(name)).max() == 1001)
    }

    @Test("A charge writes more than the cell, or a process killed after it has no failure")
    func killed() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        for failures in 1...7 as ClosedRange<UInt32> {
            let before = try fixture.read(name)
            do {
                // The process ends here: no commit, no close.
                let session = try #require(try fixture.store().open(alice))
                session.withRecord { $0.throttle.charge(at: noon, from: here()) }
                try session.charge()
            }
            let after = try fixture.read(name)
            for index in before.indices where before[index] != after[index] {
                #expect((512..<1024).contains(index))
            }
            #expect(try fixture.state()?.failures == failures)
            #expect(try fixture.state()?.nextSteps == [0])
        }
        #expect(try fixture.attempt(code(noonStep)) == .refused(.throttled(seconds: 120)))
        #expect(try fixture.attempt(code(noonStep + 4), at: noon + 120).reason == "code")
        // The login came from elsewhere: one failure is forgiven.
        #expect(try fixture.state()?.failures == 6)
    }

    @Test("Codes and backup codes are not used up in the file, or failures do not add up")
    func attempts() throws {
        let fixture = try StoreFixture()
        let codes = try fixture.enroll()
        for number in 0..<2 { #expect(try fixture.attempt(wrong(number)) == .refused(.wrong)) }
        #expect(try fixture.state()?.failures == 2)
        #expect(try fixture.attempt(code(noonStep)).reason == "code")
        #expect(try fixture.state()?.failures == 0)
        #expect(try fixture.state()?.nextSteps == [noonStep + 1])
        #expect(try fixture.attempt(code(noonStep)) == .refused(.replayed))
        #expect(try fixture.attempt(codes[3]) == .granted(.backupCode(index: 3, left: 9)))
        #expect(try fixture.attempt(codes[3]) == .refused(.usedBackupCode))
        #expect(try fixture.state()?.backupCodes == [0, 1, 2, 4, 5, 6, 7, 8, 9])
    }

    @Test("A record opened for reading can be written")
    func reading() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        let before = try fixture.read(name)
        let session = try #require(try fixture.store().openForReading(alice))
        #expect(trouble { () throws(StoreError) in try session.commit() } == .system)
        #expect(trouble { () throws(StoreError) in try session.charge() } == .system)
        session.close()
        #expect(try fixture.read(name) == before)
        #expect(try fixture.state() != nil)
    }

    @Test("A second record of one user is made, or the first one is lost")
    func exists() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        let before = try fixture.read(name)
        var codes: [String] = []
        let other = try fullRecord(&codes)
        #expect(
            trouble { () throws(StoreError) in try fixture.store().make(other, of: alice) }
                == .exists
        )
        #expect(try fixture.read(name) == before)
        #expect(try fixture.names(in: "store") == ["70001", "marker", "seal.key"])
    }

    @Test("A removed record stays, or cannot be made anew")
    func removed() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        try fixture.enroll(bob)
        let store = try fixture.store()
        #expect(try store.userIDs().sorted() == [70_001, 70_002])
        #expect(try store.hasRecord(of: alice))
        try store.remove(alice)
        #expect(try !store.hasRecord(of: alice))
        #expect(try store.open(alice) == nil)
        #expect(try store.userIDs() == [70_002])
        #expect(trouble { () throws(StoreError) in try store.remove(alice) } == .missing)
        try fixture.enroll()
        #expect(try fixture.state() != nil)
    }

    @Test("A file that is not named by a UID in decimal counts as a record")
    func userIDs() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        for name in ["007", "+7", "-1", "7 ", "4294967296", "70003.bak", "new.70004", "x", "٧"] {
            try fixture.write([], to: "store/\(name)")
        }
        #expect(try fixture.store().userIDs() == [70_001])
    }

    @Test("The fullest record does not fit its file")
    func fullest() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        let session = try #require(try fixture.store().open(alice))
        let key = [UInt8](repeating: 7, count: 64)
        session.withRecord { record in
            for index in 0..<4 {
                let name = Name("\(index)".utf8 + [UInt8](repeating: 0x61, count: 31))
                guard let name, let new = Authenticator(name: name, added: noon) else { continue }
                let own = [UInt8](repeating: UInt8(index), count: 64)
                try? record.add(new, key: own.span)
            }
            for index in 0..<16 as Range<UInt8> {
                let id = [index]
                record.throttle.succeed(at: .max, from: SourceID(id.span))
                record.note(Event(.added, at: .max, detail: key, origin: key))
            }
            record.notices.failed(at: .max, from: key)
            var random = [UInt8](0..<11)
            record.issueTemporaryCode(
                at: noon, validFor: 600, boot: BootTime(id: [UInt8](0..<16), seconds: .max),
                random: &random, salt: [UInt8](0..<8)
            ) { _ in }
        }
        try session.charge()
        try session.commit()
        let state = session.withRecord { State($0) }
        session.close()
        #expect(state.nextSteps.count == 5)
        #expect(state.encoded.count == 2525)
        #expect(try fixture.state() == state)
    }
}
