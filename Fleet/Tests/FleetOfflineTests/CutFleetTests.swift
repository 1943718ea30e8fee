import Foundation
import OTPCore
import OTPWire
import Testing

@testable import FleetNetwork

@Suite("A host that is cut off, and comes back", .serialized)
struct CutFleetTests {
    /// Waits until the agent knows that no server is reached, and returns the next number.
    private func cutOff(_ fleet: LiveFleet) async throws -> UInt64 {
        let found = Lock<UInt64?>(nil)
        let isOff = await eventually {
            guard case .offline(let number, _)? = try? await fleet.ask(.look, of: "alice") else {
                return false
            }
            found.withLock { $0 = number }
            return true
        }
        try #require(isOff)
        return try #require(found.withLock { $0 })
    }

    private func audit(_ fleet: LiveFleet, until text: String) async throws -> String {
        let found = Lock("")
        let isThere = await eventually {
            let audit = (try? await fleet.server("audit", "--host", "web17")) ?? ""
            found.withLock { $0 = audit }
            return audit.contains(text)
        }
        #expect(isThere, "the audit lacks \(text)")
        return found.withLock { $0 }
    }

    @Test("The help desk's answer does not let in, counts twice, or is missing in the audit")
    func story() async throws {
        let fleet = try await LiveFleet()
        try await fleet.open()
        try fleet.startAgent()
        let keyFile = "\(fleet.folder)/keys/offline.key"
        #expect(await eventually { PrivateFile.exists(keyFile) }, "the host gets no key")
        #expect(try await fleet.ask(.look, of: "alice") == .online)
        // While a server is reached no answer counts.
        let early = try await fleet.server("answer", "web17", "alice", "1")
        let text = String(early.dropLast())
        let step = OfflineCall.Step.answer(number: 1, text: text, origin: "sshd 192.0.2.7")
        #expect(try await fleet.ask(step, of: "alice") == .online)

        // What a backup of the host would have.
        let files = ["keys/offline.key", "state/ledger"]
        let backup = try files.map { try PrivateFile.read("\(fleet.folder)/\($0)") }
        fleet.stop("server1")
        #expect(try await cutOff(fleet) == 1)
        #expect(try await fleet.ask(step, of: "bob") == .wrong)
        #expect(try await fleet.ask(step, of: "alice") == .granted(left: nil))
        #expect(try await fleet.ask(step, of: "alice") == .used)

        try fleet.startServer()
        let told = try await audit(fleet, until: "granted answer 1 on ")
        #expect(told.contains("sshd 192.0.2.7") && !told.contains("offline-alarm"))
        #expect(try await fleet.ask(.look, of: "alice") == .online)
        let agent = [try Built.program("swiftotp-agent"), "status", "--socket", fleet.socket]
        let isTold = await eventually {
            let state = (try? await Built.run(agent)) ?? "not told"
            return state.contains(": ready") && !state.contains("not told")
        }
        #expect(isTold, "what servers were told stays to be told")
        await #expect(throws: Built.Failure.self) {
            try await fleet.server("answer", "web17", "alice", "1")
        }
        #expect(
            try await fleet.server("audit", "--host", "web17")
                .contains("refused answer 1 after answer 1 "))
        let sheet = try await fleet.server("answer", "web17", "alice", "2", "--sheet", "10")
        #expect(sheet.split(separator: "\n").count == 10)

        // The whole host is put back: nothing on it can show that.
        fleet.stop("server1")
        fleet.stop("agent")
        for (file, text) in zip(files, backup) {
            try PrivateFile.write(text, at: "\(fleet.folder)/\(file)")
        }
        try FileManager.default.removeItem(atPath: fleet.socket)
        try fleet.startAgent()
        #expect(try await cutOff(fleet) == 1)
        #expect(try await fleet.ask(step, of: "alice") == .granted(left: nil))
        try fleet.startServer()
        let alarm = try await audit(fleet, until: "offline-alarm")
        #expect(alarm.contains("answer 1 after answer 1: the ledger went back"))
        // One row for each login, whatever was told twice.
        let rows = alarm.split(separator: "\n").filter { $0.contains("granted answer 1 on ") }
        #expect(rows.count == 2)
    }
}
