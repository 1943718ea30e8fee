import Foundation
import TestSupport
import Testing

/// `doctor`'s findings on store, files and people are true: each test logs in before and after
/// applying the proposal, and then everything is right.
@Suite struct DoctorPlaceTests {
    init() throws { try Build.requireGround() }

    /// Logs in with ssh's stack and a right code.
    private func isLetIn(
        _ user: String, _ code: String, _ patient: DoctorPatient, _ around: [String]
    ) async throws -> Bool {
        let words = [
            try Build.product("otp-enroll"), "doctor", "--try", "--service", "sshd", "--user", user,
        ]
        let done = try await Command.run(patient.running(around + words), input: code + "\n")
        return done.status == 0
    }

    @Test(arguments: DoctorPlace.stores + DoctorPlace.files + DoctorPlace.people)
    func eachPlaceIsFoundAndMended(place: DoctorPlace) async throws {
        let patient = try await DoctorPatient()
        let phone = try await patient.enroll(place.user)
        let code = try #require(try await patient.codes(of: place.user).first)
        try await place.harm(patient)
        let verdict = try await patient.examine(around: place.around)
        #expect(!verdict.isWell && verdict.status == 1)
        #expect(verdict.serious.count == 1, "\(verdict.findings)")
        let finding = try #require(verdict.serious.first)
        #expect(finding.check == place.check && finding.severity == place.severity, "\(finding)")
        #expect(finding.text.contains(place.text), "\(finding)")
        #expect(
            place.change.isEmpty
                ? finding.change.isEmpty : finding.change.contains(place.change), "\(finding)")
        let before = try await isLetIn(place.user, code, patient, place.around)
        #expect(before == place.isLetIn)

        guard !place.change.isEmpty else { return }
        // Changes to a record or file stay; a mount is made, and repaired, for each command.
        let program = try Build.product("otp-enroll")
        let command = finding.change.replacing("otp-enroll ", with: "'\(program)' ")
        let mend = ["sh", "-ec", "\(command) >/dev/null; exec \"$@\"", "sh"]
        let mended = try await patient.examine(around: place.around + mend)
        #expect(mended.isWell && mended.status == 0, "\(mended.findings)")
        guard place.check != "people" || !place.change.contains("issue") else { return }
        try await phone.settle()
        #expect(try await isLetIn(place.user, phone.code(), patient, place.around + mend))
    }

    /// None of these is a fault.
    @Test func whatIsWellIsNotDoubted() async throws {
        let patient = try await DoctorPatient()
        // A masked unit, a file behind a link, a folder with /tmp's mode, another disk.
        try patient.write("/etc/systemd/system/x", "")
        try FileManager.default.createSymbolicLink(
            atPath: patient.real("/etc/systemd/system/swiftotpd.service"),
            withDestinationPath: "/dev/null")
        try patient.write("/etc/authselect/otp", "auth required pam_permit.so\n")
        try FileManager.default.createSymbolicLink(
            atPath: patient.real("/etc/pam.d/otp"), withDestinationPath: "../authselect/otp")
        chmod(patient.real("/srv"), 0o1777)
        try await patient.moveStore(to: "/srv/otp")
        let verdict = try await patient.examine()
        #expect(verdict.isWell && verdict.serious.isEmpty, "\(verdict.findings)")
        // A closed and exempt user.
        try patient.change("/etc/group") { $0 + "robots:x:4500:bob\n" }
        try patient.auth(
            "sshd", ["auth required MODULE exempt_group=robots", "auth required pam_permit.so"])
        try await patient.close("bob", 4002)
        let exempt = try await patient.examine()
        #expect(!exempt.serious.contains { $0.check == "people" }, "\(exempt.findings)")
    }

    /// Paths that the package's unit hides, and that a drop-in restores.
    @Test func storesThatTheUnitDoesNotSee() async throws {
        let patient = try await DoctorPatient()
        try await patient.serve()
        try patient.installUnits()
        func said(_ store: String) async throws -> String {
            let verdict = try await patient.examine(["--store", store])
            return verdict.findings.first { $0.check == "service" }?.text ?? ""
        }
        for (store, setting) in [
            ("/home/otp", "ProtectHome=yes"), ("/root/otp", "ProtectHome=yes"),
            ("/var/tmp/otp", "PrivateTmp=yes"), ("/run/otp", "TemporaryFileSystem=/run"),
        ] {
            let text = try await said(store)
            #expect(
                text
                    == "swiftotpd.service does not see \(store), by \(setting): it denies everybody;"
                    + " keep the store elsewhere, as in /srv/swiftotp")
        }
        #expect(try await said("/etc/swiftotp/store").isEmpty)
        #expect(try await said("/etc/otp").contains("may not write to /etc/otp: it denies"))
        let dropIn = "/etc/systemd/system/swiftotpd.service.d/x.conf"
        try patient.write(dropIn, "[Service]\nProtectHome=no\nBindPaths=/run/otp\n")
        #expect(try await said("/run/otp").isEmpty)
        #expect(try await said("/home/otp").contains("may not write to /home/otp"))
        try patient.write(dropIn, "[Service]\nReadWritePaths=/srv\nReadOnlyPaths=/srv/otp\n")
        #expect(try await said("/srv/other").isEmpty)
        #expect(try await said("/srv/otp").contains("may not write to /srv/otp"))
        try patient.write(dropIn, "[Service]\nProtectSystem=full\n")
        #expect(try await said("/srv/otp").isEmpty)
        #expect(try await said("/etc/otp").contains("may not write to /etc/otp"))
    }

    /// Where AppArmor confines the service: the kernel's list, and the rules of this machine.
    @Test func storesThatAppArmorKeepsAway() async throws {
        let patient = try await DoctorPatient()
        try await patient.moveStore(to: "/srv/otp")
        let script = """
            mount -t tmpfs kernel /sys/kernel/security && mkdir /sys/kernel/security/apparmor
            echo 'swiftotpd (enforce)' >/sys/kernel/security/apparmor/profiles; exec "$@"
            """
        let around = ["sh", "-c", script, "sh"]
        let finding = try #require(try await patient.examine(around: around).serious.first)
        #expect(
            finding.check == "denials" && finding.text.contains("keeps swiftotpd from /srv/otp"))
        #expect(finding.place == "/etc/apparmor.d/local/usr.libexec.swiftotpd")
        let rule = finding.change
        try patient.write(finding.place, "# \(rule)\n")
        #expect(try await !patient.examine(around: around).isWell)
        try patient.write(finding.place, "# ours\n\(rule)\n")
        #expect(try await patient.examine(around: around).isWell)
        let profile = try Project.text("packaging/apparmor/usr.libexec.swiftotpd").replacing(
            "include if exists <local/usr.libexec.swiftotpd>", with: rule)
        let parsed = try await Command.run(["apparmor_parser", "-QTK"], input: profile)
        #expect(parsed.status == 0, "\(parsed.errors)")
    }
}
