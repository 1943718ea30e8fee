/// Something that libpam reads differently from how it looks on a screen.
public struct PAMOddity: Hashable, Sendable {
    public enum Weight: Hashable, Sendable {
        /// Nobody can have meant it.
        case harmful
        case doubtful
        case harmless
    }

    public let weight: Weight
    public let text: String
    public let place: String
    /// The command that fixes it, or nothing.
    public let change: String

    init(_ weight: Weight, _ text: String, in place: String, change: String = "") {
        (self.weight, self.text, self.place, self.change) = (weight, text, place, change)
    }

    /// Everything odd in a line of a file.
    static func all(
        in line: PAMLineReader.Line, of file: String, _ rules: PAMRules
    ) -> [PAMOddity] {
        var found: [PAMOddity] = []
        func tell(_ weight: Weight, _ text: String, _ number: Int) {
            found.append(
                PAMOddity(weight, text, in: PAMPlace(file: file, number: number).text))
        }
        for (index, part) in line.parts.enumerated() {
            for (weight, text) in oddities(of: part, continues: index + 1 < line.parts.count) {
                tell(weight, text, part.number)
            }
            if index > 0, startsLikeALine(part) {
                tell(
                    .harmful,
                    "line \(line.number) ends in a backslash: libpam takes this line for the rest"
                        + " of it", part.number)
            }
        }
        if let number = line.interruption {
            tell(
                rules.isNew ? .harmful : .doubtful,
                rules.isNew
                    ? "a remark or an empty line behind a backslash: libpam ends the line here"
                    : "a remark or an empty line behind a backslash: this libpam passes over it,"
                        + " and one from 1.6 ends the line here", number)
        }
        if line.text.contains(13) { found.append(carriageReturns(file)) }
        if let (weight, text) = looks(of: line.text) { tell(weight, text, line.number) }
        return found
    }

    private static func carriageReturns(_ file: String) -> PAMOddity {
        PAMOddity(
            .harmful,
            "lines end in CR LF, as Windows writes them: libpam takes the CR for a part of the last"
                + " word", in: file, change: "sed -i 's/\\r$//' \(file)")
    }

    // MARK: Lines of the file

    private static func oddities(
        of part: PAMLineReader.Part, continues: Bool
    ) -> [(Weight, String)] {
        var found: [(Weight, String)] = []
        let bytes = part.bytes.last == 10 ? part.bytes.dropLast() : part.bytes[...]
        if part.isCut {
            found.append(
                (
                    .harmful,
                    "longer than 1023 bytes: libpam cuts it there, and takes the rest for a line"
                        + " of its own"
                ))
        }
        if bytes.contains(0) {
            found.append((.harmful, "a NUL byte: libpam reads nothing behind it"))
        }
        if continues, let last = bytes.last, PAMWords.isBlank(last) {
            found.append(
                (
                    .harmless,
                    "blanks behind the backslash: libpam takes this line and the next for one all"
                        + " the same"
                ))
        }
        if let hash = bytes.firstIndex(of: UInt8(ascii: "#")), hash > bytes.startIndex,
            !PAMWords.isBlank(bytes[hash - 1]), bytes[hash - 1] < 0x80
        {
            found.append((.doubtful, "a # ends the line for libpam, in the middle of a word too"))
        }
        return found
    }

    private static func startsLikeALine(_ part: PAMLineReader.Part) -> Bool {
        var words = PAMWords(part.bytes)
        guard let word = words.next() else { return false }
        let name = word.bytes.first == UInt8(ascii: "-") ? word.droppingFirst : word
        return (PAMKind.allCases.map(\.rawValue) + ["@include"]).contains { name.means($0) }
    }

    // MARK: Words

    /// What looks like a blank, or like nothing, but is a letter to libpam.
    private static func looks(of line: [UInt8]) -> (Weight, String)? {
        var words = PAMWords(line)
        for (index, word) in words.rest().enumerated() {
            if word.isBracketed, !word.isClosed {
                return (
                    .harmful, "a [ without its ]: libpam takes all that follows for one word"
                )
            }
            // A prompt in brackets may contain anything.
            if word.isBracketed, index > 2 { continue }
            let strange = word.text.unicodeScalars.first(where: isStrange)
            guard let strange else { continue }
            let number = String(strange.value, radix: 16, uppercase: true)
            let name = "U+" + String(repeating: "0", count: max(0, 4 - number.count)) + number
            return (
                index > 2 ? .doubtful : .harmful,
                "\(name) in a word: it cannot be seen, and libpam takes it for a letter"
            )
        }
        return nil
    }

    private static func isStrange(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 13: false  // told of the whole file
        case 0..<32, 0x7F..<0xA1, 0xAD, 0x1680, 0x2000...0x200F, 0x2028...0x202F: true
        case 0x205F...0x2064, 0x3000, 0xFEFF, 0xFFFD: true
        default: false
        }
    }
}
