/// The width of text on a terminal, in columns: most letters take one, East Asian ones and pictures
/// two, and combining characters none.
///
/// As counted by a recent wcwidth(3) (glibc 2.41, Unicode 16), but in every locale. Control
/// characters have no width: remove them first.
public enum Columns {
    /// The end of a truncated text.
    public static let mark = "+"

    /// The columns of a text.
    public static func count(_ text: some StringProtocol) -> Int {
        let bytes = text.utf8
        // Plain ASCII, the common case, has a column per byte.
        guard bytes.contains(where: { !(0x20...0x7e).contains($0) }) else { return bytes.count }
        return text.unicodeScalars.reduce(0) { $0 + count($1) }
    }

    /// The columns of one character.
    public static func count(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0x20...0x7e: return 1
        case ..<0xa0: return 0
        // A soft hyphen is visible, and the letters of flags are as wide as others.
        case 0xad, 0x1f1e6...0x1f1ff: return 1
        // Vowels and final consonants of Hangul syllables, which take no room after the initial
        // one.
        case 0x1160...0x11ff, 0xd7b0...0xd7ff: return 0
        case ..<0x300: return 1
        // Fillers in place of a missing letter of Hangul.
        case 0x3164, 0xffa0: return 0
        // Visible, although their category is that of invisible ones: the marks of an annotation,
        // and the signs that join Egyptian hieroglyphs.
        case 0xfff9...0xfffb, 0x13430...0x1343f: return 1
        default: break
        }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default:
            let isPicture = scalar.properties.isEmojiPresentation
            return isPicture || wide.contains { $0.contains(scalar.value) } ? 2 : 1
        }
    }

    /// Characters of two columns that are not pictures: W and F in Unicode's EastAsianWidth.txt,
    /// and unassigned ones between them.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f, 0x2329...0x232a, 0x2630...0x2637, 0x268a...0x268f, 0x2e80...0x303e,
        0x3041...0xa4cf, 0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19,
        0xfe30...0xfe6f, 0xff01...0xff60, 0xffe0...0xffe6, 0x16fe0...0x18dff, 0x1aff0...0x1b2ff,
        0x1d300...0x1d356, 0x1d360...0x1d376, 0x1f200...0x1f2ff, 0x20000...0x2fffd,
        0x30000...0x3fffd,
    ]

    // MARK: Fitting

    /// The beginning of `text` that fits into `width` columns.
    public static func prefix(_ text: Substring, _ width: Int) -> Substring {
        var (room, end) = (width, text.startIndex)
        for index in text.unicodeScalars.indices {
            room -= count(text.unicodeScalars[index])
            guard room >= 0 else { break }
            end = text.unicodeScalars.index(after: index)
        }
        return text[..<end]
    }

    /// `text` in at most `width` columns: a longer one is truncated, and ends with `+`.
    public static func cut(_ text: String, to width: Int) -> String {
        guard count(text) > width else { return text }
        return width > 0 ? prefix(text[...], width - 1) + mark : ""
    }

    /// `text`, padded with spaces to `width` columns.
    public static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - count(text)))
    }

    /// `text` in lines of at most `width` columns, broken at spaces if possible.
    public static func wrapped(_ text: String, to width: Int) -> [String] {
        let width = max(2, width)
        var (lines, line, columns) = ([String](), "", 0)
        for word in text.split(separator: " ") {
            var word = word
            var length = count(word)
            if !line.isEmpty, columns + 1 + length > width {
                lines.append(line)
                (line, columns) = ("", 0)
            }
            while length > width {
                let head = prefix(word, width)
                lines.append(String(head))
                word = word[head.endIndex...]
                length = count(word)
            }
            columns += line.isEmpty ? length : 1 + length
            line += line.isEmpty ? word : " " + word
        }
        return lines + [line]
    }
}
