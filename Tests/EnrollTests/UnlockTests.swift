import Foundation
import TestSupport
import Testing

/// `unlock`: after a few failures and after a hundred.
@Suite struct UnlockTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    @Test func fiveFailuresAreForgotten() async throws {
        let (phone, codes) = try await desk.enroll()
        try await desk.fail(5)
        try await phone.settle()
        let code = try await phone.code()
        let waiting = try await desk.run("verify", input: code)
        #expect(waiting.status == 1)
        #expect(
            waiting.errors.hasPrefix("otp-enroll: not checked: too many wrong codes, wait for "))
        let told = try await desk.json("verify", input: code, status: 1)
        #expect(told["reason"] as? String == "throttled")
        #expect((1...30).contains(told["wait"] as? Int ?? 0))
        #expect(try await desk.json("status")["locked_until"] is String)
        let done = try await desk.json("unlock", "root")
        #expect(done["user"] as? String == "root" && done["failures"] as? Int == 5)
        let status = try await desk.json("status")
        #expect(status["failures"] as? Int == 0 && status["locked_until"] is NSNull)
        // The code that was not tried was not burned either.
        #expect(try await desk.verify(code) == (true, "code"))
        #expect(try await desk.verify(codes[0]) == (true, "backup-code"))
        #expect(try await desk.events()[2] == "unlocked")
        let again = try await desk.run("unlock", "root")
        #expect(again.status == 0)
        #expect(again.output == "root is unlocked. There were no failures.\n")
    }

    @Test func aHundredFailuresAreForgotten() async throws {
        let (phone, codes) = try await desk.enroll()
        try desk.fail(100, from: "192.0.2.66")
        #expect(try await desk.verify(phone.code()) == (false, "closed"))
        // Waiting does not open it.
        let later = try await desk.run(
            offClock: "+300d", "verify", "--json", input: try await phone.code())
        #expect(later.status == 1 && later.output.contains("\"closed\""), "\(later.output)")
        let status = try await desk.json("status")
        #expect(status["failures"] as? Int == 100)

        let done = try await desk.json("unlock", "root")
        #expect(done["failures"] as? Int == 100)
        #expect(try await desk.verify(codes[0]) == (true, "backup-code"))
        #expect(try await desk.json("status")["failures"] as? Int == 0)
    }

    @Test func afterATimeItOpens() async throws {
        let (phone, codes) = try await desk.enroll()
        try desk.fail(100, from: "192.0.2.66")
        let done = try await desk.json("unlock", "root", "--after", "2h")
        #expect(done["failures"] as? Int == 100 && done["opens"] is String)
        #expect(try await desk.verify(phone.code()) == (false, "closed"))
        let status = try await desk.run("status").output
        #expect(status.contains("Failures in a row: 100; closed until 2"), "\(status)")
        #expect(
            status.contains(
                ", or until an administrator unlocks it (`otp-enroll unlock root`); backup and "))
        #expect(
            try await desk.json("status")["locked_until"] as? String == done["opens"] as? String)
        #expect(try await desk.verify(codes[0]) == (true, "backup-code"))
        let later = try await desk.run(offClock: "+121m", "status").output
        #expect(!later.contains("closed"), "\(later)")
        for bad in ["59s", "31d", "soon", "-1h"] {
            #expect(try await desk.run("unlock", "root", "--after", bad).status == 64, "\(bad)")
        }
    }
}
