import Foundation
import OTPCore
import OTPWire
import Testing

@testable import FleetNetwork
@testable import FleetStore

@Suite("A new master key, under load", .serialized)
struct RotateKeyTests {
    private static let users = 1500

    /// Logs users in, one after the other, until told to end; returns what was not a yes. On a busy
    /// machine one may get no answer in time, but not three in a row.
    private func logins(
        _ fleet: LiveFleet, _ next: Lock<Int>, until isOver: Lock<Bool>
    ) async -> [String] {
        var (troubles, unanswered): ([String], [String]) = ([], [])
        while !isOver.withLock({ $0 }) {
            let number = next.withLock { next in
                defer { next += 1 }
                return next
            }
            guard number < RotateKeyTests.users else { break }
            do {
                switch try await fleet.judge(LiveFleet.code, ofUser: number) {
                case .judged(let judgement) where judgement.outcome.isAccepted: unanswered = []
                case .judged(let judgement): troubles.append("user\(number): \(judgement)")
                case let result: unanswered.append("user\(number): \(result)")
                }
            } catch {
                unanswered.append("user\(number): \(error)")
            }
            if unanswered.count == 3 { troubles += unanswered }
            try? await Task.sleep(for: .milliseconds(15))
        }
        return troubles
    }

    @Test("Logins fail meanwhile, a kill loses a record, or the old key goes while it is needed")
    func rotation() async throws {
        let fleet = try await LiveFleet()
        let ports = [try LiveFleet.freePort(), try LiveFleet.freePort()]
        try await fleet.makeFleet(port: ports[0])
        try fleet.copyFolder(to: 2, port: ports[1], from: ports[0])
        try fleet.startServer(1)
        try fleet.startServer(2)
        try await fleet.join(ports[0], ports[1])
        try fleet.startAgent()
        let old = try fleet.settings()
        try fleet.enroll(RotateKeyTests.users)
        #expect(await eventually { await fleet.isReady() })

        let (next, isOver) = (Lock(0), Lock(false))
        async let troubles = logins(fleet, next, until: isOver)
        let key = "\(fleet.path(of: 1))/fleet.key"
        let first = try await fleet.server("rotate-key", "--owner", fleet.owner)
        #expect(first.contains("does not count yet"))
        let spread = try PrivateFile.read(key)
        #expect(spread.hasSuffix(" next\n") && spread.split(separator: "\n").count == 2)
        try PrivateFile.write(spread, at: "\(fleet.path(of: 2))/fleet.key")
        try await Task.sleep(for: .seconds(4))

        for round in 1...10 {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: try Built.program("swiftotp-server"))
            process.arguments = [
                "rotate-key", "--owner", fleet.owner, "--folder", fleet.path(of: 1), "--wait", "60",
            ]
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            try await Task.sleep(for: .milliseconds(40 * round))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            // As long as a row needs it.
            #expect(try PrivateFile.read(key).split(separator: "\n").count == 2)
        }
        let last = try await fleet.server("rotate-key", "--owner", fleet.owner, "--wait", "3")
        #expect(last.contains("Done."))
        let new = try PrivateFile.read(key)
        #expect(new.split(separator: "\n").count == 1 && !new.contains("next"))
        #expect(spread.contains(new.split(separator: "\n")[0]))
        #expect(!spread.hasPrefix(new.prefix(20)))
        try PrivateFile.write(new, at: "\(fleet.path(of: 2))/fleet.key")
        let before = next.withLock { $0 }
        #expect(await eventually { next.withLock { $0 } >= min(before + 50, RotateKeyTests.users) })
        isOver.withLock { $0 = true }
        #expect(await troubles == [])
        #expect(next.withLock { $0 } > 20, "too few logins to say anything")

        let database = Database(try fleet.settings(), state: FleetState())
        #expect(try database.countOfOtherKeys() == 0)
        // With the old key alone nothing opens any more.
        #expect(throws: StoreError.self) { try Database(old, state: FleetState()).ready() }
        let audit = try await fleet.server("audit")
        #expect(audit.split(separator: "\n").count { $0.contains("key-rotated") } == 1)
    }
}
