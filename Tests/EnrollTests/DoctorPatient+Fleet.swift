import Foundation
import OTPWire

// A host of a fleet.
extension DoctorPatient {
    /// Makes the machine a host of a fleet, with these options besides, whose agent does not run.
    func joinFleet(_ options: String = "") throws {
        try write("/etc/security/swiftotp.conf", "fleet = yes\n\(options)\n")
        try write("/etc/swiftotp-agent/host.pem", "", mode: 0o600)
        // What is left of an agent that was killed: nobody listens there.
        try write("/run/swiftotp-agent/agent.sock", "", mode: 0o600)
    }

    /// The same with an agent that has this state.
    func joinFleet(_ state: AgentState, _ options: String = "") async throws {
        try joinFleet(options)
        let text = String(decoding: try Document.encode(state), as: UTF8.self)
        try await pretendAgent(#"reply("\x00" + r'''\#(text)''')"#)
    }
}

extension AgentState {
    /// The state of an agent of which all is well, except for what is given; `days` is when its
    /// certificate ends.
    static func lab(
        _ servers: [Server] = [.otp1(.ready, nil), .otp2(.ready, nil)], endsIn days: Int64 = 25,
        version: String = Version.number, offline trouble: String? = nil, untold: Int = 0,
        site file: String? = nil
    ) -> AgentState {
        let end = Int64(Date().timeIntervalSince1970) + days * 86_400
        return AgentState(
            version: version, fleet: "lab", host: "web1", certificateEnds: end,
            renewal: end - 10 * 86_400, receipt: nil, servers: servers, offlineTrouble: trouble,
            offlineUntold: untold, siteCertificate: file)
    }

    /// The last day of the certificate, in UTC.
    var lastDay: String {
        Date(timeIntervalSince1970: Double(certificateEnds))
            .formatted(.iso8601.year().month().day())
    }
}

extension AgentState.Server {
    static func otp1(_ condition: AgentState.Condition, _ reason: String?) -> Self {
        Self("https://otp1:8463", condition, reason: reason, answered: 0.5)
    }

    static func otp2(_ condition: AgentState.Condition, _ reason: String?) -> Self {
        Self("https://otp2:8463", condition, reason: reason, answered: 0.5)
    }
}
