import Foundation
import Testing

@testable import OTPCore
@testable import OTPStore

@Suite("Damaged records")
struct DamageTests {
    private let name = "store/\(alice.uid)"

    /// Puts `file` in the place of the record, and returns the result of opening it; the file must
    /// not change.
    private func trouble(_ file: [UInt8], in fixture: StoreFixture) throws -> StoreError.Code? {
        try fixture.write(file, to: name)
        let code = OTPStoreTests.trouble(opening: fixture)
        #expect(try fixture.read(name) == file)
        return code
    }

    /// The store's result for the record with one bit flipped in each byte in turn. If it opens,
    /// the contents must be the same as before.
    private func flips(_ fixture: StoreFixture) throws -> [StoreError.Code?] {
        let file = try fixture.read(name)
        let state = try #require(try fixture.state())
        let descriptor = open(fixture.record(of: alice), O_RDWR)
        defer { close(descriptor) }
        let store = try fixture.store()
        let codes = file.indices.map { index in
            var flipped = file[index] ^ (1 << (index % 8))
            pwrite(descriptor, &flipped, 1, index)
            defer {
                var original = file[index]
                pwrite(descriptor, &original, 1, index)
            }
            return OTPStoreTests.trouble { () throws(StoreError) in
                let session = try store.openForReading(alice)
                let read = session?.withRecord { State($0) }
                session?.close()
                #expect(read == state, "byte \(index)")
            }
        }
        #expect(try fixture.state() == state)
        #expect(try fixture.read(name) == file)
        return codes
    }

    /// Checks the results of flipping the bytes of the head, the mark and the zeros.
    private func expectHeadRefused(_ codes: [StoreError.Code?]) {
        for index in 0..<1024 {
            switch index {
            case 12..<16, 26..<31: #expect(codes[index] == .otherUser, "byte \(index)")
            case 16..<24: #expect(codes[index] == .otherKey, "byte \(index)")
            case 24..<26: #expect(codes[index] != nil, "byte \(index)")
            case ..<528: #expect(codes[index] == .damaged, "byte \(index)")
            default: break
            }
        }
        #expect(codes[1024..<4096].allSatisfy { $0 == .damaged })
    }

