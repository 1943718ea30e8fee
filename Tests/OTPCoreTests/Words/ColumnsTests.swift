import TestSupport
import Testing

@testable import OTPCore

@Suite("Columns of a terminal")
struct ColumnsTests {
    /// Characters for which an older C library has no width, or another one: signs that precede a
    /// number, and one vowel. Then what Unicode 16 has changed: trigrams, other signs of divination,
    /// fillers, annotations and the signs between hieroglyphs.
    private static let others: Set<Int> = {
        let changed = [
            0x2630...0x2637, 0x268a...0x268f, 0x1d300...0x1d356, 0x1d360...0x1d376,
            0x3164...0x3164, 0xffa0...0xffa0, 0xfff9...0xfffb, 0x13430...0x1343f,
        ]
        return changed.reduce(into: [
            0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6dd, 0x70f, 0x890, 0x891, 0x8e2, 0x110bd,
            0x110cd, 0x1171e,
        ]) { $0.formUnion($1) }
    }()

    @Test("A character's width differs from wcwidth(3)")
    func widths() async throws {
        let script = """
            import ctypes, locale
            locale.setlocale(locale.LC_ALL, "C.UTF-8")
            width = ctypes.CDLL(None).wcwidth
            print(*(width(number) for number in range(0x40000)))
            """
        let told = try await Command.output(["/usr/bin/python3", "-c", script])
        let widths = told.split { $0.isWhitespace }.compactMap { Int($0) }
        try #require(widths.count == 0x40000)
        // A character without a width there is a control character, or newer than that library.
        let wrong = widths.indices.filter { number in
            guard let scalar = Unicode.Scalar(UInt32(number)), widths[number] >= 0 else {
                return false
            }
            return Columns.count(scalar) != widths[number]
        }
        let others = Set(wrong).subtracting(Self.others)
        #expect(others.isEmpty, "\(others.map { String($0, radix: 16) })")
        #expect(widths.count { $0 == 2 } > 100_000 && widths.count { $0 == 0 } > 1000)
    }

    @Test(
        "A text is not as wide as what it shows",
        arguments: [
            ("", 0), ("alice", 5), ("Zażółć gęślą jaźń", 17), ("e\u{301}", 1), ("田中さん", 8),
            ("김", 2), ("\u{1100}\u{1161}\u{11a8}", 2), ("📱", 2), ("ＡＢ", 4), ("ｱ", 1),
            ("a\u{ad}b", 3), ("x\u{1b}[2J", 4), ("\u{2630}\u{1d356}", 4), ("a\u{3164}\u{ffa0}", 1),
            ("\u{fff9}\u{13430}", 2),
        ])
    func texts(text: String, columns: Int) {
        #expect(Columns.count(text) == columns)
    }

    @Test("A text is truncated or padded to a wrong number of columns")
    func fitting() {
        for (text, width, cut) in [
            ("alice", 5, "alice"), ("alice", 4, "ali+"), ("alice", 1, "+"), ("alice", 0, ""),
            ("田中さん", 8, "田中さん"), ("田中さん", 7, "田中さ+"), ("田中さん", 6, "田中+"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}+"), ("", 0, ""),
        ] {
            #expect(Columns.cut(text, to: width).unicodeScalars.elementsEqual(cut.unicodeScalars))
        }
        #expect(Columns.padded("田", to: 4) == "田  " && Columns.padded("田中", to: 3) == "田中")
        #expect(Columns.prefix("田中", 3) == "田" && Columns.prefix("田中", -1).isEmpty)
    }

    @Test("Wrapped text has a line that is too wide, or loses a word")
    func wrapping() {
        #expect(Columns.wrapped("", to: 10) == [""])
        #expect(Columns.wrapped("one two three", to: 7) == ["one two", "three"])
        #expect(Columns.wrapped("a 田中 b", to: 4) == ["a", "田中", "b"])
        #expect(Columns.wrapped("田中さん", to: 5) == ["田中", "さん"])
        #expect(Columns.wrapped("Zażółć gęślą", to: 12) == ["Zażółć gęślą"])
        #expect(Columns.wrapped("word", to: .max) == ["word"])
        var generator = Seeded(18)
        let letters = Array("aą田 e\u{301}📱")
        for _ in 0..<500 {
            let text = String((0..<60).compactMap { _ in letters.randomElement(using: &generator) })
            let width = Int.random(in: 0...30, using: &generator)
            let lines = Columns.wrapped(text, to: width)
            #expect(lines.allSatisfy { Columns.count($0) <= max(2, width) }, "\(text)")
            #expect(lines.joined().filter { $0 != " " } == text.filter { $0 != " " })
        }
    }
}
