import OTPCore
import Testing

@Suite("Tables, and objects for scripts")
struct TableTests {
    @Test("Columns do not line up, or a row is wider than allowed")
    func columns() {
        var table = Table(["USER", "WHAT", "N"], width: .max)
        table.add(["alice", "田中", "1"] as [String])
        #expect(table.plainLines == ["USER   WHAT  N", "alice  田中  1"])
        var narrow = Table(["USER", "WHAT", "N"], flexible: 1, width: 16)
        narrow.add(["bob", "a very long act", "1"] as [String])
        #expect(narrow.plainLines == ["USER  WHAT     +", "bob   a very + +"])
        #expect(Table([], width: 10).plainLines.isEmpty)
    }

    @Test("A cell has the color of another one")
    func colors() {
        var table = Table(["A", "B"], width: .max)
        table.add([Table.Cell("good", .good), Table.Cell("bad", .bad)])
        var lines: [String] = []
        table.forEachLine(
            painting: { ink, text in ink == .plain ? text : "<\(ink) \(text)>" },
            { lines.append($0) })
        #expect(lines == ["A     B", "<good good>  <bad bad>"])
    }

    @Test("An object for scripts is not plain ASCII, or not JSON")
    func json() {
        let object = JSON.object([
            "name": .text("j\u{fc}rgen \"x\\\u{1b}\u{1f4f1}"), "n": .number(-1), "no": .null,
            "list": .list([.bool(true), .count(2)]), "none": .list([]), "time": .time(0),
        ])
        #expect(
            object.lines == #"""
                {
                  "name": "j\u00fcrgen \"x\\\u001b\ud83d\udcf1",
                  "n": -1,
                  "no": null,
                  "list": [
                    true,
                    2
                  ],
                  "none": [],
                  "time": "1970-01-01T00:00:00Z"
                }
                """#)
        let inner = JSON.members([JSON.Member("a", .list([.null]))])
        #expect(inner.lines(indentedBy: "  ") == "{\n    \"a\": [\n      null\n    ]\n  }")
    }
}
