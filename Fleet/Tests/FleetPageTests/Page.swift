import Foundation

/// A page of the project, and the commands that it tells its readers to type.
struct Page {
    let path: String
    let text: String

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../..").standardizedFileURL

    init(_ path: String) throws {
        self.path = path
        text = try String(
            contentsOf: Page.folder.appendingPathComponent(path), encoding: .utf8)
    }

    static let server = "packaging/fleet/man/swiftotp-server.8.scd"
    static let agent = "packaging/fleet/man/swiftotp-agent.8.scd"
    static let guide = "docs/FLEET.md"
    static let all = [server, agent, guide, "README.md"]

    /// The lines of examples and the words between backquotes that begin with `program`, split into
    /// words as a shell does.
    func commands(of program: String) -> [[String]] {
        let whole = text.replacing(#/\\\n */#, with: " ")
        let lines = whole.split(separator: "\n").map {
            String($0.trimmingCharacters(in: .whitespaces))
        }
        let spans = whole.matches(of: #/`([^`]+)`/#).map {
            String($0.1).replacing("\n", with: " ")
        }
        // What a synopsis leaves open is between underscores.
        return (lines + spans).filter {
            $0.hasPrefix(program + " ") && !$0.hasPrefix(program + " - ")
                && ($0.contains("\"") || !($0.contains("_") || $0.contains("*")))
        }.map(Page.words).filter { $0.count > 1 && $0[1] != "-" }
    }

    /// Words are separated by blanks; what is between quotes is one.
    static func words(_ line: String) -> [String] {
        line.matches(of: #/(?:[^ "]|"[^"]*")+/#).map {
            String($0.output).replacing("\"", with: "")
        }
    }

    /// The lines below a heading such as `# SETTINGS`.
    func lines(below heading: String) -> [Substring] {
        let parts = text.components(separatedBy: "\n\(heading)\n")
        guard parts.count == 2 else { return [] }
        return parts[1].split(separator: "\n", omittingEmptySubsequences: false)
            .prefix { !$0.hasPrefix("# ") }
    }
}