    @Test("A flipped bit that counts is not found, or another one matters")
    func flipped() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        for number in 0..<3 { _ = try fixture.attempt(wrong(number)) }
        _ = try fixture.attempt(code(noonStep))
        // Four commits after the first write: slot 0 has generation 5, and the charge is of 4.
        #expect(try fixture.read(name)[4096..<4104].elementsEqual([0, 0, 0, 0, 0, 0, 0, 5]))
        let codes = try flips(fixture)
        expectHeadRefused(codes)
        #expect(codes[4096..<8192].allSatisfy { $0 == .damaged })
        #expect(codes[8192...].allSatisfy { $0 == nil })
        // The charge is over; only its generation is checked, and refused if it is too high.
        #expect(codes[528..<535].allSatisfy { $0 == .damaged })
        #expect(codes[536..<1024].allSatisfy { $0 == nil })
    }

    @Test("A bit flipped in a charge that counts is not found")
    func flippedCharge() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        _ = try fixture.attempt("000000")
        let session = try #require(try fixture.store().open(alice))
        session.withRecord { $0.throttle.charge(at: noon, from: here()) }
        try session.charge()
        session.close()
        // The charge has generation 2, like slot 1; byte 535 is the last of its generation, and
        // with bit 7 flipped it is too high.
        let codes = try flips(fixture)
        expectHeadRefused(codes)
        #expect(codes[528..<1024].allSatisfy { $0 == .damaged })
        #expect(codes[4096..<8192].allSatisfy { $0 == nil })
        #expect(codes[8192...].allSatisfy { $0 == .damaged })
    }

    @Test("A record cut short or extended anywhere is not damaged")
    func truncated() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        let file = try fixture.read(name)
        let lengths = [
            0, 1, 7, 8, 23, 24, 31, 511, 512, 513, 1023, 1024, 4095, 4096, 4097, 4104, 5000, 8191,
            8192, 8193, 12_287,
        ]
        for length in lengths {
            #expect(try trouble(Array(file.prefix(length)), in: fixture) == .damaged, "\(length)")
        }
        #expect(try trouble(file + [0], in: fixture) == .damaged)
        #expect(try trouble(file + file, in: fixture) == .damaged)
        #expect(try trouble([UInt8](repeating: 0, count: file.count), in: fixture) == .damaged)
        #expect(try trouble(file, in: fixture) == nil)
    }

    @Test("Text, another version or a newer one is not damaged")
    func foreign() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        let file = try fixture.read(name)
        let text = Array("\"RATE_LIMIT 3 30\n".utf8)
        #expect(try trouble(text, in: fixture) == .damaged)
        #expect(try trouble(text + file.dropFirst(text.count), in: fixture) == .damaged)
        for version in [0, 1, 3, 255] as [UInt8] {
            var other = file
            other[11] = version
            #expect(try trouble(other, in: fixture) == .damaged)
        }
    }

    @Test("Another user's record is not recognized by its name or its UID")
    func otherUser() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        // userdel and useradd gave the UID to another user.
        for name in ["mallory", "alicia", "alic", "Alice", ""] {
            let other = User(name: Array(name.utf8), uid: alice.uid, gid: 100)
            #expect(OTPStoreTests.trouble(opening: fixture, other) == .otherUser)
        }
        // A copied record.
        try fixture.write(try fixture.read(name), to: "store/70002")
        #expect(OTPStoreTests.trouble(opening: fixture, bob) == .otherUser)
        let namesake = User(name: alice.name, uid: bob.uid, gid: 100)
        #expect(OTPStoreTests.trouble(opening: fixture, namesake) == .otherUser)
        #expect(OTPStoreTests.trouble(opening: fixture) == nil)
    }

    @Test("Parts of other records, or swapped slots, open")
    func transplanted() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        try fixture.enroll(bob)
        // The newest slot is slot 0, and it has a charge.
        for user in [alice, bob] {
            for number in 0..<2 { _ = try fixture.attempt(wrong(number), as: user) }
            let session = try #require(try fixture.store().open(user))
            try session.charge()
            session.close()
        }
        let (ours, other) = (try fixture.read(name), try fixture.read("store/\(bob.uid)"))
        for range in [528..<1024, 4096..<8192] {
            var file = ours
            file.replaceSubrange(range, with: other[range])
            #expect(try trouble(file, in: fixture) == .damaged)
        }
        var head = other
        head.replaceSubrange(0..<512, with: ours[0..<512])
        #expect(try trouble(head, in: fixture) == .damaged)
        let swapped = Array(ours[..<4096] + ours[8192...] + ours[4096..<8192])
        #expect(try trouble(swapped, in: fixture) == .damaged)
        #expect(try trouble(ours, in: fixture) == nil)
    }

    @Test("Another seal key is reported as damage, or another key of the same name opens")
    func otherKey() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        let key = try fixture.read("store/seal.key")
        var other = key
        for index in 8..<48 { other[index] = UInt8(index) }
        try fixture.write(other, to: "store/seal.key")
        #expect(OTPStoreTests.trouble(opening: fixture) == .otherKey)
        try fixture.write(Array(key[..<16] + other[16...]), to: "store/seal.key")
        #expect(OTPStoreTests.trouble(opening: fixture) == .damaged)
        try fixture.write(key, to: "store/seal.key")
        #expect(OTPStoreTests.trouble(opening: fixture) == nil)
    }

    @Test("Without the seal key something opens, or a new key is made over records")
    func missingKey() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        let before = try fixture.read(name)
        #expect(unlink(fixture.file("store/seal.key")) == 0)
        #expect(OTPStoreTests.trouble(opening: fixture) == .missing)
        #expect(OTPStoreTests.trouble(opening: fixture, bob) == .missing)
        #expect(try fixture.store().hasRecord(of: alice))
        let made = OTPStoreTests.trouble { () throws(StoreError) in
            _ = try Store.make(path: fixture.bytes("store"))
        }
        #expect(made == .missing)
        #expect(try fixture.names(in: "store") == ["70001", "marker"])
        #expect(try fixture.read(name) == before)
        // Without a record there is nothing to lose.
        #expect(unlink(fixture.record(of: alice)) == 0)
        _ = try Store.make(path: fixture.bytes("store"))
        try fixture.enroll()
        #expect(OTPStoreTests.trouble(opening: fixture) == nil)
    }

    @Test("An invalid seal key is accepted", arguments: [0, 1, 47, 49, 4096])
    func brokenKey(_ length: Int) throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        let key = try fixture.read("store/seal.key")
        #expect(key.count == 48)
        let long = key + [UInt8](repeating: 0, count: 4096)
        try fixture.write(Array(long.prefix(length)), to: "store/seal.key")
        #expect(OTPStoreTests.trouble(opening: fixture) == .damaged)
        var magic = key
        magic[3] ^= 1
        try fixture.write(magic, to: "store/seal.key")
        #expect(OTPStoreTests.trouble(opening: fixture) == .damaged)
    }
}
