/// What a mistyped word may have meant.
public enum Misspelling {
    /// The maximum number of proposals.
    private static let most = 2
    /// Longer words are not considered.
    private static let maximumLength = 64

    /// The words closest to the typed one, if they are close enough: a letter missing, added,
    /// wrong, or two swapped; two of these in a longer word. From three letters on, a prefix stands
    /// for the word.
    public static func candidates(
        for typed: String, among words: some Sequence<String>
    ) -> [String] {
        let letters = Array(typed.lowercased().utf8)
        guard (2...maximumLength).contains(letters.count) else { return [] }
        var (nearest, found) = (letters.count < 6 ? 1 : 2, [String]())
        for word in words where word != typed {
            // Most words differ too much in length, and are skipped.
            let more = word.utf8.count - letters.count
            guard more >= -nearest, more <= nearest || begins(word, letters) else { continue }
            let other = Array(word.lowercased().utf8)
            guard let distance = distance(letters, other, atMost: nearest),
                !found.contains(word)
            else { continue }
            if distance < nearest { found = [] }
            nearest = distance
            if found.count < most { found.append(word) }
        }
        return found
    }

    private static func begins(_ word: String, _ letters: [UInt8]) -> Bool {
        letters.count >= 3 && word.utf8.starts(with: letters) { $0 | 0x20 == $1 | 0x20 }
    }

    /// The number of slips between two words; `nil` for more than `limit`.
    private static func distance(_ typed: [UInt8], _ word: [UInt8], atMost limit: Int) -> Int? {
        if typed.count >= 3, word.count > typed.count, word.starts(with: typed) { return 1 }
        guard abs(typed.count - word.count) <= limit else { return nil }
        // The distances of all prefixes of `word` from the prefix of `typed` read so far, from the
        // previous one, and from the one before that.
        var last: [Int] = [], row = Array(0...word.count)
        for (index, letter) in typed.enumerated() {
            var next = [index + 1]
            for (place, other) in word.enumerated() {
                var least = min(row[place + 1] + 1, next[place] + 1)
                least = min(least, row[place] + (letter == other ? 0 : 1))
                if index > 0, place > 0, letter == word[place - 1], typed[index - 1] == other {
                    least = min(least, last[place - 1] + 1)
                }
                next.append(least)
            }
            guard next.contains(where: { $0 <= limit }) else { return nil }
            (last, row) = (row, next)
        }
        return row.last.flatMap { $0 <= limit ? $0 : nil }
    }
}
