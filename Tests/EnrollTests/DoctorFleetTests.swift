import OTPWire
import TestSupport
import Testing

/// `doctor` on a host of a fleet, where nothing has to be mended; what has is in `DoctorTests`.
@Suite("doctor on a host of a fleet")
struct DoctorFleetTests {
    init() throws { try Build.requireGround() }

    @Test("A healthy host of a fleet is not well, or does not say so in one line")
    func healthy() async throws {
        let patient = try await DoctorPatient()
        let state = AgentState.lab()
        // The fleet's users have no record here; text messages are sent by its servers.
        try patient.remove("/var/lib/swiftotp/4001")
        try patient.remove("/var/lib/swiftotp/4002")
        try await patient.joinFleet(state, "deliver = \"mail sms\"")
        let verdict = try await patient.examine()
        #expect(verdict.isWell && verdict.status == 0, "\(verdict.findings)")
        #expect(verdict.states["fleet"] == "ok" && verdict.states["people"] == "ok")
        #expect(
            verdict.abouts["fleet"]
                == "the fleet lab: 2 of 2 servers ready, certificate until \(state.lastDay)")
        #expect(verdict.abouts["people"] == "3 users with a login shell, 2 of the fleet")
    }

    @Test("What may be meant so, or mends itself, is a problem of a fleet's host, or is not said")
    func notes() async throws {
        let patient = try await DoctorPatient()
        try await patient.joinFleet(
            .lab(version: "9.9.9", offline: "the ledger is gone", untold: 3),
            "window = 2\nclosed_for = 24h")
        let verdict = try await patient.examine()
        #expect(verdict.isWell && verdict.states["fleet"] == "note", "\(verdict.findings)")
        let texts = verdict.findings.filter { $0.check == "fleet" }.map(\.text)
        #expect(texts.count == 3, "\(texts)")
        for part in [
            "swiftotp-agent runs in version 9.9.9, and otp-enroll is \(Version.number)",
            "no server was told yet of 3 decisions", "window, closed_for: for local users alone",
        ] { #expect(texts.contains { $0.contains(part) }, "\(part): \(texts)") }
    }

    @Test("A host that joined a fleet and does not use it hears nothing, and others hear of fleets")
    func unused() async throws {
        let patient = try await DoctorPatient()
        #expect(try await patient.examine().states["fleet"] == nil)
        try patient.joinFleet()
        try patient.write("/etc/security/swiftotp.conf", "")
        let verdict = try await patient.examine()
        let finding = try #require(verdict.findings.first { $0.check == "fleet" })
        #expect(verdict.isWell && finding.severity == "note" && finding.change == "fleet = yes")
        #expect(finding.place == "/etc/security/swiftotp.conf", "\(finding)")
    }

    @Test("An ordinary user is told of trouble in the fleet, which only root can look into")
    func ordinary() async throws {
        let patient = try await DoctorPatient()
        try patient.joinFleet()
        let verdict = try await patient.examine(around: withoutRoot([]))
        #expect(verdict.states["fleet"] == "skipped", "\(verdict.findings)")
    }
}
