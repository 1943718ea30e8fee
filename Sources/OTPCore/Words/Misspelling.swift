/// What somebody may have meant who mistyped a word.
public enum Misspelling {
    /// The most words that are proposed.
    private static let most = 2
    /// What is longer is no word that was mistyped.
    private static let maximumLength = 64

    /// Those of some words that are nearest to the typed one, where that is near enough: a letter
    /// missing, added, wrong, or two in the wrong order; two of these in a longer word. The
    /// beginning of a word stands for it from three letters on.
    public static func candidates(
        for typed: String, among words: some Sequence<String>
    ) -> [String] {
        let letters = Array(typed.lowercased().utf8)
        guard (2...maximumLength).contains(letters.count) else { return [] }
        var (nearest, found) = (letters.count < 6 ? 1 : 2, [String]())
        for word in words where word != typed && !found.contains(word) {
            let other = Array(word.lowercased().utf8)
            guard let distance = distance(letters, other, atMost: nearest) else { continue }
            if distance < nearest { found = [] }
            nearest = distance
            if found.count < most { found.append(word) }
        }
        return found
    }

    /// How many slips lie between two words; `nil` for more than `limit`.
    private static func distance(_ typed: [UInt8], _ word: [UInt8], atMost limit: Int) -> Int? {
        if typed.count >= 3, word.count > typed.count, word.starts(with: typed) { return 1 }
        guard abs(typed.count - word.count) <= limit else { return nil }
        // The distances of all beginnings of `word` from the beginning of `typed` that has been
        // read, from the one before, and from the one before that.
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
