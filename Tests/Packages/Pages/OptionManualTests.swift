import OTPCore
import TestSupport
import Testing

/// The options in the manual against the table in the code.
@Suite("The options in the manual")
struct OptionManualTests {
    /// An option on a page: its name, its values and its description.
    struct Row {
        let name: String
        let values: String
        let text: String
    }

    /// Entries of the form `*retry* = _1 to 3_`.
    private func rows(_ lines: [String]) -> [Row] {
        Manual.entries(lines).compactMap { entry in
            let parts = Manual.plain(entry.term).components(separatedBy: " = ")
            guard entry.term.hasPrefix("*"), parts.count == 2 else { return nil }
            return Row(name: parts[0], values: parts[1], text: entry.text)
        }
    }

    @Test("swiftotp.conf(5) lacks an option of the file, or has one too many")
    func file() throws {
        let rows = rows(try Manual("swiftotp.conf.5").lines(below: "# OPTIONS"))
        let options = OptionKey.all.filter(\.inFile)
        #expect(rows.map(\.name).sorted() == options.map(\.name).sorted())
        for row in rows { try check(row) }
    }

    @Test("pam_swiftotp(8) does not explain an option of its own, or lists others wrongly")
    func line() throws {
        let manual = try Manual("pam_swiftotp.8")
        let own = rows(try manual.lines(below: "## For a PAM line only"))
        let options = OptionKey.all
        #expect(own.map(\.name) == options.filter { !$0.inFile }.map(\.name))
        for row in own { try check(row) }

        let block = try #require(
            Manual.blocks(try manual.lines(below: "## In swiftotp.conf as well")).first)
        let list = block.dropFirst().map { line in
            line.split(separator: #/ {2,}/#, maxSplits: 2).map(String.init)
        }
        #expect(list.map(\.first) == options.filter(\.inFile).map(\.name))
        for cells in list {
            try #require(cells.count == 3)
            let option = try #require(options.first { $0.name == cells[0] })
            #expect(cells[1] == values(of: option), "\(cells[0])")
            // Values too long for a line of 80 columns.
            let short: [OptionKey: String] = [.prompt: "(a sentence)", .qrServices: "(a list)"]
            #expect(cells[2] == short[option] ?? option.fallback, "\(cells[0])")
        }
    }

    private func check(_ row: Row) throws {
        let option = try #require(OptionKey.all.first { $0.name == row.name })
        #expect(row.values == values(of: option), "\(row.name)")
        let fallback = option == .prompt ? "\"\(option.fallback)\"" : option.fallback
        #expect(row.text.hasPrefix("Default: \(fallback)"), "\(row.name)")
        let end = row.text.dropFirst("Default: \(fallback)".count)
        #expect(end.hasPrefix(". ") || end.hasPrefix(", "), "\(row.name)")
        #expect(end.count > 20, "\(row.name) says what it does")
        if case .text(let maximum, _) = option.kind {
            #expect(row.text.contains("p to \(maximum) "), "\(row.name)")
        }
    }

    /// The values as the manual writes them.
    private func values(of option: OptionKey) -> String {
        switch option.kind {
        case .flag: "yes | no"
        case .number(let range, _): "\(range.lowerBound) to \(range.upperBound)"
        case .hours(let range, _): "\(range.lowerBound)h to \(range.upperBound)h"
        case .choice(let first, let second, let third, _):
            [first, second, third].compactMap { $0 }.joined(separator: " | ")
        case .path: "path"
        case .date: "YYYY-MM-DD"
        case .networks: "networks"
        case .services: "services"
        case .verifiers: "users"
        case .messages: "messages"
        case .numbers: "UIDs"
        case .users: "users"
        case .label: "text"
        case .language: "language"
        case .text:
            switch option {
            case .exemptGroup, .helpdeskGroup, .helpdeskProtected, .deliverFor: "group"
            case .mail: "address"
            default: "text"
            }
        }
    }

    // MARK: Words

    /// The words for a login's end in the sources: those of an outcome, those in a login's line,
    /// and the one that the module writes itself.
    private func knownWords() throws -> Set<String> {
        let outcome = try Project.text("Sources/OTPCore/Verify/Outcome.swift")
            .matches(of: #/case \.(?:granted|refused)\(\.\w+\): "([a-z-]+)"/#).map { String($0.1) }
        let line = try Project.text("Sources/OTPCore/Login/LoginLog.swift")
            .matches(of: #/add\("(?:reason|factor)", "([a-z-]+)"\)/#).map { String($0.1) }
        let module = try Project.text("Sources/pam_swiftotp/Login.swift")
            .matches(of: #/reason=([a-z-]+) /#).map { String($0.1) }
        #expect(outcome.count >= 20 && line.count >= 6 && module == ["service"])
        #expect(outcome.contains(Outcome.refused(.clockMovedBack(seconds: 1)).reason))
        return Set(outcome + line + module)
    }

    @Test("pam_swiftotp(8) does not explain a word of the log, or has one too many")
    func words() throws {
        let known = try knownWords()
        let terms = Manual.entries(try Manual("pam_swiftotp.8").lines(below: "# LOG")).map(\.term)
        let explained = terms.flatMap { term in
            Manual.plain(term).components(separatedBy: ", ").map { word in
                String(word.split(separator: " ")[0])
                    .replacing("factor=", with: "").replacing("reason=", with: "")
            }
        }
        #expect(Set(explained) == known)
        #expect(explained.count == known.count, "each once")
    }

    @Test("pam_swiftotp(8) has other results than docs/RESULTS.md")
    func results() throws {
        let entries = Manual.entries(try Manual("pam_swiftotp.8").lines(below: "# RETURN VALUES"))
        let table = try Project.text("docs/RESULTS.md")
            .matches(of: #/(?m)^\| .* \| `(PAM_[A-Z_]+)` \|$/#).map { String($0.1) }
        #expect(Set(entries.map(\.term)) == Set(table))
    }
}
