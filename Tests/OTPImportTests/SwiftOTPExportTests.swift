import OTPCore
import Testing

@testable import OTPImport

@Suite("otp-enroll's own exports")
struct SwiftOTPExportTests {
    private func export(_ members: String) -> String {
        """
        {"swiftotp_export": 1, "users": [{"user": "alice", "authenticators": [
          {"name": "phone", \(members), "secret": "\(exampleBase32)"}]}]}
        """
    }

    @Test("Drift, counter, used steps or name are lost on the way")
    func everything() throws {
        let clock = export(
            """
            "kind": "totp", "algorithm": "SHA256", "digits": 8, "period": 60, "counter": null, \
            "next_step": 30000000, "drift": -3
            """)
        let token = try #require(try read(ascii(clock), as: .swiftOTP).tokens.first)
        #expect(token.owner?.printable == "alice" && token.name?.text == "phone")
        #expect(token.kind == .totp && token.algorithm == .sha256 && token.digits == 8)
        #expect(token.period == 60 && token.nextStep == 30_000_000 && token.drift == -3)
        #expect(token.keyBytes == exampleKey && token.notes.isEmpty)
        let fob = export(
            """
            "kind": "hotp", "algorithm": "SHA1", "digits": 6, "period": null, "counter": 17, \
            "next_step": null, "drift": 0
            """)
        let counter = try #require(try read(ascii(fob), as: .swiftOTP).tokens.first)
        #expect(counter.kind == .hotp && counter.nextStep == 17 && counter.drift == 0)
    }

    @Test("A step or drift that nobody can have used locks the user out")
    func outOfRange() throws {
        let common = #""kind": "totp", "algorithm": "SHA1", "digits": 6, "period": 30"#
        for step in ["60002881", "60002883", "9223372036854775807"] {
            let text = export(common + ", \"next_step\": \(step), \"drift\": 0")
            let token = try #require(try read(ascii(text), as: .swiftOTP).tokens.first)
            let isPlausible = step == "60002881"
            #expect(token.nextStep == (isPlausible ? 60_002_881 : 0))
            #expect(token.notes.isEmpty == isPlausible)
        }
        for (members, sentence) in [
            (", \"drift\": 1501", "the drift is out of range"),
            (", \"drift\": \"0\"", "the drift is out of range"),
            (", \"next_step\": -1", "next_step is not a whole number of 0 or more"),
        ] as [(String, String)] {
            let result = try read(ascii(export(common + members)), as: .swiftOTP)
            #expect(result.problems.map(\.description) == ["entry 1: \(sentence)"])
        }
        for (text, sentence) in [
            ("{}", "it is not an export of otp-enroll in JSON"),
            ("{\"swiftotp_export\": 2}", "its version is not supported: 2"),
            ("{\"swiftotp_export\": 1}", "it has no list of users"),
            (
                "{\"swiftotp_export\": 1, \"users\": [{\"user\": \"a\"}]}",
                "it has no list of authenticators"
            ),
        ] as [(String, String)] {
            let result = try read(ascii(text), as: .swiftOTP)
            #expect(result.problems.map(\.description) == ["the file: \(sentence)"])
        }
    }
}
