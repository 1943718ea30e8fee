import Foundation
import OTPCore
import OTPWire
import Testing

@testable import FleetNetwork
@testable import FleetStore

@Suite("A new master key, under load", .serialized)
struct RotateKeyTests {
    private static let users = 1500
    /// The key of everybody's phone.
    private static let phone = [UInt8](repeating: 0x2a, count: 20)

    /// Enrolls users at the host, straight in the database.
    private func enroll(_ fleet: LiveFleet, _ settings: DatabaseSettings) async throws {
        let database = Database(settings, state: FleetState())
        let host = try #require(try database.host(named: "web17"))
        for number in 0..<RotateKeyTests.users {
            let name = "user\(number)"
            let user = User(name: Array(name.utf8), uid: 2000 + UInt32(number), gid: 100)
            let now = try settings.clock()
            let act = Act(request: .random(), host: host, user: user, time: now)
            _ = try database.perform(act) { (records) throws(StoreError) in
                var record = Record()
                do throws(Record.ChangeError) {
                    guard let name = Name("phone".utf8),
                        let phone = Authenticator(name: name, kind: .totp, added: now)
                    else { throw .full }
                    try record.add(phone, key: RotateKeyTests.phone.span)
                } catch {
                    throw StoreError(.system, [], "\(error)")
                }
                try records.make(record, of: user)
                return ActAnswer(reply: [1], audit: nil)
            }
        }
    }

    private static func sealKey(
        _ id: consuming Secret?, _ key: consuming Secret?
    ) -> SealKey? {
        guard let id, let key else { return nil }
        return SealKey(id: id.withBytes { $0.array }, key: key)
    }

    private func settings(_ fleet: LiveFleet) throws -> DatabaseSettings {
        let text = try PrivateFile.read("\(fleet.path(of: 1))/fleet.key")
        let keys = try text.split(separator: "\n").map { line in
            let words = line.split(separator: " ")
            let found = RotateKeyTests.sealKey(
                Hex.decode(Array(words[0].utf8).span), Hex.decode(Array(words[1].utf8).span))
            return try #require(found)
        }
        var settings = DatabaseSettings(
            address: fleet.owner,
            keys: MasterKeys(current: keys[0], earlier: Array(keys.dropFirst())),
            server: "test"
        ) { UInt64(Date().timeIntervalSince1970) }
        settings.replication = .none
        settings.listening = .zero
        return settings
    }

    /// Logs users in, one after the other, until told to end; returns what was not a yes.
    private func logins(
        _ fleet: LiveFleet, _ next: Lock<Int>, until isOver: Lock<Bool>
    ) async -> [String] {
        var troubles: [String] = []
        while !isOver.withLock({ $0 }) {
            let number = next.withLock { next in
                defer { next += 1 }
                return next
            }
            guard number < RotateKeyTests.users else { break }
            let step = UInt64(Date().timeIntervalSince1970) / 30
            let code = HOTP.text(
                HOTP.code(
                    key: RotateKeyTests.phone.span, factor: step, algorithm: .sha1, digits: 6),
                digits: 6)
            let place = PlaceDocument(
                LoginOrigin(service: Array("sshd".utf8), address: [], methods: nil))
            let trial = TrialDocument(
                Trial(isJoined: false, takesMessageCodes: false, isHeard: true, enrolling: .nobody))
            let call = FleetCall(
                .judge(answer: code, trial: trial, place: place), user: "user\(number)",
                uid: 2000 + UInt32(number))
            do {
                let result = try await fleet.call(call)
                guard case .judged(let judgement) = result, judgement.outcome.isAccepted else {
                    troubles.append("user\(number): \(result)")
                    continue
                }
            } catch {
                troubles.append("user\(number): \(error)")
            }
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
        let old = try settings(fleet)
        try await enroll(fleet, old)
        #expect(await eventually { (try? await fleet.ask(.look, of: "user0")) == .online })

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

        let database = Database(try settings(fleet), state: FleetState())
        #expect(try database.countOfOtherKeys() == 0)
        // With the old key alone nothing opens any more.
        #expect(throws: StoreError.self) { try Database(old, state: FleetState()).ready() }
        let audit = try await fleet.server("audit")
        #expect(audit.split(separator: "\n").count { $0.contains("key-rotated") } == 1)
    }
}
