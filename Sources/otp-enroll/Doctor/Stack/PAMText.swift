/// A PAM file as text, for changes: what is not changed keeps its form. The result is read again
/// and tried, so this need not be as exact as libpam.
struct PAMText: Equatable {
    /// A line that names a module or a file, and the lines of text that it takes up.
    struct Entry: Equatable {
        /// The number of its first line, from 1.
        let number: Int
        fileprivate let lines: Range<Int>
        /// `auth`; `@include` counts as all kinds.
        let kind: String
        let control: String
        let module: String
        let rest: String

        /// Whether it includes lines of another file that ask for something.
        var includesAuth: Bool {
            kind == "@include" || isAuth && ["include", "substack"].contains(control)
        }
        var isAuth: Bool { kind == "auth" || kind == "-auth" }
        /// The file that it includes.
        var included: String { module }
    }

    private var lines: [String]
    private let ending: String

    init(_ text: String) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        ending = lines.last == "" ? "\n" : ""
        if lines.last == "" { lines.removeLast() }
    }

    var text: String { lines.joined(separator: "\n") + ending }

    /// The entries, in order.
    var entries: [Entry] {
        var entries: [Entry] = []
        var index = 0
        while index < lines.count {
            let start = index
            var text = ""
            while index < lines.count, lines[index].hasSuffix("\\") {
                text += lines[index].dropLast() + " "
                index += 1
            }
            if index < lines.count { text += lines[index] }
            index += 1
            let end = min(index, lines.count)
            if let entry = PAMText.entry(text, start..<end) { entries.append(entry) }
        }
        return entries
    }

    private static func entry(_ text: String, _ lines: Range<Int>) -> Entry? {
        var rest = Substring(text)
        func word() -> String {
            rest = rest.drop(while: \.isWhitespace)
            var end = rest.firstIndex(where: \.isWhitespace) ?? rest.endIndex
            if rest.first == "[", let bracket = rest.firstIndex(of: "]") {
                end = rest.index(after: bracket)
            }
            defer { rest = rest[end...] }
            return String(rest[..<end])
        }
        let kind = word()
        guard !kind.isEmpty, !kind.hasPrefix("#") else { return nil }
        if kind.lowercased() == "@include" {
            return Entry(
                number: lines.lowerBound + 1, lines: lines, kind: "@include", control: "",
                module: word(), rest: "")
        }
        let control = word()
        let module = word()
        guard !module.isEmpty else { return nil }
        let others = rest.prefix { $0 != "#" }.drop(while: \.isWhitespace)
        return Entry(
            number: lines.lowerBound + 1, lines: lines, kind: kind.lowercased(),
            control: control, module: module, rest: String(others))
    }

    // MARK: Changes

    /// With another control value for a line.
    func setting(_ control: String, of entry: Entry) -> PAMText {
        var changed = self
        let first = entry.lines.lowerBound
        if entry.lines.count == 1, let range = lines[first].firstRange(of: entry.control) {
            changed.lines[first].replaceSubrange(range, with: control)
            return changed
        }
        changed.lines.replaceSubrange(entry.lines, with: [PAMText.line(entry, control)])
        return changed
    }

    /// With one more word at the end of a line.
    func adding(_ word: String, to entry: Entry) -> PAMText {
        var changed = self
        let line = PAMText.line(entry, entry.control)
        changed.lines.replaceSubrange(entry.lines, with: [line + " " + word])
        return changed
    }

    /// Without one of a line's arguments.
    func removing(_ word: String, from entry: Entry) -> PAMText {
        var changed = self
        let rest = entry.rest.split(whereSeparator: \.isWhitespace).filter { $0 != word }
        let words = [entry.kind, entry.control, entry.module] + rest.map(String.init)
        changed.lines.replaceSubrange(entry.lines, with: [words.joined(separator: " ")])
        return changed
    }

    /// With lines inserted above or below one.
    func inserting(_ texts: [String], above entry: Entry) -> PAMText {
        var changed = self
        changed.lines.insert(contentsOf: texts, at: entry.lines.lowerBound)
        return changed
    }

    func inserting(_ texts: [String], below entry: Entry) -> PAMText {
        var changed = self
        changed.lines.insert(contentsOf: texts, at: entry.lines.upperBound)
        return changed
    }

    /// With other lines in place of one; with none, without it.
    func replacing(_ entry: Entry, by texts: [String]) -> PAMText {
        var changed = self
        changed.lines.replaceSubrange(entry.lines, with: texts)
        return changed
    }

    /// With a line moved directly below another, or above it.
    func moving(_ entry: Entry, below other: Entry) -> PAMText {
        moving(entry, to: other.lines.upperBound)
    }

    func moving(_ entry: Entry, above other: Entry) -> PAMText {
        moving(entry, to: other.lines.lowerBound)
    }

    private func moving(_ entry: Entry, to target: Int) -> PAMText {
        var changed = self
        let moved = Array(lines[entry.lines])
        changed.lines.insert(contentsOf: moved, at: target)
        let shift = target <= entry.lines.lowerBound ? moved.count : 0
        changed.lines.removeSubrange(
            (entry.lines.lowerBound + shift)..<(entry.lines.upperBound + shift))
        return changed
    }

    /// A line as text.
    static func line(_ entry: Entry, _ control: String) -> String {
        let words = [entry.kind, control, entry.module, entry.rest].filter { !$0.isEmpty }
        var line = words.joined(separator: " ")
        while line.last?.isWhitespace == true { line.removeLast() }
        return line
    }
}
