import Foundation
import TestSupport

/// One of the project's manual pages, in its source form in `packaging/man` (scdoc(5)).
struct Manual: Sendable {
    /// The page's name, such as `pam_swiftotp.8`.
    let file: String
    /// The lines of its source.
    let lines: [String]

    static let files = [
        "pam_swiftotp.8", "swiftotp.conf.5", "otp-enroll.1", "swiftotpd.8",
        "swiftotp-messenger.8",
    ]

    /// Those of a fleet's packages, in a folder of their own.
    static let fleetFiles = ["swiftotp-server.8", "swiftotp-agent.8"]

    static var all: [Manual] {
        get throws { try files.map { try Manual($0) } }
    }

    init(_ file: String) throws {
        self.file = file
        let folder = Manual.fleetFiles.contains(file) ? "packaging/fleet/man" : "packaging/man"
        lines = try Project.text("\(folder)/\(file).scd").components(separatedBy: "\n")
    }

    /// The name without the section: `pam_swiftotp`.
    var name: String { String(file.dropLast(2)) }
    /// The section: `8`.
    var section: String { String(file.suffix(1)) }

    // MARK: Parts

    /// The level of each line's heading: 1 for `#`, 2 for `##`, 0 for other lines.
    private var ranks: [Int] {
        var isInside = false
        return lines.map { line in
            if line == "```" { isInside.toggle() }
            let rank = line.prefix { $0 == "#" }.count
            return isInside || !line.dropFirst(rank).hasPrefix(" ") ? 0 : rank
        }
    }

    /// The lines below a heading such as `# FILES` or `## add`, up to the next one of the same
    /// level or above.
    func lines(below heading: String) throws -> [String] {
        guard let start = lines.firstIndex(of: heading) else {
            throw Trouble("\(file) has no \(heading)")
        }
        let ranks = ranks[start...]
        let end = ranks.dropFirst().firstIndex { (1...ranks[start]).contains($0) }
        return Array(lines[(start + 1)..<(end ?? lines.endIndex)])
    }

    /// The headings of a level.
    func headings(_ rank: Int) -> [String] {
        zip(lines, ranks).filter { $0.1 == rank }.map { String($0.0.dropFirst(rank + 1)) }
    }

    /// A term, such as `*--name* _name_`, and its description, without markup.
    struct Entry {
        let term: String
        let text: String
    }

    /// The terms among these lines: those followed by indented text.
    static func entries(_ lines: [String]) -> [Entry] {
        zip(lines.indices, lines).compactMap { index, line in
            let rest = lines[(index + 1)...].prefix { $0.hasPrefix("\t") }
            guard !line.isEmpty, !line.hasPrefix("\t"), !rest.isEmpty else { return nil }
            let text = rest.map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
            return Entry(term: line, text: plain(text))
        }
    }

    /// The literal blocks among these lines, each as a reader sees it.
    static func blocks(_ lines: [String]) -> [[String]] {
        var blocks: [[String]] = []
        var isInside = false
        for line in lines {
            if line == "```" {
                isInside.toggle()
                if isInside { blocks.append([]) }
            } else if isInside {
                blocks[blocks.count - 1].append(line.replacing("\\\\", with: "\\"))
            }
        }
        return blocks
    }

    /// All literal blocks.
    var blocks: [[String]] { Self.blocks(lines) }

    /// Text without the markup for bold and underlined; an underscore within a word is not markup.
    static func plain(_ text: String) -> String {
        let all = Array(text.replacing("*", with: ""))
        func isWord(_ index: Int) -> Bool {
            all.indices.contains(index) && (all[index].isLetter || all[index].isNumber)
        }
        return String(
            all.indices.filter { all[$0] != "_" || (isWord($0 - 1) && isWord($0 + 1)) }
                .map { all[$0] })
    }

    // MARK: The generated page

    /// Generates the page in a folder, and returns its path.
    func make(in scratch: Scratch) async throws -> String {
        let source = lines.joined(separator: "\n")
        return try scratch.write(try await Command.output(["scdoc"], input: source), to: file)
    }
}
