import OTPCore
import Testing

@Suite("The layout of reports")
struct ReportPageTests {
    private let page = ReportPage(width: 40)

    @Test("Nobody is reported")
    func nothing() {
        #expect(page.section("Closed", [], "unlock").isEmpty)
        #expect(page.section("Codes", rows: [], all: "list").isEmpty)
        #expect(page.table("Acts", ["A"], [], flexible: 0, all: "log").isEmpty)
    }

    @Test("Names are not counted, or not cut, or what helps is left out")
    func names() {
        #expect(
            page.section("Closed", ["alice"], "open: unlock")
                == ["", "Closed: 1 user", "    alice", "    open: unlock"])
        let many = (0..<23).map { "user\($0)" } + [String(repeating: "x", count: 90)]
        let lines = page.section("Closed", many, of: "host", "open: unlock")
        #expect(lines[1] == "Closed: 24 hosts" && lines.last == "    open: unlock")
        #expect(lines.allSatisfy { $0.count <= 40 }, "\(lines)")
        let text = lines.dropFirst(2).map { $0.dropFirst(4) }.joined(separator: " ")
        #expect(text.hasPrefix("user0, user1, ") && text.contains("user19 and 4 more"), "\(text)")
        let long = page.section("Closed", [String(repeating: "x", count: 90)], "unlock")
        #expect(long[2].hasSuffix("x+") && long[2].count == 36)
    }

    @Test("Rows are cut without the command that has the rest")
    func rows() {
        let few = page.section("Codes", rows: ["alice, until noon"], "revoke", all: "list")
        #expect(few == ["", "Codes: 1", "    alice, until noon", "    revoke"])
        let many = page.section("Codes", rows: (0..<21).map { "row \($0)" }, all: "list")
        #expect(many.count == 23 && many.last == "    and 1 more: list")
    }

    @Test("A table is wider than the page, or cut without the command that has the rest")
    func table() {
        let rows = (0..<21).map { ["a\($0)", String(repeating: "b", count: 50)] }
        let lines = page.table("Acts: 21", ["WHO", "WHAT"], rows, flexible: 1, all: "log")
        #expect(lines[1] == "Acts: 21" && lines[2] == "    WHO  WHAT")
        #expect(lines.count == 2 + 21 + 1 && lines.last == "    all: log")
        #expect(lines.allSatisfy { $0.count <= 40 } && lines[3].hasSuffix("b+"), "\(lines)")
        let short = page.table("Acts: 1", ["WHO"], [["a"]], flexible: 0, all: "log")
        #expect(short == ["", "Acts: 1", "    WHO", "    a"])
    }
}
