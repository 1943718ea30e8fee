import Foundation
import TestSupport
import Testing

/// `doctor --try`: a real login through PAM that leads nowhere.
@Suite struct DoctorTryTests {
    init() throws { try Build.requireGround() }

    private func words(_ patient: DoctorPatient, _ more: String...) throws -> [String] {
        let program = try Build.product("otp-enroll")
        return patient.running(
            [program, "doctor", "--try", "--service", "trial", "--user", "alice"] + more)
    }

    private func patient() async throws -> (DoctorPatient, Phone) {
        let patient = try await DoctorPatient()
        try patient.auth("trial", ["auth required MODULE"])
        let phone = try await patient.enroll("alice")
        try await phone.settle()
        return (patient, phone)
    }

    @Test func aHiddenAnswerIsNotShownAndCanBeGivenUp() async throws {
        let (patient, phone) = try await patient()
        try patient.auth("trial", ["auth required MODULE echo=no"])
        let code = try await phone.code()
        let first = try Terminal(words(patient))
        try await first.expect("Verification code")
        try await first.send("\u{3}")
        try await first.expect("Refused: PAM_")
        #expect(try await first.finish() == 1)
        let second = try Terminal(words(patient))
        try await second.expect("Verification code")
        try await second.type(code)
        try await second.expect("Accepted: PAM_SUCCESS (0)")
        #expect(try await second.finish() == 0)
        #expect(await !second.transcript.contains(code))
    }

    @Test func scriptsGetAnObject() async throws {
        let (patient, phone) = try await patient()
        for (input, result, status) in [
            (try await phone.code() + "\n", "PAM_SUCCESS", 0), ("", "PAM_CONV_ERR", 1),
        ] {
            let done = try await Command.run(words(patient, "--json"), input: input)
            #expect(done.status == Int32(status) && done.errors.contains("Verification code"))
            let told = try JSONSerialization.jsonObject(with: Data(done.output.utf8))
            let members = try #require(told as? [String: Any])
            #expect(members["result"] as? String == result, "\(members)")
            #expect(members["accepted"] as? Bool == (status == 0))
            #expect(members["user"] as? String == "alice")
        }
    }
}
