import Foundation
import OTPCore

@testable import FleetNetwork
@testable import FleetOffline

/// A host's ledger with a key, in folders of its own.
struct Desk {
    let folder: TestFolder
    let keys: TestFolder
    let bytes: [UInt8]

    init(key seed: UInt8 = 7) throws {
        (folder, keys) = (try TestFolder(), try TestFolder())
        bytes = (0..<32).map { $0 &* 5 &+ seed }
        try ledger().settle(told: [], key: key, bytes: bytes, highest: 0)
    }

    var key: SealKey { Desk.key(bytes) }

    static func key(_ bytes: [UInt8]) -> SealKey {
        var copy = bytes
        guard let key = SealKey(id: Array(repeating: 1, count: 8), key: Secret(wiping: &copy))
        else {
            preconditionFailure("no key")
        }
        return key
    }

    /// The ledger as an agent that starts now reads it.
    func ledger() -> Ledger { Ledger(in: folder.path, keys: keys.path) }

    func answer(_ number: UInt64, of user: String = "alice") -> String {
        OfflineAnswer.text(of: Array(user.utf8), number: number, key: key)
    }

    var file: String { "\(folder.path)/ledger" }
    var keyFile: String { "\(keys.path)/offline.key" }
}

extension Ledger {
    /// Tries an answer at a fixed time.
    func judge(_ text: String, _ number: UInt64, of user: String = "alice") throws -> Verdict {
        try judge(text, number: number, of: user, origin: "sshd 192.0.2.7", now: 1_796_026_500)
    }
}

/// A folder of a test's own, removed with it.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/offline-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Waits until `condition` holds, at most `limit`; whether it does.
func eventually(
    within limit: Duration = .seconds(60), _ condition: @Sendable () async throws -> Bool
) async rethrows -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(50))
    }
    return try await condition()
}

/// Calls `body` on so many threads at once, and returns what they returned.
func atOnce<Result: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) -> Result
) async -> [Result] {
    await withTaskGroup(of: Result.self) { group in
        for number in 0..<count {
            group.addTask {
                await withCheckedContinuation { continuation in
                    Thread.detachNewThread { continuation.resume(returning: body(number)) }
                }
            }
        }
        return await group.reduce(into: []) { $0.append($1) }
    }
}
