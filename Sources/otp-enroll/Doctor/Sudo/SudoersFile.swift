/// The files of sudoers(5), in the order in which sudo reads them.
struct SudoersFile {
    static let path = "/etc/sudoers"
    /// How deep includes may be nested; sudo's own limit.
    private static let maximumDepth = 128
    /// How many files are read in all.
    private static let maximumFiles = 1000

    /// A line with its continuation lines, and its place.
    struct Statement {
        let text: String
        let file: String
        let number: Int
        var place: String { "\(file) line \(number)" }
    }

    /// Why it could not be read.
    private(set) var trouble: String?
    private(set) var statements: [Statement] = []
    private var files = 0

    /// Reads all of it.
    mutating func read() { read(SudoersFile.path, depth: 0) }

    private mutating func read(_ path: String, depth: Int) {
        files += 1
        guard depth < SudoersFile.maximumDepth, files <= SudoersFile.maximumFiles else { return }
        switch SystemFiles.read(path) {
        case .missing:
            if depth == 0 { trouble = "there is no \(path)" }
        case .unreadable(let why): trouble = "\(path): \(why)"
        case .text(let text):
            var number = 0
            var rest = ""
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                number += 1
                guard !line.hasSuffix("\\") else {
                    rest += line.dropLast()
                    continue
                }
                let whole = Statement(text: rest + line, file: path, number: number)
                take(whole, depth)
                rest = ""
            }
        }
    }

    private mutating func take(_ statement: Statement, _ depth: Int) {
        let words = statement.text.split(maxSplits: 1) { $0 == " " || $0 == "\t" }
        guard let first = words.first else { return }
        let rest = words.count > 1 ? words[1].withoutBlanks : ""
        switch first {
        case "#include", "@include":
            read(SudoersFile.path(rest, beside: statement.file), depth: depth + 1)
        case "#includedir", "@includedir":
            let folder = SudoersFile.path(rest, beside: statement.file)
            for name in SystemFiles.names(in: folder)
            where !name.contains(".") && !name.hasSuffix("~") {
                read(folder + "/" + name, depth: depth + 1)
            }
        default: statements.append(statement)
        }
    }

    /// A path that may be in quotes; a relative one is next to the file that names it.
    private static func path(_ text: String, beside file: String) -> String {
        let host = Machine.hostName.prefix { $0 != "." }
        let name = text.filter { $0 != "\"" && $0 != "\\" }.replacing("%h", with: host)
        guard !name.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return name }
        return file[...slash] + name
    }
}

extension StringProtocol {
    /// Without blanks around it.
    var withoutBlanks: String {
        var text = self[...]
        while let last = text.last, last == " " || last == "\t" || last == "\r" {
            text.removeLast()
        }
        return String(text.drop { $0 == " " || $0 == "\t" })
    }
}
