import Foundation
import TestSupport
import Testing

/// doctor's findings on a stack match real logins, before and after its proposal.
@Suite struct StackTruthTests {
    init() throws { try Build.requireGround() }

    @Test(
        "A correct stack is reported as wrong, or lets in users who should not get in",
        arguments: StackCase.good)
    func goodStacks(stack: StackCase) async throws {
        try await StackPatient.use { try await isWell(stack, on: $0) }
    }

    private func isWell(_ stack: StackCase, on patient: StackPatient) async throws {
        try prepare(patient, stack)
        let verdict = try await patient.examine(stack.examined ?? stack.service)
        #expect(verdict.isWell, "\(verdict.findings)")
        try await logIn(patient, stack, stack.wanted)
    }

    @Test(
        "A wrong stack is reported as correct, or the proposed change does not fix it",
        arguments: StackCase.broken)
    func brokenStacks(stack: StackCase) async throws {
        try await StackPatient.use { try await isMended(stack, on: $0) }
    }

    private func isMended(_ stack: StackCase, on patient: StackPatient) async throws {
        try prepare(patient, stack)
        let service = stack.examined ?? stack.service
        let serious = try await patient.examine(service).serious
        // A fault of the stack is fixed there, and not in sshd's settings.
        #expect(!serious.contains { $0.check == "sshd" }, "\(serious)")
        let findings = serious.filter { $0.check == "stack" }
        let text = try #require(stack.finding)
        #expect(
            findings.contains { $0.severity == stack.severity && $0.text.contains(text) },
            "\(findings)")
        let before = try await patient.logIn(attempts(stack), service: stack.service)
        #expect(accepted(before) == stack.before, "\(before)")
        #expect(before.last?.offersKey == stack.offersKey, "\(before)")

        let diff = findings.map(\.change).filter { $0.hasPrefix("--- ") }.joined()
        guard let proposal = stack.proposal else {
            #expect(diff.isEmpty, "\(diff)")
            #expect(findings.contains { $0.change.contains("LOGIN.md") }, "\(findings)")
            return
        }
        #expect(diff.contains("\n" + proposal), "\(diff)")
        try await patient.apply(diff)
        let after = try await patient.examine(service).serious.filter { $0.check == "stack" }
        #expect(after.isEmpty, "\(diff)\n\(after)")
        try await logIn(patient, stack, stack.wanted)
    }

    @Test("patch(1) does not accept what doctor prints")
    func theReportIsAPatch() async throws {
        try await StackPatient.use(printed)
    }

    private func printed(_ patient: StackPatient) async throws {
        // A continued line, tabs, and a last line without an end.
        try patient.machine.write(
            "/etc/pam.d/trial",
            "#%PAM-1.0\n\nauth\trequired\tpam_env.so\nauth\tsufficient \\\n\tpam_unix.so\n"
                + "# behind it\n\(StackCase.ours)")
        let report = try await patient.doctor("trial")
        #expect(report.contains("\n      +auth requisite pam_unix.so\n"), "\(report)")
        try await patient.apply(report)
        let verdict = try await patient.examine("trial")
        #expect(verdict.isWell, "\(verdict.findings)")
    }

    private func prepare(_ patient: StackPatient, _ stack: StackCase) throws {
        for (name, lines) in stack.files {
            try patient.machine.write(
                "/etc/pam.d/\(name)", lines.map { $0 + "\n" }.joined())
        }
        for (path, text) in stack.texts { try patient.machine.write(path, text) }
        if !stack.ssh.isEmpty { try patient.machine.ssh(stack.ssh) }
    }

    /// The four, then a user who is not enrolled, with a right password and as a stranger.
    private func attempts(_ stack: StackCase) -> [(user: String, password: Bool, code: Bool)] {
        var attempts = StackCase.Attempt.allCases.map { attempt in
            (
                user: "alice", password: attempt == .both || attempt == .passwordAlone,
                code: attempt == .both || attempt == .codeAlone
            )
        }
        attempts.append((user: "carol", password: true, code: false))
        attempts.append((user: "carol", password: false, code: false))
        return attempts
    }

    private func accepted(_ logins: [StackPatient.Login]) -> Set<StackCase.Attempt> {
        Set(zip(StackCase.Attempt.allCases, logins).filter(\.1.isAccepted).map(\.0))
    }

    private func logIn(
        _ patient: StackPatient, _ stack: StackCase, _ wanted: Set<StackCase.Attempt>
    ) async throws {
        let logins = try await patient.logIn(attempts(stack), service: stack.service)
        #expect(accepted(logins) == wanted, "\(logins)")
        #expect(logins[4].isAccepted == stack.admitsOthers, "\(logins)")
        // After sshd has checked a key, PAM asks for no password.
        #expect(logins[5].isAccepted == (stack.admitsOthers && wanted.contains(.codeAlone)))
        #expect(!logins[5].offersKey, "\(logins)")
    }
}
