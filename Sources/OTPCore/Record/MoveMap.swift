/// Who got which name or UID: an old and a new user per line; `#` begins a comment.
public struct MoveMap: Sendable {
    /// The largest map that is read, in bytes.
    public static let maximumLength = 1 << 26
    /// How many bad lines are worth telling.
    public static let mostTold = 20
    /// What a map looks like, for error messages.
    public static let expectation =
        "write an old and a new user per line, such as: bob bob@example.com"

    /// A line of it.
    public struct Line: Equatable, Sendable {
        /// Its number; the first one is 1.
        public let number: Int
        /// The old name or UID, as it is written.
        public let old: String
        /// The new one.
        public let new: String
    }

    /// Why a text is no map.
    public struct Problem: Error, Equatable {
        /// What is wrong with each bad line: `line 3: not an old and a new user`.
        public let lines: [String]
    }

    /// The lines, without comments.
    public private(set) var lines: [Line] = []

    /// Reads a map. If any line is bad, it throws what is wrong with all of them.
    public init(_ text: String) throws(Problem) {
        var (bad, olds, news): ([String], [String: Int], [String: Int]) = ([], [:], [:])
        let all = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (index, line) in all.enumerated() {
            let words = line.split { $0 == " " || $0 == "\t" || $0 == "\u{FEFF}" }.map(String.init)
            guard let old = words.first, !old.hasPrefix("#") else { continue }
            let number = index + 1
            guard words.count == 2, let new = words.last else {
                bad.append("line \(number): not an old and a new user")
                continue
            }
            if let before = olds.updateValue(number, forKey: old) {
                bad.append("line \(number): the old user is in line \(before) too")
            }
            if let before = news.updateValue(number, forKey: new) {
                bad.append("line \(number): the new user is in line \(before) too")
            }
            lines.append(Line(number: number, old: old, new: new))
        }
        guard bad.isEmpty else { throw Problem(lines: bad) }
    }
}
