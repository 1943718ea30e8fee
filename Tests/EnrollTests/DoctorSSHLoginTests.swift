import TestSupport
import Testing

/// `doctor`'s findings on sshd match what sshd does: before the proposed change a key alone logs
/// in, and after it nobody without a code.
@Suite struct DoctorSSHLoginTests {
    init() throws { try Build.requireGround() }

    struct Opening: CustomTestStringConvertible, Sendable {
        let testDescription: String
        /// Lines before and after the right ones; PORT is sshd's own.
        var first = "", last = ""
        /// Another file, which is read first.
        var earlier = ""
    }

    static let openings = [
        Opening(
            testDescription: "root may not log in, and keys are enough",
            first: "PermitRootLogin no\nAuthenticationMethods publickey\n"),
        Opening(testDescription: "all but root", last: "Match User *,!root\n"),
        Opening(testDescription: "from an address", last: "Match Address 127.0.0.0/8\n"),
        Opening(testDescription: "at a port", last: "Match LocalPort PORT\n"),
        Opening(testDescription: "at an address", last: "Match LocalAddress 127.0.0.1\n"),
        Opening(
            testDescription: "by a file that is read before",
            earlier: "AuthenticationMethods any\n"),
    ]

    @Test(
        "A user reported as getting in without a code does not, or still does after the change",
        arguments: openings)
    func aKeyAloneIsOutAfterTheChange(opening: Opening) async throws {
        let patient = try await DoctorPatient()
        let port = try Port.free()
        let last =
            opening.last.isEmpty ? "" : opening.last + "    AuthenticationMethods publickey\n"
        let text = opening.first + DoctorSSHCase.usual + DoctorSSHCase.good + last
        try patient.write(
            "/etc/ssh/sshd_config.d/10-swiftotp.conf",
            "Port \(port)\n" + text.replacing("PORT", with: "\(port)"))
        try patient.write("/etc/ssh/sshd_config.d/05-first.conf", opening.earlier)
        do {
            let server = try await PatientServer(patient, port: port)
            #expect(try await server.admitsScript("alice"))
        }
        let finding = try #require(try await patient.examine().serious.first)
        #expect(finding.check == "sshd" && finding.severity == "problem", "\(finding)")
        try await patient.apply(finding.change)
        let verdict = try await patient.examine()
        #expect(verdict.isWell, "\(verdict.findings)")
        let phone = try await patient.enroll("alice")
        try await phone.settle()
        let server = try await PatientServer(patient, port: port)
        #expect(try await !server.admitsScript("alice"))
        #expect(try await server.admits("alice", code: phone.code()))
    }

    @Test("Programs of an exempt group cannot log in though doctor says so, or others' can too")
    func programsOfAnExemptGroup() async throws {
        let patient = try await DoctorPatient()
        try patient.write("/etc/group", "root:x:0:\nrobots:x:50:bob\n")
        try patient.write("/etc/security/swiftotp.conf", "exempt_group = robots\n")
        try patient.auth("sshd", ["auth required MODULE", "auth required pam_permit.so"])
        let note = try #require(
            try await patient.examine().findings.first { $0.text.contains("exempt_group") })
        do {
            let server = try await PatientServer(patient, port: try Port.free())
            #expect(try await !server.admitsScript("bob"))
        }
        try await patient.apply(note.change)
        let server = try await PatientServer(patient, port: try Port.free())
        #expect(try await server.admitsScript("bob"))
        #expect(try await !server.admitsScript("alice"))
        #expect(try await patient.examine().isWell)
    }
}
