import Foundation
import TestSupport
import Testing

@testable import OTPCore
@testable import OTPStore

@Suite("Where the store is, and for whom")
struct DefaultPathTests {
    @Test("By default, records and key are not where the documents say")
    func defaults() throws {
        try Build.requireGround()
        let store = try Store(path: nil)
        #expect(String(decoding: store.path, as: UTF8.self) == "/var/lib/swiftotp")
        #expect(String(decoding: store.keyPath, as: UTF8.self) == "/etc/swiftotp/seal.key")
        #expect(!store.keepsKey)
        // Other tests may have enrolled users there.
        _ = try store.userIDs()
    }

    @Test(
        "The default store has another key when its path is written out",
        arguments: [
            ("/var/lib/swiftotp", true), ("/var/lib/swiftotp/", true),
            ("//var/./lib//swiftotp/.", true), ("/var/lib/swiftotp2", false),
            ("/var/lib", false), ("/var/lib/swiftotp/x", false), ("/", false), ("", false),
            ("var/lib/swiftotp", false), ("/var/lib/./.swiftotp", false),
        ])
    func writtenOut(_ path: String, _ isDefault: Bool) throws {
        #expect(Store.isDefault(Array(path.utf8)) == isDefault)
        guard isDefault else { return }
        try Build.requireGround()
        let store = try Store(path: Array(path.utf8))
        #expect(String(decoding: store.keyPath, as: UTF8.self) == "/etc/swiftotp/seal.key")
        #expect(!store.keepsKey)
    }

    @Test("A user who is not root is not told that it is root's")
    func others() async throws {
        await #expect(processExitsWith: .success) {
            let fixture = try StoreFixture()
            #expect(chmod(fixture.path, 0o755) == 0)
            try #require(seteuid(65_534) == 0)
            do throws(StoreError) {
                _ = try fixture.store()
                Issue.record("it is open to everybody")
            } catch {
                #expect(error.code == .system)
                #expect(error.detail == "permission denied: only root has access")
            }
            try #require(seteuid(0) == 0)
        }
    }

    @Test("A relative path is accepted", arguments: ["store", "", "."])
    func relative(_ path: String) {
        let path = Array(path.utf8)
        #expect(trouble { () throws(StoreError) in _ = try SafeOpen.file(path, 0) } == .unsafe)
        #expect(trouble { () throws(StoreError) in try Store.makeFolder(path) } == .unsafe)
        #expect(trouble { () throws(StoreError) in try SealKeyFile.make(path) } == .unsafe)
    }

    @Test("Something other than a missing file counts as missing")
    func missing() throws {
        let fixture = try StoreFixture()
        #expect(
            System.isMissing(fixture.bytes("none")) && System.isMissing(fixture.bytes("none/file")))
        try fixture.write([], to: "file")
        #expect(symlink("/nonexistent", fixture.file("link")) == 0)
        #expect(mkfifo(fixture.file("fifo"), 0o600) == 0)
        for name in ["file", "store", "link", "fifo", "file/below"] {
            #expect(!System.isMissing(fixture.bytes(name)), "\(name)")
        }
    }
}
