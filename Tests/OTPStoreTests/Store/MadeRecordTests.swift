import Foundation
import TestSupport
import Testing

@testable import OTPCore
@testable import OTPStore

/// Whoever makes a file may be killed when it has its name, and that is not on the disk yet: what
/// others then build on it would be gone after a power cut.
@Suite("A record after its maker was killed")
struct MadeRecordTests {
    /// What the file says is known to be on the disk.
    private func settled(_ fixture: StoreFixture) throws -> UInt64 {
        let bytes = try fixture.read("store/\(alice.uid)")
        return bytes[RecordLayout.markOffset..<RecordLayout.markOffset + 8]
            .reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A record as it is when its maker dies with the name made and not synced.
    private func left() throws -> StoreFixture {
        let fixture = try StoreFixture()
        try fixture.enroll()
        var bytes = try fixture.read("store/\(alice.uid)")
        bytes.replaceSubrange(
            RecordLayout.markOffset..<RecordLayout.chargeOffset, with: RecordLayout.mark(0))
        try fixture.write(bytes, to: "store/\(alice.uid)")
        return fixture
    }

    @Test("It does not say that it is on the disk once its name is")
    func made() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        #expect(try settled(fixture) == 1)
    }

    @Test("The first writer does not put its name on the disk")
    func first() throws {
        for typed in [code(noonStep), "000000"] {
            let fixture = try left()
            #expect(try settled(fixture) == 0)
            // To look changes nothing.
            _ = try fixture.state()
            #expect(try settled(fixture) == 0)
            _ = try fixture.attempt(typed)
            #expect(try settled(fixture) == 2)
        }
    }

    @Test("If the folder cannot be opened for that, somebody gets in")
    func unsynced() async throws {
        await #expect(processExitsWith: .success) {
            let fixture = try MadeRecordTests().left()
            let session = try #require(try fixture.store().open(alice))
            let refused: StoreError.Code? = try NoDescriptorTests.without {
                trouble { () throws(StoreError) in try session.commit() }
            }
            #expect(refused == .system)
            try session.commit()
        }
    }
}
