import TestSupport
import Testing

/// `doctor`'s notes on ways in without a code that the admin has opened on purpose.
@Suite struct DoctorOpeningTests {
    init() throws { try Build.requireGround() }

    @Test func networksAreToldAndWell() async throws {
        let patient = try await DoctorPatient()
        try patient.auth(
            "sshd",
            [
                "auth required MODULE exempt_networks=10.0.0.0/8,fd00::/8",
                "auth required pam_permit.so",
            ])
        let verdict = try await patient.examine()
        #expect(verdict.isWell && verdict.status == 0, "\(verdict.findings)")
        let note = try #require(verdict.findings.first { $0.check == "networks" })
        for part in ["an address proves nothing", "a proxy, a jump host or a router"] {
            #expect(note.text.contains(part), "\(note)")
        }
        #expect(
            try await patient.doctor().output.contains("exempt_networks: 10.0.0.0/8, fd00::/8"))
        // They open nothing for sudo, so a stack without a password is no hole there.
        for service in ["sudo", "sudo-i"] {
            try patient.auth(service, ["@include common-auth", "auth required MODULE"])
        }
        try patient.write("/etc/security/swiftotp.conf", "exempt_networks = 10.0.0.0/8\n")
        let sudo = try await patient.examine(["--service", "sudo"])
        #expect(sudo.isWell && sudo.states["networks"] == nil, "\(sudo.findings)")
    }

    @Test(arguments: ["touch-required", "verify-required", "touch-required verify-required"])
    func securityKeysThatAreTouchedAreWell(demands: String) async throws {
        let patient = try await DoctorPatient()
        try await patient.penalizeNobody()
        try patient.write("/etc/security/swiftotp.conf", "trust = sk\n")
        try patient.ssh([DoctorPatient.keyMethods, "PubkeyAuthOptions \(demands)"])
        // The only note is that programs do not get in that way.
        let well = try await patient.examine().findings.filter { $0.check == "sshd" }
        #expect(well.count == 1 && well.first?.text.contains("with security keys neither") == true)
        // Users who are not enrolled may have such a key: nobody is reported as locked out.
        try patient.remove("/var/lib/swiftotp/4002")
        let verdict = try await patient.examine()
        #expect(verdict.isWell && verdict.states["people"] == "note", "\(verdict.findings)")
        let note = try #require(verdict.findings.first { $0.check == "people" })
        #expect(note.text == "bob is not enrolled, and let in by a security key alone")
    }
}
