import Foundation
import TestSupport
import Testing

/// The output of `import --json`.
struct ImportReport {
    let rows: [[String: Any]]
    let problems: [String]
    let isRehearsal: Bool

    init(reading text: String) throws {
        let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
        let object = try #require(value as? [String: Any])
        rows = try #require(object["tokens"] as? [[String: Any]])
        problems = try #require(object["problems"] as? [String])
        isRehearsal = try #require(object["dry_run"] as? Bool)
    }

    func row(_ user: String) throws -> [String: Any] {
        try #require(rows.first { $0["user"] as? String == user })
    }

    func result(_ user: String) throws -> String? { try row(user)["result"] as? String }
}

extension Desk {
    /// Runs `import --json` and returns its output.
    func report(
        _ arguments: [String], input: String = "", status: Int32 = 0
    ) async throws -> ImportReport {
        let done = try await Command.run(words(["import", "--json"] + arguments), input: input)
        #expect(done.status == status, "\(done.errors)")
        return try ImportReport(reading: done.output)
    }
}
