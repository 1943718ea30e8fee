import Foundation
import OTPCore
import OTPWire
import Testing

@testable import FleetNetwork

@Suite("Records that a host brings in", .serialized)
struct BringTests {
    private static let key = [UInt8](repeating: 0x2a, count: 20)
    private static var now: UInt64 { UInt64(Date().timeIntervalSince1970) }

    private static func code(_ key: [UInt8], step: UInt64) -> String {
        HOTP.text(
            HOTP.code(key: key.span, factor: step, algorithm: .sha1, digits: 6), digits: 6)
    }

    /// A record with a phone whose codes are used up to `next`, and backup codes; in Base64.
    private static func record(
        _ key: [UInt8], next: UInt64 = 0, at now: UInt64 = BringTests.now
    ) throws -> (text: String, backup: [String]) {
        var record = Record()
        let name = try #require(Name("phone".utf8))
        var phone = try #require(Authenticator(name: name, kind: .totp, added: now))
        phone.nextStep = next
        try record.add(phone, key: key.span)
        let backup = try record.renewBackupCodes(at: now, random: Numbers())
        let text = Base64.encode(record.encoded.span, isPadded: true)
        return (String(decoding: text, as: UTF8.self), backup)
    }

    private func bring(
        _ fleet: LiveFleet, _ record: String, of user: String = "alice", uid: UInt32 = 1000,
        adds: Bool = false, rehearses: Bool = false
    ) async throws -> FleetReply.Result {
        try await fleet.call(
            FleetCall(
                .bring(record: record, adds: adds, rehearses: rehearses), user: user, uid: uid))
    }

    /// The word for how a try of an answer ended.
    private func login(_ fleet: LiveFleet, _ answer: String) async throws -> String {
        let place = PlaceDocument(
            LoginOrigin(service: Array("sshd".utf8), address: [], methods: nil))
        let trial = TrialDocument(
            Trial(isJoined: false, takesMessageCodes: false, isHeard: true, enrolling: .nobody))
        let call = FleetCall(
            .judge(answer: answer, trial: trial, place: place), user: "alice", uid: 1000)
        guard case .judged(let judgement) = try await fleet.call(call) else { return "?" }
        return judgement.outcome.reason
    }

    @Test("A used code counts again in the fleet, or somebody's record there is replaced")
    func story() async throws {
        let fleet = try await LiveFleet()
        try await fleet.open()
        try fleet.startAgent()
        #expect(await eventually { await fleet.isReady() })

        // All codes until a minute from now are used.
        let step = BringTests.now / 30
        let (first, backup) = try BringTests.record(BringTests.key, next: step + 2)
        let stored = FleetReply.Result.brought(how: .stored, added: [], left: [])
        #expect(try await bring(fleet, first, rehearses: true) == stored)
        #expect(try await login(fleet, BringTests.code(BringTests.key, step: step)) == "no-record")
        #expect(try await bring(fleet, first) == stored)
        #expect(try await login(fleet, BringTests.code(BringTests.key, step: step)) == "replayed")
        #expect(try await login(fleet, backup[0]) == "backup-code")
        #expect(try await login(fleet, backup[0]) == "used-backup-code")

        // Again, and what was used at the host meanwhile.
        let there = FleetReply.Result.brought(how: .there, added: [], left: [])
        #expect(try await bring(fleet, first) == there)
        #expect(try await login(fleet, backup[0]) == "used-backup-code")

        // Another host has other devices of the same user.
        let other = [UInt8](repeating: 0x2b, count: 20)
        let second = try BringTests.record(other).text
        #expect(
            try await bring(fleet, second) == .brought(how: .conflict, added: [], left: ["phone"]))
        #expect(
            try await login(fleet, BringTests.code(other, step: BringTests.now / 30)) == "wrong")
        #expect(
            try await bring(fleet, second, adds: true)
                == .brought(how: .added, added: ["phone-2"], left: []))
        let code = BringTests.code(other, step: BringTests.now / 30)
        #expect(try await login(fleet, code) == "code")
        #expect(try await login(fleet, backup[1]) == "backup-code")

        // Another person of that name.
        guard case .failed(let trouble) = try await bring(fleet, second, uid: 1001) else {
            Issue.record("another UID")
            return
        }
        #expect(trouble.code == "otherUser")
        for bad in ["", "!", "AAAA", first + first] {
            await #expect(throws: Built.Failure.self) {
                try await bring(fleet, bad, of: "bob", uid: 1001)
            }
        }
        let audit = try await fleet.server("audit", "--user", "alice", "--realm", "main")
        #expect(audit.split(separator: "\n").count { $0.contains("brought") } == 2)
        #expect(audit.contains("root@web17"))
    }

    @Test("Backup codes of a host whose clock is ahead are of tomorrow, and no log is about them")
    func ahead() async throws {
        let fleet = try await LiveFleet()
        try await fleet.open()
        try fleet.startAgent()
        #expect(await eventually { await fleet.isReady() })
        let record = try BringTests.record(BringTests.key, at: BringTests.now + 86_400).text
        _ = try await bring(fleet, record, of: "user0", uid: 2000)
        var made: UInt64?
        try fleet.change(user: 0) { made = $0.backupCodesMade }
        let time = try #require(made)
        #expect(time > BringTests.now - 3600 && time <= BringTests.now, "\(time)")
    }

    @Test("A host without the right brings in a record, or tries it unnoticed")
    func right() async throws {
        let fleet = try await LiveFleet()
        try await fleet.open(rights: "enroll,admin")
        try fleet.startAgent()
        #expect(await eventually { await fleet.isReady() })
        let record = try BringTests.record(BringTests.key).text
        for adds in [true, false] {
            #expect(try await bring(fleet, record, adds: adds) == .denied(reason: .right))
        }
        #expect(try await login(fleet, "123456") == "no-record")
        let audit = try await fleet.server("audit", "--user", "alice")
        let rows = audit.split(separator: "\n").filter { $0.contains("brought") }
        #expect(
            rows.count == 2
                && rows.allSatisfy {
                    $0.contains("refused hostRight import") && $0.contains("root@web17")
                }, "\(audit)")
    }
}
