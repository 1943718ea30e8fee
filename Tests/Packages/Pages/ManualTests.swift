import Foundation
import TestSupport
import Testing

/// The pages can be generated, have no warnings, and fit a terminal.
@Suite("The manual pages")
struct ManualTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// mandoc warns of scdoc's headings (`.SH`, then `.PP`) and of its dates (`2026\-11\-30`, from
    /// scdoc 1.11.4 on), and its long lines are a matter of style; a reader sees none of it.
    @Test(
        "mandoc and groff find something wrong with a page",
        arguments: Manual.files + Manual.fleetFiles)
    func lint(file: String) async throws {
        let page = try await Manual(file).make(in: scratch)
        let mandoc = try await Command.run(["mandoc", "-T", "lint", "-W", "warning", page])
        let findings = (mandoc.output + mandoc.errors).split(separator: "\n")
            .filter {
                !$0.contains("skipping paragraph macro") && !$0.contains("cannot parse date")
            }
        #expect(findings == [])
        let groff = try await Command.run(
            ["man", "--warnings", "--local-file", page], environment: ["MANWIDTH": "80"])
        #expect(groff.status == 0)
        #expect(groff.errors == "")
    }

    @Test(
        "A page does not show in 80 columns, with its name, in the manual's order",
        arguments: Manual.files + Manual.fleetFiles)
    func render(file: String) async throws {
        let manual = try Manual(file)
        let page = try await manual.make(in: scratch)
        let text = try await show(page, columns: 80)
        let lines = text.components(separatedBy: "\n")
        #expect(lines.filter { $0.count > 80 } == [])
        #expect(lines.first { !$0.isEmpty }?.hasPrefix("\(manual.name)(\(manual.section))") == true)
        var rest = lines[...]
        for heading in manual.headings(1) {
            let place = try #require(rest.firstIndex(of: heading), "\(heading)")
            rest = rest[(place + 1)...]
        }
        #expect(manual.headings(1).starts(with: ["NAME", "SYNOPSIS", "DESCRIPTION"]))
        #expect(manual.headings(1).last == "SEE ALSO")
        // What `apropos` and `whatis` read.
        let index = try await Command.output(["lexgrog", page])
        #expect(index.contains("\"\(manual.name) - "))
    }

    @Test("A page of ours that is referred to is missing, or one is never referred to")
    func references() throws {
        let known = Set(try Manual.all.map { "\($0.name)(\($0.section))" })
        for manual in try Manual.all {
            let text = manual.lines.joined(separator: "\n")
            let named = Set(
                text.matches(of: #/\*([a-z][a-z._-]+)\*(\([0-9]\))/#)
                    .map { String($0.1) + String($0.2) })
            let fleet = Manual.fleetFiles.map { "\($0.dropLast(2))(\($0.suffix(1)))" }
            let others = named.subtracting(known).subtracting(fleet)
            #expect(others.allSatisfy { !$0.contains("swiftotp") && !$0.contains("otp-") })
            let also = try manual.lines(below: "# SEE ALSO").joined()
            for page in known where page != "\(manual.name)(\(manual.section))" {
                #expect(also.contains("*\(page.dropLast(3))*\(page.suffix(3))"), "\(page)")
            }
        }
    }

    @Test("A page of a fleet's package refers to a page of ours that is missing")
    func fleetReferences() throws {
        let files = Manual.files + Manual.fleetFiles
        let known = Set(files.map { "\($0.dropLast(2))(\($0.suffix(1)))" })
        for file in Manual.fleetFiles {
            let text = try Manual(file).lines.joined(separator: "\n")
            let named = Set(
                text.matches(of: #/\*([a-z][a-z._-]+)\*(\([0-9]\))/#)
                    .map { String($0.1) + String($0.2) })
            let ours = named.filter { $0.contains("swiftotp") || $0.contains("otp-") }
            #expect(ours.count > 3 && ours.isSubset(of: known), "\(file): \(ours)")
        }
    }

    private func show(_ page: String, columns: Int) async throws -> String {
        let text = try await Command.output(
            ["mandoc", "-T", "utf8", "-O", "width=\(columns - 2)", page])
        // Bold and underlined text is overstruck.
        return text.replacing(#/.\x08/#, with: "")
    }
}
