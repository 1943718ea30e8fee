import Foundation
import TestSupport
import Testing

@testable import OTPWire

/// docs/PROTOCOL.md, the frames of swiftotpd, and those of the module, which has its own list
/// because it shares no code with them.
@Suite("The protocol's page, the service and the module")
struct PageTests {
    private static func text(_ path: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../..").standardizedFileURL
        return try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The cells of the table with this heading row.
    private func table(_ headings: String) throws -> [[String]] {
        let page = try Self.text("docs/PROTOCOL.md").components(separatedBy: "\n\(headings)\n")
        try #require(page.count == 2, "one table begins with \(headings)")
        return page[1].split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
            .prefix { $0.hasPrefix("|") }
            .map { row in
                row.split(separator: "|").map {
                    $0.trimmingCharacters(in: .whitespaces).replacing("`", with: "")
                }
            }
    }

    /// The cases of an enumeration in a source file, with their numbers.
    private func cases(of name: String, in path: String) throws -> [String: UInt8] {
        let source = try Self.text(path)
        let start = try #require(source.range(of: "enum \(name): UInt8"), "\(name) in \(path)")
        let body = source[start.upperBound...].prefix { $0 != "}" }
        var found: [String: UInt8] = [:]
        for match in body.matches(of: /case (\w+) = (\d+)/) {
            found[String(match.1)] = UInt8(match.2)
        }
        return found
    }

    private static let module = "Sources/pam_swiftotp/"

    @Test("The kinds of frames have other names or numbers in one of the three")
    func kinds() throws {
        var page: [String: UInt8] = [:]
        for row in try table("| kind | name | from | payload |") {
            guard let number = UInt8(row[0]) else { throw Trouble("no number: \(row)") }
            page[row[1]] = number
            #expect(row[2] == (number < 64 ? "client" : "service"), "\(row)")
        }
        var service: [String: UInt8] = [:]
        for kind in Frame.Kind.allCases { service["\(kind)"] = kind.rawValue }
        #expect(page == service && service.count == 16)
        // The module knows only the kinds of a login.
        let said = try cases(of: "Said", in: Self.module + "Wire.swift")
        let heard = try cases(of: "Heard", in: Self.module + "Wire.swift")
        let others = service.filter { $0.key != "request" && $0.key != "reply" }
        #expect(said.merging(heard) { $1 } == others)
        #expect(said.values.allSatisfy { $0 < 64 } && heard.values.allSatisfy { $0 >= 64 })
    }

    @Test("The ends of a login have other numbers or PAM codes in one of the three")
    func ends() throws {
        let page = try table("| end | means | PAM |")
        let module = try cases(of: "LoginEnd", in: Self.module + "LoginEnd.swift")
        let codes = try Self.text(Self.module + "LoginEnd.swift").matches(
            of: /case \.(\w+): (PAM_\w+)/)
        #expect(page.count == LoginEnd.allCases.count && codes.count == page.count)
        for (row, end) in zip(page, LoginEnd.allCases) {
            #expect(UInt8(row[0]) == end.rawValue && module["\(end)"] == end.rawValue)
            let code = codes.first { $0.1 == "\(end)" }?.2
            #expect(code.map(String.init) == row[2], "\(end)")
        }
        #expect(module.count == page.count)
    }

    @Test("Version or longest frame differ in one of the three")
    func numbers() throws {
        let page = try Self.text("docs/PROTOCOL.md")
        let module = try Self.text(Self.module + "Wire.swift")
        #expect(page.contains("Frames of version \(Frame.version), "))
        #expect(page.contains("| 64 | `welcome` | service | `u8`: the version of the frames, 2 |"))
        #expect(module.contains("static var version: UInt8 { \(Frame.version) }"))
        #expect(Frame.maximumLength == 32_768)
        #expect(page.contains("the length of what follows, 1 to 32,768;"))
        #expect(module.contains("static var maximumLength: Int { 32_768 }"))
    }

    @Test("A command, result or reason has no row on the page, or a row is too many")
    func documents() throws {
        let commands = try Documents.commands().map { Self.word($0) }
        #expect(
            try table("| command | fields | who | result |").map { $0[0] }.sorted()
                == commands.sorted())
        let results = Set(try Documents.results().map { Self.word($0) })
        #expect(Set(try table("| result | fields |").map { $0[0] }) == results)
        let reasons = Documents.denials.map { Self.word($0) }
        let rows = try table("| reason | |").flatMap { $0[0].components(separatedBy: ", ") }
        #expect(rows.sorted() == reasons.sorted())
    }

    /// The cases of an enumeration at the left margin of a source file.
    private func names(of name: String, in path: String) throws -> [String] {
        let source = try Self.text(path)
        let start = try #require(
            source.firstMatch(of: try Regex("(?m)^( *)(public )?enum \(name)\\b")),
            "\(name) in \(path)")
        let margin = start.output[1].substring ?? ""
        let body = source[start.range.upperBound...].components(separatedBy: "\n\(margin)}")[0]
        return body.split(separator: "\n").compactMap { line in
            line.firstMatch(of: #/^ *case (\w+)/#).map { String($0.1) }
        }
    }

    @Test("A step, result or status of a fleet has no row on the page, or a row is too many")
    func fleet() throws {
        let folder = "Sources/OTPWire/Fleet/"
        let steps = try names(of: "FleetStep", in: folder + "FleetCall.swift")
        #expect(steps.count == 15)
        #expect(
            try table("| step | fields | result | |").map { $0[0] }.sorted() == steps.sorted())
        let results = try names(of: "Result", in: folder + "FleetReply.swift")
        #expect(results.count == 14)
        let told = try table("| answer | fields |").map { $0[0] }
        #expect(told.sorted() == results.sorted())
        for row in try table("| step | fields | result | |") {
            #expect(row.count == 4 && results.contains(row[2]), "\(row)")
        }
        for row in try table("| status | name | means |") {
            let status = try #require(UInt8(row[0]).flatMap { AgentStatus(rawValue: $0) })
            #expect(row[1] == "\(status)", "\(row)")
        }
        #expect(try table("| status | name | means |").count == AgentStatus.allCases.count)
        // The description for programs has the same ones.
        let description = try Self.text("docs/openapi.yaml")
        for name in steps + results {
            #expect(
                description.contains("\n        \(name):")
                    || description.contains("            \(name):"), "\(name)")
        }
    }

    @Test("A member or a word of the agent's state has no row on the page, or a row is too many")
    func agentState() throws {
        let written = Data(try Document.encode(Documents.agentState))
        let state = try #require(try JSONSerialization.jsonObject(with: written) as? [String: Any])
        #expect(try table("| state | |").map { $0[0] }.sorted() == state.keys.sorted())
        let servers = try #require(state["servers"] as? [[String: Any]])
        let rows = try table("| server | |")
        #expect(rows.map { $0[0] }.sorted() == servers.first?.keys.sorted())
        let row = try #require(rows.first { $0[0] == "state" })
        let words = row[1].replacing(" or ", with: ", ").components(separatedBy: ", ")
        #expect(words == AgentState.Condition.allCases.map(\.rawValue))
    }

    /// The name of a case.
    private static func word(_ value: some Any) -> String {
        String("\(value)".prefix { $0 != "(" })
    }
}
