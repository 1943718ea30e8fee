import TestSupport
import Testing

/// fail2ban-regex, which tries a filter on lines.
enum BanFilter {
    /// The filter as shipped.
    static let ours = Project.path("packaging/fail2ban/filter.d/swiftotp.conf")

    /// What a filter counts: the address and the user of each failure.
    static func failures(
        of lines: [String], by filter: String = ours, _ more: String...
    ) async throws -> [String] {
        let scratch = try Scratch()
        let file = try scratch.write(lines.joined(separator: "\n") + "\n", to: "auth.log")
        let rows = try await Command.output(
            ["fail2ban-regex", "--out", "row"] + more + [file, filter])
        return try rows.split(separator: "\n").map { row in
            let parts = try #require(
                row.firstMatch(of: #/^\['(.*?)',.*'user': (['"])(.*?)\2/#), "\(row)")
            return "\(parts.output.1) \(parts.output.3)"
        }
    }
}
