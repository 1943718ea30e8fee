/// A line of sudoers(5), split at marks that are neither quoted nor escaped.
enum SudoersText {
    /// Without its comment. `#` before a number is a user or group.
    static func bare(_ line: String) -> String {
        var (isQuoted, isEscaped) = (false, false)
        for index in line.indices {
            let character = line[index]
            if isEscaped {
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == "#", !isQuoted,
                line[index...].dropFirst().first?.isNumber != true
            {
                return line[..<index].withoutBlanks
            }
        }
        return line.withoutBlanks
    }

    /// The parts between marks, outside parentheses.
    static func parts(
        _ text: String, at isMark: (Character) -> Bool, most: Int = .max,
        unless isNone: (Substring) -> Bool = { _ in false }
    ) -> [String] {
        var parts: [String] = []
        var (isQuoted, isEscaped, depth) = (false, false, 0)
        var start = text.startIndex
        for index in text.indices {
            let character = text[index]
            if isEscaped {
                isEscaped = false
                continue
            }
            switch character {
            case "\\": isEscaped = true
            case "\"": isQuoted.toggle()
            case "(" where !isQuoted: depth += 1
            case ")" where !isQuoted: depth = max(0, depth - 1)
            default: break
            }
            guard !isQuoted, depth == 0, isMark(character), parts.count < most - 1,
                !isNone(text[start..<index])
            else { continue }
            parts.append(text[start..<index].withoutBlanks)
            start = text.index(after: index)
        }
        return parts + [text[start...].withoutBlanks]
    }

    /// The names of a list, and what follows it: a list ends at a blank without a comma next to it.
    static func list(_ text: String) -> (names: [String], rest: String) {
        var names: [String] = []
        var rest = text
        while true {
            var item = ""
            while rest.hasPrefix("!") {
                item += "!"
                rest = String(rest.dropFirst()).withoutBlanks
            }
            let parts = parts(rest, at: { $0 == " " || $0 == "\t" || $0 == "," }, most: 2)
            item += plain(parts[0])
            if item != "" { names.append(item) }
            let behind = rest.dropFirst(parts[0].count).withoutBlanks
            guard behind.hasPrefix(",") else { return (names, behind) }
            rest = String(behind.dropFirst()).withoutBlanks
        }
    }

    /// A name without its quotes and backslashes.
    static func plain(_ name: String) -> String { name.filter { $0 != "\"" && $0 != "\\" } }
}
