import TestSupport
import Testing

/// `doctor --service sudo`: whether sudo's prompt stands in the place of the question for a code.
@Suite struct DoctorSudoTests {
    init() throws { try Build.requireGround() }

    /// sudo's own prompt in the place of ours, wherever its settings say so.
    @Test(arguments: [
        ("/etc/sudoers.d/prompt", "Defaults passprompt_override\n", "/etc/sudoers.d/prompt line 1"),
        (
            "/etc/sudoers", "# mine\nDefaults:ansible env_reset, \\\n  passprompt_override\n",
            "/etc/sudoers line 3"
        ),
        (
            "/etc/sudoers", "Defaults passprompt_override\n@include other\n",
            "/etc/sudoers line 1"
        ),
    ])
    func aPromptOfSudosOwnIsANote(file: String, text: String, place: String) async throws {
        let patient = try await DoctorPatient()
        for service in ["sudo", "sudo-i"] {
            try patient.auth(service, ["@include common-auth", "auth required MODULE"])
        }
        try patient.write(file, text, mode: 0o440)
        try patient.write("/etc/other", "Defaults !env_reset\n")
        let verdict = try await patient.examine(["--service", "sudo"])
        #expect(verdict.isWell && verdict.status == 0 && verdict.states["sudo"] == "note")
        let notes = verdict.findings.filter { $0.check == "sudo" }
        // Other tests' users may have files of their own there.
        #expect(
            notes.map(\.place).filter { !$0.contains("sudoers.d/user") } == [place], "\(notes)")
        #expect(notes.allSatisfy { $0.text.contains("passprompt_override is set") })
    }

    /// What sets it nowhere, or takes it back.
    @Test(arguments: [
        "", "# Defaults passprompt_override\n", "Defaults env_reset # passprompt_override\n",
        "Defaults passprompt_override\nDefaults !passprompt_override\n",
        "Defaults !passprompt_override\n", "DefaultsX passprompt_override\n",
        "@includedir /nonexistent\n@include /nonexistent\n",
    ])
    func noPromptOfSudosOwn(text: String) async throws {
        let patient = try await DoctorPatient()
        for service in ["sudo", "sudo-i"] {
            try patient.auth(service, ["@include common-auth", "auth required MODULE"])
        }
        try patient.write("/etc/sudoers", text, mode: 0o440)
        let verdict = try await patient.examine(["--service", "sudo"])
        #expect(verdict.isWell && verdict.states["sudo"] == "ok", "\(verdict.findings)")
        // Of no account for another service.
        #expect(try await patient.examine().states["sudo"] == nil)
    }
}
