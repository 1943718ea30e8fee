import Foundation
import OTPCore
import TestSupport
import Testing

/// SSH keys that skip the code, where one row of docs/RESULTS.md is not enough: what is offered,
/// and what comes of the answer.
@Suite("Trusted SSH keys, through libpam")
struct TrustTests {
    @Test("The offer shows the key's fingerprint as ssh-keygen does, and is logged when taken")
    func offer() async throws {
        let enrolled = try Enrolled()
        let log = try SystemLog.shared()
        let mark = "rhost-\(UUID().uuidString)"
        let offering = try enrolled.stack("trust=key", service: "sshd")
        let result = try await offering.login(
            enrolled.user, [try await enrolled.phone.code(), "y"],
            with: LoginKey().login + ["rhost \(mark)"])
        let print = try await LoginKey().fingerprint()
        #expect(result.prompts == 2)
        let offer = try #require(result.messages.first { $0.text.contains("Skip the code") })
        #expect(
            offer.text == "\nYour SSH key: \(print)\nSkip the code for 30 days when you log in "
                + "with it? [y/N, or y and a name]: ")
        #expect(offer.style == "echo_on")
        let end = try #require(try enrolled.read { $0.trusted.first?.until })
        let date = Date(timeIntervalSince1970: TimeInterval(end)).formatted(
            .iso8601.year().month().day())
        #expect(
            result.said.last == "The key \"ed25519\" logs in without a code until "
                + "\(date).\n`otp-enroll trusted --revoke-all` ends that.")
        let line = try await log.line(containing: "rhost=\(mark)")
        #expect(line.text.contains("login granted; factor=code authenticator=\"phone\""))
        #expect(line.text.contains("trusts=\"ed25519\""))

        let later = "rhost-\(UUID().uuidString)"
        let trusted = try await enrolled.stack("trust=key", service: "sshd").login(
            enrolled.user, [], with: LoginKey().login + ["rhost \(later)"])
        #expect(trusted.name == "PAM_SUCCESS" && trusted.prompts == 0)
        let second = try await log.line(containing: "rhost=\(later)")
        #expect(second.text.contains("factor=trusted-key key=\"ed25519\" fingerprint=\(print)"))
        let told = "The SSH key \"ed25519\" was trusted to skip the code on "
        #expect(trusted.said.count == 1 && trusted.said[0].hasPrefix(told), "\(trusted.said)")
        // The next one has nothing new to say.
        let quiet = try await enrolled.stack("trust=key", service: "sshd").login(
            enrolled.user, [], with: LoginKey().login)
        #expect(quiet.said.isEmpty && quiet.messages.isEmpty)
    }
}
