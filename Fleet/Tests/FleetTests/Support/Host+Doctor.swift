import Foundation
import TestSupport

extension Host {
    /// What `otp-enroll doctor` says of the fleet.
    struct Diagnosis: Sendable {
        /// The line about it, without its findings.
        let about: String
        /// `ok`, `warning` and so on.
        let state: String
        let findings: [Finding]

        /// Whether one problem says this, and nothing else is wrong.
        func isProblem(_ text: String) -> Bool {
            findings.count == 1
                && findings.allSatisfy { $0.severity == "problem" && $0.text.contains(text) }
        }
    }

    /// A finding.
    struct Finding: Decodable, Sendable {
        let check: String, severity: String, text: String
    }

    private struct Report: Decodable {
        struct Look: Decodable {
            let check: String, state: String, about: String
        }

        let looks: [Look], findings: [Finding]

        enum CodingKeys: String, CodingKey { case looks = "looked_at", findings }
    }

    /// Has doctor look at a service of this host, for `user`. Others of its checks are about the
    /// tests' machines.
    func doctor(about user: String) async throws -> Diagnosis {
        try service(["auth required module"], named: "doctor")
        let words = ["doctor", "--json", "--service", "doctor", "--user", user]
        let done = try await Command.run(enroll(words))
        let report = try JSONDecoder().decode(Report.self, from: Data(done.output.utf8))
        guard let look = report.looks.first(where: { $0.check == "fleet" }) else {
            throw Trouble("doctor does not look at the fleet: \(done)")
        }
        // Who is locked out, too: that is about the fleet's users as well.
        return Diagnosis(
            about: look.about, state: look.state,
            findings: report.findings.filter { ["fleet", "people"].contains($0.check) })
    }
}
