import Foundation
import TestSupport
import Testing

/// `reset`: everything is removed, and who did it is recorded.
@Suite struct ResetTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    @Test func everythingIsGoneButTheMemoryOfIt() async throws {
        let (phone, backup) = try await desk.enroll()
        let issued = try await desk.json("issue", "root")
        let code = try #require(issued["code"] as? String)
        try await desk.fail(3)
        let done = try await desk.json("reset", "root")
        #expect(done["user"] as? String == "root" && done["enrolled"] as? Bool == false)

        let status = try await desk.json("status")
        #expect(status["enrolled"] as? Bool == false)
        #expect((status["authenticators"] as? [Any])?.isEmpty == true)
        #expect(status["backup_codes_left"] as? Int == 0)
        #expect(status["temporary_code"] is NSNull)
        #expect(status["failures"] as? Int == 0)
        #expect(status["locked_until"] is NSNull)
        let events = try #require(status["events"] as? [[String: Any]])
        let last = try #require(events.first)
        #expect(last["event"] as? String == "reset")
        #expect(last["origin"] as? String == "otp-enroll \(Desk.person)")
        let time = try Date(try #require(last["time"] as? String), strategy: .iso8601)
        #expect(abs(time.timeIntervalSinceNow) < 30)
        #expect(events.contains { $0["event"] as? String == "added" })

        for answer in [try await phone.code(), backup[0], code] {
            #expect(try await desk.verify(answer) == (false, "no-record"))
        }
        for command in ["codes", "disable"] {
            let refused = try await desk.run(command, "root", input: "\n")
            #expect(refused.status == 1)
            #expect(refused.errors.hasPrefix("otp-enroll: root is not enrolled\nhint: "))
        }
        // A new enrollment has nothing of the old one.
        let anew = try await desk.enroll()
        #expect(anew.codes.count == 10 && Set(anew.codes).isDisjoint(with: backup))
        #expect(try await desk.verify(backup[1]) == (false, "wrong"))
        #expect(try await desk.verify(anew.codes[1]) == (true, "backup-code"))
        #expect(try await desk.events().filter { $0 == "reset" }.count == 1)
    }

    /// sudo says who called it; the login user known to the kernel takes precedence.
    @Test func whoeverUsedSudoIsNamed() async throws {
        let admin = try await Account.make("admin")
        let uid = try await Command.output(["id", "-u", admin.name]).split(separator: "\n")[0]
        try await desk.enroll()
        for (variable, name) in [(String(uid), admin.name), ("4294967290", "root"), ("x", "root")] {
            let done = try await Command.run(
                Desk.withoutSession + desk.words(["reset", "root"]),
                environment: ["SUDO_UID": variable])
            #expect(done.status == 0)
            let status = try await desk.json("status")
            let events = try #require(status["events"] as? [[String: Any]])
            #expect(events[0]["origin"] as? String == "otp-enroll \(name)")
        }
    }

    /// Ways in which a record becomes unusable.
    enum Ruin: String, CaseIterable {
        case truncated, flipped, empty, ofAnotherUser, ofAnotherKey

        func strike(_ desk: Desk) throws {
            let record = desk.store + "/0"
            switch self {
            case .truncated: truncate(record, 1000)
            case .empty: truncate(record, 0)
            case .flipped: try desk.flipRecord()
            case .ofAnotherUser:
                let other = Array(try #require(desk.record(of: 1)))
                try desk.spoil { $0 = other }
            case .ofAnotherKey: try desk.spoil { $0[16] ^= 1 }
            }
        }
    }

    @Test(arguments: Ruin.allCases)
    func aRuinedRecordIsReplaced(ruin: Ruin) async throws {
        try await desk.enroll()
        try await desk.enroll("daemon")
        try ruin.strike(desk)
        let broken = try await desk.run("status")
        #expect(broken.status == 1 && broken.errors.hasPrefix("otp-enroll: \(desk.store)/"))
        let done = try await desk.run("reset", "root")
        #expect(done.status == 0, "\(done.errors)")
        #expect(done.errors.hasPrefix("otp-enroll: warning: \(desk.store)/"), "\(done.errors)")
        #expect(done.errors.hasSuffix("; it is replaced by an empty record\n"))
        #expect(try await desk.events() == ["reset"])
        #expect(try await !desk.isEnrolled())
        let anew = try await desk.enroll()
        #expect(try await desk.verify(anew.codes[4]) == (true, "backup-code"))
    }

    @Test func aStoreThatIsUnsafeIsLeftAlone() async throws {
        try await desk.enroll()
        let before = desk.record
        chmod(desk.store + "/0", 0o644)
        let done = try await desk.run("reset", "root")
        #expect(done.status == 1 && desk.record == before)
        chmod(desk.store + "/0", 0o600)
        try FileManager.default.removeItem(atPath: desk.store + "/seal.key")
        let noKey = try await desk.run("reset", "root")
        #expect(noKey.status == 1 && desk.record == before)
        #expect(!FileManager.default.fileExists(atPath: desk.store + "/seal.key"))
    }
}
