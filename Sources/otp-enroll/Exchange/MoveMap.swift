import OTPCore
import OTPSystem

/// Who got which name or UID: an old and a new user per line; `#` begins a comment.
struct MoveMap {
    /// The largest map that is read, in bytes.
    private static let maximum = 1 << 26
    /// The most bad lines that are reported.
    private static let mostNamed = 20

    /// A line of it.
    struct Line {
        let number: Int
        let old: String
        let new: String
    }

    private(set) var lines: [Line] = []

    /// Reads the map at `path`, or stdin for `-`. If any line is bad, all bad lines are reported,
    /// and nothing is done.
    init(_ path: String) throws {
        let name = Output.printable(path)
        let text = String(
            decoding: try OpenFile.contents(path, limit: MoveMap.maximum), as: UTF8.self)
        var (bad, olds, news): ([String], [String: Int], [String: Int]) = ([], [:], [:])
        let all = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (index, line) in all.enumerated() {
            let words = line.split { $0 == " " || $0 == "\t" || $0 == "\u{FEFF}" }.map(String.init)
            if words.isEmpty || words[0].hasPrefix("#") { continue }
            let number = index + 1
            guard words.count == 2 else {
                bad.append("line \(number): not an old and a new user")
                continue
            }
            if let before = olds.updateValue(number, forKey: words[0]) {
                bad.append("line \(number): the old user is in line \(before) too")
            }
            if let before = news.updateValue(number, forKey: words[1]) {
                bad.append("line \(number): the new user is in line \(before) too")
            }
            lines.append(Line(number: number, old: words[0], new: words[1]))
        }
        guard bad.isEmpty else {
            for text in bad.prefix(MoveMap.mostNamed) { Output.note("\(name) \(text)") }
            throw Failure(
                "\(Words.count(bad.count, "line")) of \(name) cannot be, nothing was moved",
                hint: "write an old and a new user per line, such as: bob bob@example.com")
        }
    }
}
