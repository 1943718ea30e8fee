import Foundation
import TestSupport
import Testing

@testable import OTPCore
@testable import OTPStore

/// The maker of a file may be killed after giving it its name and before syncing that to disk:
/// whatever others then build on it would be lost in a power failure.
@Suite("A record after its maker was killed")
struct MadeRecordTests {
    /// The mark: up to where the file says that it is safely on disk.
    private func settled(_ fixture: StoreFixture) throws -> UInt64 {
        let bytes = try fixture.read("store/\(alice.uid)")
        return bytes[RecordLayout.markOffset..<RecordLayout.markOffset + 8]
            .reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A record whose maker was killed after giving it its name and before syncing.
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
            // Looking changes nothing.
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
