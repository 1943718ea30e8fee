/// sudoers(5), as far as it says whether `passprompt_override` is set; what it includes as well.
struct SudoersFile {
    static let path = "/etc/sudoers"
    /// How deep files may include each other; sudo's own limit.
    private static let maximumDepth = 128
    /// How many files are read in all.
    private static let maximumFiles = 1000

    /// Why it could not be read.
    private(set) var trouble: String?
    /// Where it is set: file and line of what holds for all, and of what holds for some.
    var overrides: [String] { places.compactMap(\.place) }

    /// For whom `Defaults` says it (`""`, `@host`, `:user`), in the order in which they came, and
    /// where it is on.
    private var places: [(whom: Substring, place: String?)] = []
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
                take(rest + line, at: "\(path) line \(number)", in: path, depth)
                rest = ""
            }
        }
    }

    private mutating func take(
        _ line: String, at place: String, in path: String, _ depth: Int
    ) {
        let words = line.split(maxSplits: 1) { $0 == " " || $0 == "\t" }
        guard let first = words.first else { return }
        let rest = words.count > 1 ? words[1].trimmed : ""
        switch first {
        case "#include", "@include":
            read(SudoersFile.path(rest, beside: path), depth: depth + 1)
        case "#includedir", "@includedir":
            let folder = SudoersFile.path(rest, beside: path)
            for name in SystemFiles.names(in: folder)
            where !name.contains(".") && !name.hasSuffix("~") {
                read(folder + "/" + name, depth: depth + 1)
            }
        default:
            guard first.hasPrefix("Defaults") else { return }
            let whom = first.dropFirst("Defaults".count)
            guard whom.isEmpty || "@:!>".contains(whom.first ?? " ") else { return }
            for setting in rest.prefix(while: { $0 != "#" }).split(separator: ",") {
                switch setting.trimmed {
                case "passprompt_override": set(whom, place)
                case "!passprompt_override": set(whom, nil)
                default: continue
                }
            }
        }
    }

    /// The last word of those for the same people holds.
    private mutating func set(_ whom: Substring, _ place: String?) {
        places.removeAll { $0.whom == whom }
        places.append((whom, place))
    }

    /// A path that may be in quotes, and lies beside the file that names it where it is not whole.
    private static func path(_ text: String, beside file: String) -> String {
        let name = text.filter { $0 != "\"" && $0 != "\\" }
        guard !name.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return name }
        return file[...slash] + name
    }
}

extension StringProtocol {
    /// Without blanks around it.
    fileprivate var trimmed: String {
        var text = self[...]
        while let last = text.last, last == " " || last == "\t" || last == "\r" {
            text.removeLast()
        }
        return String(text.drop { $0 == " " || $0 == "\t" })
    }
}
