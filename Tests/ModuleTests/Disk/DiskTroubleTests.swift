import Foundation
import TestSupport
import Testing

/// Disks that are full or read-only, during several logins.
@Suite("Disk trouble")
struct DiskTroubleTests {
    @Test("on a full btrfs, a record is not overwritten in place")
    func fullBtrfs() async throws {
        let enrolled = try Enrolled()
        try await enrolled.useSmallDisk(.btrfs)
        defer { enrolled.removeSmallDisk() }
        let added = try await Command.run([
            try Build.product("otp-enroll"), "add", "bin", "--no-confirm", "--json", "--store",
            enrolled.store,
        ])
        let told = try JSONSerialization.jsonObject(with: Data(added.output.utf8))
        let uri = try #require((told as? [String: Any])?["uri"] as? String, "\(added.errors)")
        try await enrolled.fillSmallDisk()
        let stack = try enrolled.stack()
        let code = try await Phone(scanning: uri).code()
        #expect(try await stack.login("bin", [code]).name == "PAM_SUCCESS")
        #expect(try await stack.login("bin", [code]).name == "PAM_AUTH_ERR")
        // Nothing is reserved for a copied record: its login fails, so the disk really is full.
        let other = try await enrolled.phone.code()
        #expect(try await stack.login(enrolled.user, [other]).name == "PAM_AUTHINFO_UNAVAIL")
    }
}
