import Foundation

/// docs/RECIPES.md and other pages in docs, from which tests take what they write and type.
public enum RecipePage {
    /// The first block of a section after these words, without its indentation.
    public static func block(
        _ section: String, after words: String, in page: String = "docs/RECIPES.md"
    ) throws -> [String] {
        let parts = try Project.text(page).split(separator: "\n## ")
        guard let part = parts.first(where: { $0.hasPrefix(section + "\n") }),
            let place = part.firstRange(of: words)
        else { throw Trouble("\(page) has no “\(words)” in “\(section)”") }
        let lines = part[place.upperBound...].split(
            separator: "\n", omittingEmptySubsequences: false)
        let block = lines.dropFirst().drop { !$0.hasPrefix("    ") }
            .prefix { $0.hasPrefix("    ") }
        let indentation = block.map { $0.prefix { $0 == " " }.count }.min() ?? 0
        guard !block.isEmpty else { throw Trouble("nothing to write behind “\(words)”") }
        return block.map { String($0.dropFirst(indentation)) }
    }

    /// The sshd lines in the table's row for an option of the module.
    public static func sshdLines(for option: String) throws -> [String] {
        let page = try Project.text("docs/RECIPES.md")
        guard let row = page.split(separator: "\n").first(where: { $0.hasPrefix("| `\(option)") }),
            let column = row.split(separator: "|").last
        else { throw Trouble("docs/RECIPES.md has no row for \(option)") }
        return column.matches(of: #/`([^`]+)`/#).map { String($0.1) }
    }
}
