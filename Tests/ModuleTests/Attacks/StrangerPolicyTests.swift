import Foundation
import OTPCore
import TestSupport
import Testing

/// StrangerTests' property with the options that make logins differ for authenticated users:
/// strangers cannot tell by any of them who exists or is enrolled.
@Suite("Strangers, where logins enroll and keys are trusted")
struct StrangerPolicyTests {
    /// All kinds of names: enrolled, without a record, reset, with a trusted key, and unknown.
    private static let names = ["daemon", "bin", "sys", "games", "mallory"]

    /// Everything that a client sees of these logins.
    private func look(
        _ enrolled: Enrolled, _ arguments: String, _ user: String, by proof: [String],
        _ answers: [String]
    ) async throws -> [String] {
        let commands = answers.flatMap { ["answer \($0)", "go authenticate", "forget"] }
        return try await enrolled.stack(arguments, service: "sshd").run(
            ["user \(user)", "fail-delay note"] + proof + commands
        ).map { result in
            let texts = result.messages.map { "\($0.style) \($0.text)" }
            return "\(result.name) \(result.prompts) \(texts)"
                .replacing(/in [23][0-9] seconds/, with: "in 30 seconds")
        }
    }

    @Test(
        "Within eight tries, questions, messages or waits differ between enrolled and other users",
        arguments: [
            "", "enroll=require enroll_grace=5", "forward_pass", "retry=2 enroll=offer trust=key",
        ])
    func same(arguments: String) async throws {
        for proof in [
            ["tty ssh"], LoginKey.login("publickey ssh-ed25519 AAAA"),
        ] {
            let enrolled = try Enrolled(user: "daemon")
            let reset = try Enrolled(user: "sys", in: enrolled.scratch)
            try reset.change { $0.removeAll() }
            let trusting = try Enrolled(user: "games", in: enrolled.scratch)
            try await trusting.trust(LoginKey())
            let wrong = try await enrolled.wrongCodes(9)
            let answers = ["", "password", "x\(wrong[8])", "0AAAA-AAAAA-AAAAA"] + wrong[..<8]
            var sights: [[String]] = []
            for name in Self.names {
                sights.append(try await look(enrolled, arguments, name, by: proof, answers))
            }
            #expect(sights[0].count == 12)
            #expect(sights[0].last?.contains("Too many wrong codes. Try again in ") == true)
            for (name, sight) in zip(Self.names, sights) {
                #expect(sight == sights[0], "\(name) \(proof)")
            }
        }
    }
}
