import Foundation
import TestSupport
import Testing

@testable import OTPCore

/// README's table of options against the table in the code.
@Suite("The options in README")
struct OptionReadmeTests {
    /// The cells of the rows of README's table, without the marks of code.
    private func rows() throws -> [[String]] {
        let page = try Project.text("README.md")
        let parts = page.components(separatedBy: "\n## Options\n")
        try #require(parts.count == 2, "one part of README is called Options")
        let part = try #require(parts[1].components(separatedBy: "\n## ").first)
        return part.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { row in
            row.split(separator: "|").map {
                String($0.dropFirst().dropLast()).replacing("`", with: "")
            }
        }
    }

    @Test("The same options in the same order, with their defaults and values")
    func table() throws {
        let rows = try rows()
        #expect(rows.map { $0[0] } == OptionKey.all.map(\.name))
        for (row, option) in zip(rows, OptionKey.all) {
            try #require(row.count == 4, "\(option.name)")
            #expect(row[2] == option.fallback, "\(option.name)")
            #expect(row[3].contains("(PAM line only)") == !option.inFile, "\(option.name)")
            switch option.kind {
            case .flag: #expect(row[1] == "yes, no", "\(option.name)")
            case .number(let range, _):
                let words = "\(range.lowerBound) to \(range.upperBound)"
                #expect(row[1].hasPrefix(words), "\(option.name)")
            case .hours(let range, _):
                let words = "\(range.lowerBound)h to \(range.upperBound)h"
                #expect(row[1] == words, "\(option.name)")
            case .choice(let first, let second, let third, _):
                let words = [first, second, third].compactMap { $0 }.joined(separator: ", ")
                #expect(row[1] == words, "\(option.name)")
            case .path: #expect(row[1] == "a path", "\(option.name)")
            case .date: #expect(row[1] == "a date, YYYY-MM-DD", "\(option.name)")
            case .networks: #expect(row[1] == "networks", "\(option.name)")
            case .services: #expect(row[1] == "PAM services", "\(option.name)")
            case .text(let maximum, _):
                let isOf128 = option == .prompt
                #expect(row[1].contains("up to \(maximum) ASCII") == isOf128, "\(option.name)")
            }
        }
    }
}
