import TestSupport
import Testing

@testable import OTPCore

@Suite("A terminal's answers")
struct TerminalAnswersTests {
    /// Real terminals' answers: kitty 0.26, Konsole 22.12, mlterm 3.9, XTerm 379 by itself and as a
    /// VT340, tmux 3.3.
    static let real =
        [
            (
                "kitty",
                "\u{1b}_Gi=31;OK\u{1b}\\\u{1b}P>|kitty(0.26.5)\u{1b}\\\u{1b}[6;18;9t\u{1b}[?62;c",
                [true, false, false], TerminalCell(width: 9, height: 18)
            ),
            (
                "konsole",
                "\u{1b}_Gi=31;OK\u{1b}\\\u{1b}]1337;ReportCellSize=17.0;8.0;1.0\u{7}\u{1b}[6;17;8t\u{1b}[?62;1;4c",
                [true, true, true], TerminalCell(width: 8, height: 17)
            ),
            (
                "mlterm", "\u{1b}[6;19;10t\u{1b}[?63;1;2;3;4;6;7;15;18;22;29c",
                [false, false, true],
                TerminalCell(width: 10, height: 19)
            ),
            ("xterm", "\u{1b}[?64;1;2;6;9;15;16;17;18;21;22;28c", [false, false, false], nil),
            ("xterm -ti vt340", "\u{1b}[?63;1;2;4;6;9;15;16;22;28c", [false, false, true], nil),
            ("tmux", "\u{1b}[?1;2c", [false, false, false], nil),
            (
                "iTerm2", "\u{1b}]1337;ReportCellSize=16.5;7.0;2.0\u{1b}\\\u{1b}[?1;4c",
                [false, true, true],
                TerminalCell(width: 14, height: 32)
            ),
        ] as [(String, String, [Bool], TerminalCell?)]

    @Test("A terminal's answer is mistaken for another one", arguments: real)
    func known(name: String, sent: String, can: [Bool], cell: TerminalCell?) {
        let answers = TerminalAnswers(ascii(sent))
        #expect([answers.hasKitty, answers.hasInline, answers.hasSixel] == can)
        #expect(answers.cell == cell && answers.isComplete)
        // It arrives in pieces: the last answer is not complete before its last byte.
        for count in 0..<sent.utf8.count {
            #expect(!TerminalAnswers(Array(sent.utf8.prefix(count))).isComplete)
        }
    }

    @Test(
        "An answer to something else says that pictures are shown",
        arguments: [
            "", "4", "[?62;4c", "\u{1b}[?62;44c", "\u{1b}[>62;4c", "\u{1b}[62;4c", "\u{1b}[?62;4 c",
            "\u{1b}_Gi=31;ENOTSUP\u{1b}\\", "\u{1b}_Gi=32;OK\u{1b}\\", "\u{1b}_Gi=31;OK",
            "Gi=31;OK",
            "\u{1b}]1337;Other=1\u{7}", "\u{1b}]1337;ReportCellSize=16;8",
            "\u{1b}P1337;ReportCellSize=1\u{7}",
            "\u{1b}[6;0;0t", "\u{1b}[6;99999;9t", "\u{1b}[6;-1;9t", "\u{1b}[4;18;9t",
            "\u{1b}[6;18t",
        ])
    func nothing(sent: String) {
        let answers = TerminalAnswers(ascii(sent))
        #expect(!answers.hasKitty && !answers.hasInline && !answers.hasSixel && answers.cell == nil)
    }

    @Test("Late answers stay in typed text, or remove typed bytes")
    func late() {
        for (_, sent, _, _) in Self.real {
            for place in 0...6 {
                let typed = "123456".prefix(place) + sent + "123456".dropFirst(place)
                #expect(text(TerminalAnswers.removed(from: ascii(String(typed)))) == "123456")
            }
        }
        #expect(
            text(TerminalAnswers.removed(from: ascii("Zażółć 0N9Y6-GHGWG"))) == "Zażółć 0N9Y6-GHGWG"
        )
        #expect(TerminalAnswers.removed(from: ascii("\u{1b}[A\u{1b}OP\u{1b}")) == [])
    }

    @Test("Some bytes crash the program, or leave an escape in typed text")
    func anything() {
        var random = Seeded(1337)
        let parts =
            Self.real.map { ascii($0.1) } + [ascii("\u{1b}["), ascii("\u{1b}]1337;"), ascii("12")]
        for _ in 0..<5000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                var part = parts.randomElement(using: &random) ?? []
                if !part.isEmpty, Bool.random(using: &random) {
                    part[Int.random(in: 0..<part.count, using: &random)] = UInt8.random(
                        in: 0...255, using: &random)
                }
                bytes += Bool.random(using: &random) ? part : random.bytes(4)
            }
            let answers = TerminalAnswers(bytes)
            if let cell = answers.cell {
                #expect((3...200).contains(cell.width) && (3...200).contains(cell.height))
            }
            let rest = TerminalAnswers.removed(from: bytes)
            #expect(!rest.contains(0x1b) && rest.count <= bytes.count)
            #expect(TerminalAnswers.removed(from: rest) == rest)
        }
    }
}
