import Foundation
import TestSupport
import Testing

/// `doctor`'s finding on a stack matches what libpam does with it: each stack also gets a login
/// with a wrong answer and one with a right one.
@Suite struct DoctorTruthTests {
    init() throws { try Build.requireGround() }

    struct Stack: CustomTestStringConvertible, Sendable {
        let lines: [String]
        /// Lines of a service that they include.
        var other: [String] = []
        /// Part of the finding; nil for a stack without a fault.
        let finding: String?
        /// Whether a wrong code and a right one log in.
        let wrong: Bool, right: Bool
        /// Whether the user is asked at all.
        var asks = true

        var testDescription: String { (lines + other).joined(separator: " / ") }
    }

    static let stacks = [
        Stack(lines: ["auth required MODULE"], finding: nil, wrong: false, right: true),
        Stack(
            lines: ["auth sufficient pam_permit.so", "auth required MODULE"],
            finding: "lets everybody past", wrong: true, right: true, asks: false),
        Stack(
            lines: ["auth required pam_permit.so", "auth optional MODULE"],
            finding: "keeps nobody out", wrong: true, right: true),
        // Alone, an optional module decides.
        Stack(lines: ["auth optional MODULE"], finding: nil, wrong: false, right: true),
        Stack(
            lines: ["auth [success=ok default=ignore] MODULE", "auth required pam_permit.so"],
            finding: "keeps nobody out", wrong: true, right: true),
        Stack(
            lines: ["auth [success=ok default=reset] MODULE", "auth required pam_permit.so"],
            finding: "keeps nobody out", wrong: true, right: true),
        Stack(
            lines: ["auth required MODULE", "auth sufficient pam_permit.so"], finding: nil,
            wrong: false, right: true),
        Stack(
            lines: ["auth [success=done default=die] MODULE", "auth required pam_deny.so"],
            finding: nil, wrong: false, right: true),
        Stack(
            lines: [
                "auth [success=1 default=ignore] pam_permit.so", "auth required MODULE",
                "auth required pam_permit.so",
            ], finding: "lets everybody past", wrong: true, right: true, asks: false),
        Stack(
            lines: [
                "auth [success=1 default=ignore] MODULE", "auth requisite pam_deny.so",
                "auth required pam_permit.so",
            ], finding: nil, wrong: false, right: true),
        // A jump out of the stack.
        Stack(
            lines: ["auth [success=3 default=ignore] MODULE", "auth required pam_permit.so"],
            finding: "keeps nobody out", wrong: true, right: false),
        Stack(
            lines: ["auth required MODULE", "auth required pam_deny.so"],
            finding: "nobody can log in", wrong: false, right: false),
        Stack(
            lines: ["auth substack other-otp", "auth required pam_permit.so"],
            other: ["auth sufficient pam_permit.so", "auth required MODULE"],
            finding: "lets everybody past", wrong: true, right: true, asks: false),
        Stack(
            lines: ["auth substack other-otp", "auth required pam_permit.so"],
            other: ["auth requisite MODULE"], finding: nil, wrong: false, right: true),
        Stack(
            lines: [
                "auth [success=1 default=ignore] pam_permit.so", "auth substack other-otp",
                "auth required pam_permit.so",
            ], other: ["auth required pam_permit.so", "auth required MODULE"],
            finding: "lets everybody past", wrong: true, right: true, asks: false),
        Stack(
            lines: [
                "auth [success=1 default=ignore] pam_permit.so", "auth include other-otp",
                "auth required pam_permit.so",
            ], other: ["auth required pam_permit.so", "auth required MODULE"],
            finding: nil, wrong: false, right: true),
        Stack(
            lines: ["auth required MODULE", "auth requierd pam_permit.so"],
            finding: "is no control value", wrong: false, right: false),
    ]

    @Test(arguments: stacks) func libpamDoesTheSame(stack: Stack) async throws {
        let patient = try await DoctorPatient()
        try patient.auth("trial", stack.lines)
        let other = stack.other.joined(separator: "\n")
        try patient.write(
            "/etc/pam.d/other-otp",
            other.replacingOccurrences(of: "MODULE", with: patient.module) + "\n")
        let verdict = try await patient.examine(["--service", "trial"])
        // The missing password above is reported for all of them, unless there is something worse.
        let told = verdict.serious.map(\.text).filter { !$0.contains("a code alone logs in") }
        #expect(told.count == (stack.finding == nil ? 0 : 1), "\(told)")
        if let finding = stack.finding { #expect(told.first?.contains(finding) == true, "\(told)") }

        let phone = try await patient.enroll("alice")
        try await phone.settle()
        let words = [try Build.product("otp-enroll"), "doctor", "--try", "--service", "trial"]
        for (answer, isAccepted) in [
            (Desk.wrongCode, stack.wrong), (try await phone.code(), stack.right),
        ] {
            let done = try await Command.run(
                patient.running(words + ["--user", "alice"]), input: answer + "\n")
            #expect((done.status == 0) == isAccepted, "\(answer): \(done.output)")
            #expect(done.errors.contains("Verification code") == stack.asks)
        }
    }
}
