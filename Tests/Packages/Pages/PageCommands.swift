import Foundation
import TestSupport

/// The commands that a page tells its readers to type.
struct PageCommands {
    /// The pages whose commands are all run.
    static let pages = [
        "README.md", "docs/INSTALL.md", "docs/ADMIN.md", "docs/LOGIN.md", "docs/RECIPES.md",
        "docs/MIGRATING.md", "SECURITY.md", "CONTRIBUTING.md", "docs/REPOSITORY.md",
    ]

    /// A command on a page, without the comment after it.
    struct Line: Hashable {
        let page: String
        let text: String
    }

    /// The lines of examples that are commands: those whose first word is a program. Also commands
    /// in sentences that begin with `sudo`, since they are meant to be typed too.
    static func lines(of page: String) throws -> [Line] {
        var lines: [String] = []
        for line in try Project.text(page).split(separator: "\n") {
            if line.hasPrefix("    ") {
                let text = line.trimmingCharacters(in: .whitespaces)
                let command = text.split(separator: " #").first.map(String.init) ?? ""
                let words = command.split(separator: " ")
                if let first = words.first, isProgram(String(first)) {
                    lines.append(command.trimmingCharacters(in: .whitespaces))
                }
            } else {
                lines += line.matches(of: #/`(sudo [a-z][^`]*)`/#).map { String($0.1) }
            }
        }
        return lines.map { Line(page: page, text: $0) }
    }

    static func all() throws -> [Line] { try pages.flatMap(lines) }

    /// Whether a shell would find it: ours, or one of the machine's.
    private static func isProgram(_ word: String) -> Bool {
        if ["otp-enroll", "swift", "apt", "dnf", "brew", "curl", "git", "ansible"].contains(word) {
            return true
        }
        return ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
            .contains { access("\($0)/\(word)", X_OK) == 0 } && !word.contains("/")
    }
}
