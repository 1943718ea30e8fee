/// A word of a PAM line.
struct PAMWord: Equatable {
    /// Its text, without brackets around it, and with `]` for `\]`.
    let bytes: [UInt8]
    /// Whether it was in brackets, and whether they were closed.
    let isBracketed: Bool, isClosed: Bool

    /// As people read it.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// As it would be written.
    var written: String { isBracketed ? "[" + text.escapingBrackets + "]" : text }

    /// Without its first letter.
    var droppingFirst: PAMWord {
        PAMWord(bytes: Array(bytes.dropFirst()), isBracketed: isBracketed, isClosed: isClosed)
    }

    /// Whether it is this word; libpam ignores the case of ASCII letters only.
    func means(_ word: String) -> Bool {
        bytes.count == word.utf8.count
            && zip(bytes, word.utf8).allSatisfy { PAMWord.lower($0) == $1 }
    }

    /// The same letter in lower case.
    static func lower(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }
}

/// The words of a line, one after another (libpam's `_pam_StrTok`).
struct PAMWords {
    private let bytes: [UInt8]
    /// Where to continue; `nil` after the last word.
    private var position: Int? = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Blanks; nothing else separates words.
    static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 10 }

    /// The next word. One that begins with `[` ends at the next `]`, or at the end of the line;
    /// text directly after it is another word.
    mutating func next() -> PAMWord? {
        guard var start = position else { return nil }
        while start < bytes.count, PAMWords.isBlank(bytes[start]) { start += 1 }
        guard start < bytes.count else {
            position = nil
            return nil
        }
        var end = start
        let isBracketed = bytes[start] == UInt8(ascii: "[")
        var word: [UInt8] = []
        if isBracketed {
            end += 1
            while end < bytes.count, bytes[end] != UInt8(ascii: "]") {
                let isEscaped =
                    bytes[end] == UInt8(ascii: "\\") && end + 1 < bytes.count
                    && bytes[end + 1] == UInt8(ascii: "]")
                if isEscaped { end += 1 }
                word.append(bytes[end])
                end += 1
            }
        } else {
            while end < bytes.count, !PAMWords.isBlank(bytes[end]) { end += 1 }
            word = Array(bytes[start..<end])
        }
        let isClosed = end < bytes.count
        position = end + 1 < bytes.count ? end + 1 : nil
        return PAMWord(bytes: word, isBracketed: isBracketed, isClosed: isClosed)
    }

    /// All remaining words.
    mutating func rest() -> [PAMWord] {
        var words: [PAMWord] = []
        while let word = next() { words.append(word) }
        return words
    }
}

extension String {
    /// The text with `\]` for each `]`.
    var escapingBrackets: String { map { $0 == "]" ? "\\]" : String($0) }.joined() }
}
