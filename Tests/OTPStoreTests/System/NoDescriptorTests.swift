import Foundation
import TestSupport
import Testing

@testable import OTPCore
@testable import OTPStore

/// A process that cannot open any more files because its caller has set the limit.
@Suite("Without descriptors", .timeLimit(.minutes(2)))
struct NoDescriptorTests {
    /// Runs `body` while no call can get a descriptor.
    static func without<Result>(_ body: () throws -> Result) throws -> Result {
        var limit = rlimit()
        try #require(getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
        let before = limit
        limit.rlim_cur = 0
        try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
        defer {
            limit = before
            #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
        }
        return try body()
    }

    private static func trouble(_ body: () throws(StoreError) -> Void) -> String? {
        do throws(StoreError) {
            try body()
            return nil
        } catch {
            return error.code == .system ? error.detail : "\(error.code)"
        }
    }

    @Test("Without descriptors, store, record, key or configuration count as \"not there\"")
    func store() async throws {
        await #expect(processExitsWith: .success) {
            let fixture = try StoreFixture()
            try fixture.enroll()
            try fixture.write(Array("nullok\n".utf8), to: "conf", mode: 0o644)
            let conf = Array("conf=".utf8) + fixture.bytes("conf")
            // Opened before, but its key is not read yet.
            let store = try fixture.store()
            try NoDescriptorTests.without {
                let full = "too many open files"
                let troubles = [
                    NoDescriptorTests.trouble { () throws(StoreError) in _ = try fixture.store() },
                    NoDescriptorTests.trouble { () throws(StoreError) in
                        _ = try store.open(alice)
                    },
                    NoDescriptorTests.trouble { () throws(StoreError) in
                        _ = try store.isEnrolled(alice)
                    },
                    NoDescriptorTests.trouble { () throws(StoreError) in _ = try store.userIDs() },
                    NoDescriptorTests.trouble { () throws(StoreError) in _ = try store.key() },
                    NoDescriptorTests.trouble { () throws(StoreError) in
                        try store.make(Record(), of: bob)
                    },
                    NoDescriptorTests.trouble { () throws(StoreError) in
                        _ = try store.openDecoy(for: bob.name)
                    },
                    NoDescriptorTests.trouble { () throws(StoreError) in
                        _ = try ConfigurationFile.options([conf])
                    },
                ]
                #expect(troubles == Array(repeating: full, count: troubles.count))
                #expect(!System.isMissing(fixture.bytes("none")))
            }
            guard case .granted = try fixture.attempt(code(noonStep)) else {
                Issue.record("a right code is refused afterward")
                return
            }
        }
    }

    @Test("What works without descriptors fails: boot time, host name, the usual UIDs")
    func others() async throws {
        await #expect(processExitsWith: .success) {
            #expect(SystemClock().boot() != nil && !SystemHost.name().isEmpty)
            try NoDescriptorTests.without {
                #expect(SystemClock().boot() == nil)
                #expect(SystemHost.name().isEmpty)
                #expect(SystemUsers().peoplesNumbers() == 1000...60_000)
            }
        }
    }
}
