import TestSupport
import Testing

/// `doctor --service sudo`: whether sudo's prompt replaces the question for a code.
@Suite struct DoctorSudoTests {
    init() throws { try Build.requireGround() }

    /// sudo's own prompt replaces ours, wherever that is set.
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
        // Users of other tests may have their own files there.
        let notes = verdict.findings.filter {
            $0.check == "sudo" && !$0.place.contains("sudoers.d/user")
        }
        #expect(notes.map(\.place) == [place], "\(notes)")
        #expect(notes.allSatisfy { $0.text.contains("passprompt_override is set") })
    }

    /// Files that set it nowhere, or unset it.
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
        // Irrelevant for another service.
        #expect(try await patient.examine().states["sudo"] == nil)
    }

    /// A machine with only these rules, where alice and bob are in the group staff.
    private func patient(
        _ text: String, _ others: [String: String] = [:]
    ) async throws -> DoctorPatient {
        let patient = try await DoctorPatient()
        for service in ["sudo", "sudo-i"] {
            try patient.auth(service, ["@include common-auth", "auth required MODULE"])
        }
        try patient.change("/etc/group") { text in
            text.split(separator: "\n").map { line in
                line.hasPrefix("staff:") ? "staff:x:50:alice,bob" : String(line)
            }.joined(separator: "\n") + "\n"
        }
        // Without a valid account there, sudo refuses users whom it does not ask.
        try patient.change("/etc/shadow") { $0 + "alice:*:19000::::::\nbob:*:19000::::::\n" }
        try patient.write("/etc/sudoers", text, mode: 0o440)
        for (path, text) in others { try patient.write(path, text, mode: 0o440) }
        return patient
    }

    /// Whether sudo itself runs something for alice without a question. It has libraries in
    /// /usr/libexec, which is the machine's own.
    private func isFree(_ patient: DoctorPatient, _ command: String) async throws -> Bool {
        let script = #"mount --bind "$0" /etc && exec "$@""#
        let words = ["unshare", "--mount", "sh", "-c", script, patient.real("/etc")]
        let done = try await Command.run(
            words + ["runuser", "-u", "alice", "--", "sudo", "-n"]
                + command.split(separator: " ").map(String.init))
        // Any other failure is no refusal to go on without a password.
        #expect(done.status == 0 || done.errors.hasSuffix("password is required\n"), "\(done)")
        return done.status == 0
    }

    /// Whom sudo never asks, whose code it asks for, and by which service: the same as sudo itself.
    @Test(arguments: DoctorSudoCase.unasked)
    func whatSudoDoesNotAskIsTold(one: DoctorSudoCase) async throws {
        let patient = try await patient(one.text, one.others)
        let verdict = try await patient.examine(["--service", "sudo"])
        let findings = verdict.findings.filter { $0.check == "sudo" }
        #expect(findings.count == 1, "\(findings)")
        let finding = try #require(findings.first)
        #expect(finding.severity == one.severity && finding.text.contains(one.says), "\(finding)")
        #expect(finding.place == one.place)
        #expect(verdict.isWell == (one.severity == "note"))
        #expect(try await isFree(patient, one.command) == one.isFree)
    }

    /// Rules that are revoked or concern others: alice is asked.
    @Test(arguments: DoctorSudoCase.asked)
    func whatSudoAsksIsWell(text: String) async throws {
        let patient = try await patient(text)
        let verdict = try await patient.examine(["--service", "sudo"])
        #expect(verdict.isWell && verdict.states["sudo"] == "ok", "\(verdict.findings)")
        #expect(try await !isFree(patient, "/usr/bin/true"))
    }

    /// doas, where the last matching rule counts.
    @Test(arguments: [
        ("permit nopass keepenv :staff\n", "problem", "for any command (alice, bob)", 1),
        (
            "permit nopass setenv { A B=1 } alice as root # x\npermit bob\n", "warning",
            "for any command (alice)", 1
        ),
        ("permit :staff\npermit nopass alice cmd /usr/bin/true\n", "note", "true (alice)", 2),
        ("permit nopass :staff\npermit persist :staff\n", "ok", "", 0),
        ("permit nopass alice\ndeny alice\npermit bob\n", "ok", "", 0),
    ])
    func whatDoasDoesNotAskIsTold(
        text: String, state: String, says: String, line: Int
    ) async throws {
        let patient = try await patient("")
        try patient.auth("doas", ["@include common-auth", "auth required MODULE"])
        try patient.write("/etc/doas.conf", text, mode: 0o400)
        let verdict = try await patient.examine(["--service", "doas"])
        #expect(verdict.states["sudo"] == state, "\(verdict.findings)")
        let finding = verdict.findings.first { $0.check == "sudo" }
        #expect(finding?.place ?? "" == (line > 0 ? "/etc/doas.conf line \(line)" : ""))
        #expect(finding?.text.hasPrefix("nopass: doas does not ask PAM") != false)
        #expect(finding?.text.hasSuffix(says) != false, "\(verdict.findings)")
    }
}
