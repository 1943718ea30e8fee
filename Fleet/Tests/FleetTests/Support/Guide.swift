import Foundation
import TestSupport

/// What docs/FLEET.md tells an admin, so that the tests expect its words from the programs.
enum Guide {
    /// The sentence that a log has about a database with which this is wrong: that, and what to do.
    static func sentence(_ what: String) throws -> String {
        let (start, end) = ("| \(what) | ", " |")
        let rows = try Project.text("docs/FLEET.md").split(separator: "\n")
        guard let row = rows.first(where: { $0.hasPrefix(start) && $0.hasSuffix(end) }) else {
            throw Trouble("docs/FLEET.md does not have “\(what)”")
        }
        return "\(what); \(row.dropFirst(start.count).dropLast(end.count))"
    }

    /// The commands of a program below a heading, each in one line.
    static func commands(of program: String, below heading: String) throws -> [String] {
        let page = try Project.text("docs/FLEET.md").replacing(#/\\\n */#, with: "")
        let parts = page.components(separatedBy: "\n### \(heading)\n")
        guard parts.count == 2 else { throw Trouble("docs/FLEET.md does not have “\(heading)”") }
        return parts[1].components(separatedBy: "\n#")[0].split(separator: "\n")
            .filter { $0.hasPrefix("    \(program) ") }.map { String($0.dropFirst(4)) }
    }
}
