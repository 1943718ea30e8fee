import Foundation
import Testing

@testable import OTPCore
@testable import OTPStore

@Suite("A lost store is not one in which nobody is enrolled")
struct MarkerTests {
    /// What happened to the store.
    enum Loss: CaseIterable {
        case emptied, markerGone, markerOfAnotherKey, markerSpoilt, markerOfNone
    }

    private func lose(_ fixture: StoreFixture, _ loss: Loss) throws {
        let marker = fixture.file("store/marker")
        switch loss {
        case .emptied:
            let key = try fixture.read("store/seal.key")
            try FileManager.default.removeItem(atPath: fixture.file("store"))
            #expect(mkdir(fixture.file("store"), 0o700) == 0)
            try fixture.write(key, to: "store/seal.key")
        case .markerGone: #expect(unlink(marker) == 0)
        case .markerOfAnotherKey:
            let other = try StoreFixture()
            try fixture.write(other.read("store/marker"), to: "store/marker")
        case .markerSpoilt:
            var bytes = try fixture.read("store/marker")
            bytes[bytes.count - 1] ^= 1
            try fixture.write(bytes, to: "store/marker")
        case .markerOfNone: try fixture.write([], to: "store/marker")
        }
    }

    private func code(of loss: Loss) -> StoreError.Code {
        switch loss {
        case .emptied, .markerGone: .unproven
        case .markerOfAnotherKey, .markerSpoilt, .markerOfNone: .otherKey
        }
    }

    @Test("A user without a record passes, or something new is stored", arguments: Loss.allCases)
    func lost(_ loss: Loss) throws {
        let fixture = try StoreFixture()
        #expect(try !fixture.store().isEnrolled(bob))
        try lose(fixture, loss)
        let code = code(of: loss)
        #expect(
            trouble { () throws(StoreError) in _ = try fixture.store().isEnrolled(bob) } == code)
        #expect(OTPStoreTests.trouble(opening: fixture, bob) == code)
        #expect(
            trouble { () throws(StoreError) in
                _ = try fixture.store().openDecoy(for: Array("mallory".utf8))
            } == code)
        #expect(
            trouble { () throws(StoreError) in try fixture.store().make(Record(), of: bob) } == code
        )
        let path = fixture.bytes("store")
        #expect(trouble { () throws(StoreError) in _ = try Store.openIfMade(path: path) } == code)
        // Root's commands do not make a new one in its place either, unless told to.
        #expect(trouble { () throws(StoreError) in _ = try Store.make(path: path) } == code)
        #expect(try Store.make(path: path, startsEmpty: true).made == .new)
        #expect(try !fixture.store().isEnrolled(bob))
    }

    @Test("A user with a record does not get in, or root cannot mark the store again")
    func unmarked() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        try lose(fixture, .markerGone)
        #expect(OTPStoreTests.trouble(opening: fixture) == nil)
        #expect(OTPStoreTests.trouble(opening: fixture, bob) == .unproven)
        #expect(try Store.make(path: fixture.bytes("store")).made == .marked)
        #expect(OTPStoreTests.trouble(opening: fixture, bob) == nil)
        #expect(try Store.make(path: fixture.bytes("store")).made == .there)
    }

    @Test("Another key's marker is replaced though there are records")
    func ofAnotherKey() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        try lose(fixture, .markerOfAnotherKey)
        for startsEmpty in [false, true] {
            let ending = trouble { () throws(StoreError) in
                _ = try Store.make(path: fixture.bytes("store"), startsEmpty: startsEmpty)
            }
            #expect(ending == .otherKey)
        }
        // Records of another key get no marker from this one.
        let other = try StoreFixture()
        try fixture.write(other.read("store/seal.key"), to: "store/seal.key")
        #expect(unlink(fixture.file("store/marker")) == 0)
        let ending = trouble { () throws(StoreError) in
            _ = try Store.make(path: fixture.bytes("store"), startsEmpty: true)
        }
        #expect(ending == .otherKey)
    }

    @Test("A folder and its key from a backup are not the store")
    func restored() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        let (from, to) = (fixture.file("store"), fixture.file("backup"))
        try FileManager.default.copyItem(atPath: from, toPath: to)
        try FileManager.default.removeItem(atPath: from)
        #expect(try Store.openIfMade(path: fixture.bytes("store")) == nil)
        try FileManager.default.moveItem(atPath: to, toPath: from)
        #expect(OTPStoreTests.trouble(opening: fixture) == nil)
        #expect(OTPStoreTests.trouble(opening: fixture, bob) == nil)
    }

    @Test("An interrupted making is not finished by the next one", arguments: 0...3)
    func cutShort(_ steps: Int) throws {
        let fixture = try StoreFixture()
        let whole = try StoreFixture()
        for name in ["marker", "seal.key"] { #expect(unlink(fixture.file("store/\(name)")) == 0) }
        if steps > 0 { try fixture.write([], to: "store/making") }
        if steps > 1 { try fixture.write(whole.read("store/seal.key"), to: "store/seal.key") }
        if steps > 2 { try fixture.write(whole.read("store/marker"), to: "store/marker") }
        if steps < 3 { #expect(OTPStoreTests.trouble(opening: fixture, bob) != nil) }
        _ = try Store.make(path: fixture.bytes("store"))
        #expect(OTPStoreTests.trouble(opening: fixture, bob) == nil)
    }
}
