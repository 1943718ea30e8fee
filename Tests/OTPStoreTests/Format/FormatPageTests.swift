import Foundation
import TestSupport
import Testing

@testable import OTPCore
@testable import OTPStore

/// The tables of docs/FILEFORMAT.md against the tables in the code.
@Suite("The tables of the file format's page")
struct FormatPageTests {
    private func page() throws -> String {
        try Project.text("docs/FILEFORMAT.md")
    }

    /// The cells of the rows that begin with `start`, in the section `title`.
    private func rows(of title: String, beginning start: String) throws -> [[String]] {
        let parts = try page().components(separatedBy: title)
        try #require(parts.count == 2, "one part of the page is called \(title)")
        let part = try #require(parts[1].components(separatedBy: "\n## ").first)
        let lines = part.split(separator: "\n").map { $0.drop { $0 == " " } }
        return lines.filter { $0.hasPrefix(start) }.map { row in
            row.split(separator: "|").map {
                String($0.dropFirst().dropLast()).replacing("`", with: "")
            }
        }
    }

    /// What an option takes, in the page's words.
    private func values(_ kind: OptionKey.Kind) -> String {
        switch kind {
        case .flag: "yes or no"
        case .language: "sv, pt_BR and the like"
        case .number(let range, _): "\(range.lowerBound) to \(range.upperBound)"
        case .hours(let range, _): "\(range.lowerBound)h to \(range.upperBound)h"
        case .text(let maximum, _): "1 to \(maximum) bytes of printable ASCII"
        case .choice(let first, let second, let third, _):
            third.map { "\(first), \(second) or \($0)" } ?? "\(first) or \(second)"
        case .path: "a path that begins with /, under 1024 bytes"
        case .date: "a date, YYYY-MM-DD, from 1970 to 9999"
        case .label: "1 to 64 bytes of UTF-8 without control characters and :"
        case .networks: "1 to 64 networks"
        case .services: "1 to 32 PAM services"
        case .verifiers: "1 to 32 users, or user/service"
        case .messages: "mail, sms or both"
        case .numbers: "UIDs, such as 1000- or 1000-59999"
        case .users: "1 to 32 users"
        }
    }

    @Test("The page's table of configuration keys differs from the code")
    func configuration() throws {
        let rows = try rows(of: "## The configuration", beginning: "| `")
        #expect(rows.map { $0[0] } == OptionKey.all.filter(\.inFile).map(\.name))
        for (row, option) in zip(rows, OptionKey.all.filter(\.inFile)) {
            #expect(
                row[2] == option.fallback, "\(option.name)")
            #expect(row[1] == values(option.kind), "\(option.name)")
        }
    }

    @Test("The page's list of event kinds differs from the code")
    func events() throws {
        let rows = try rows(of: "### The kinds of events", beginning: "| ").filter {
            Int($0[0]) != nil
        }
        let kinds = (0...255).compactMap { Event.Kind(rawValue: $0) }
        #expect(rows.map { $0[0] } == kinds.map { "\($0.rawValue)" })
        #expect(rows.map { $0[1] } == kinds.map(\.name))
        #expect(rows.map { $0[2] } == kinds.map { $0.isTold ? "yes" : "no" })
    }

    @Test("The page's figures differ from the code")
    func figures() throws {
        #expect(Event.detailLength == 40 && Event.originLength == 46)
        #expect(EventLog.capacity == 7 && Notices.capacity == 6)
        #expect(TemporaryCode.length == 12 && BackupCode.length == 15)
        #expect(IssuedCode.validRange == 600...259_200 && IssuedCode.tolerance == 60)
        #expect(Record.maximumEncodedLength == 4056)
        #expect(TrustedKey.maximum == 8 && TrustedKey.fingerprintLength == 32)
        #expect(TrustedKey.nameLength == 16 && TrustedKey.addressLength == 39)
        #expect(TrustedKey.tolerance == 60 && TrustedKey.day == 86_400)
        let texts = [
            "up to 40 bytes of printable ASCII", "up to 46 bytes of printable ASCII",
            "0 to 7; u16", "0 to 6; u16", "twelve symbols", "At most 4056 bytes",
            "10 minutes to 3 days", "60 s before", "how many keys, 0 to 8", "the name, 1 to 16",
            "logged in from, 0 to 39",
        ]
        let page = try page()
        for text in texts {
            let isThere = page.contains(text)
            #expect(isThere, "the page does not say: \(text)")
        }
    }
}
