/// The modules of a service, with all that is included, in the order in which libpam asks them.
struct PAMStack {
    /// What keeps libpam from reading the service.
    struct Trouble: Error {
        let text: String
        let place: String
    }

    /// The service's own file.
    let file: String
    /// The lines of all kinds.
    private(set) var lines: [PAMLine] = []
    /// Lines that libpam cannot make sense of.
    private(set) var troubles: [Trouble] = []

    /// What is read in the place of files.
    private let replaced: [String: String]

    /// Where services are, the first folder first.
    private static let folders = ["/etc/pam.d", "/usr/lib/pam.d"]
    /// How deep files may include each other; libpam's own limit.
    private static let maximumDepth = 32

    /// The lines of authentication alone.
    var auth: [PAMLine] { lines.filter { $0.kind == "auth" } }

    /// Reads a service, or `other` in the place of one that has no file; of the files in `replaced`
    /// it takes that text.
    init(service: String, replacing replaced: [String: String] = [:]) throws(Trouble) {
        self.replaced = replaced
        guard !service.isEmpty, !service.contains("/"), !service.hasPrefix(".") else {
            throw Trouble(text: "no PAM service can be called \"\(service)\"", place: "")
        }
        guard SystemFiles.exists(PAMStack.folders[0]) else {
            throw Trouble(
                text: "there is no /etc/pam.d; services in /etc/pam.conf are not looked at",
                place: "/etc/pam.conf")
        }
        guard let path = PAMStack.path(service) ?? PAMStack.path("other") else {
            throw Trouble(
                text: "there is no PAM service \"\(service)\", and no `other` in its place",
                place: PAMStack.folders[0])
        }
        file = path
        try add(path, only: nil, level: 0, depth: 0)
    }

    /// Whether the service has no file, and `other` holds for it.
    func isOther(than service: String) -> Bool { !file.hasSuffix("/" + service) }

    private static func path(_ service: String) -> String? {
        folders.map { $0 + "/" + service }.first(where: SystemFiles.exists)
    }

    private mutating func add(
        _ path: String, only kind: String?, level: Int, depth: Int
    ) throws(Trouble) {
        guard depth < PAMStack.maximumDepth else {
            throw Trouble(text: "files include each other without end", place: path)
        }
        let text: String
        switch replaced[path].map(SystemFiles.Contents.text) ?? SystemFiles.read(path) {
        case .text(let contents): text = contents
        case .missing: throw Trouble(text: "\(path) is missing", place: path)
        case .unreadable(let why): throw Trouble(text: "\(path): \(why)", place: path)
        }
        for (number, line) in PAMStack.joined(text) {
            let place = PAMPlace(file: path, number: number)
            try add(PAMWords.split(line), at: place, only: kind, level: level, depth: depth)
        }
    }

    /// The lines with their numbers: without remarks, and what `\` continues put together.
    private static func joined(_ text: String) -> [(Int, String)] {
        var lines: [(Int, String)] = []
        var pending: (number: Int, text: String)?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            let part = String(line.prefix { $0 != "#" })
            let whole = (pending?.text ?? "") + part
            let number = pending?.number ?? index + 1
            if part.last == "\\" {
                pending = (number, String(whole.dropLast()) + " ")
            } else {
                lines.append((number, whole))
                pending = nil
            }
        }
        if let pending { lines.append((pending.number, pending.text)) }
        return lines
    }

    private mutating func add(
        _ words: [String], at place: PAMPlace, only wanted: String?, level: Int, depth: Int
    ) throws(Trouble) {
        guard var kind = words.first?.lowercased() else { return }
        if kind == "@include" {
            try include(words.dropFirst().first, at: place, only: wanted, level, depth)
            return
        }
        let isQuiet = kind.hasPrefix("-")
        if isQuiet { kind.removeFirst() }
        guard ["auth", "account", "session", "password"].contains(kind), words.count >= 3 else {
            troubles.append(Trouble(text: "libpam cannot read this line", place: place.text))
            return
        }
        guard wanted == nil || wanted == kind else { return }
        switch words[1].lowercased() {
        case "include": try include(words[2], at: place, only: kind, level, depth)
        case "substack": try include(words[2], at: place, only: kind, level + 1, depth)
        default:
            lines.append(
                PAMLine(
                    place: place, kind: kind, isQuiet: isQuiet, written: words[1],
                    control: PAMControl(words[1]), module: words[2],
                    arguments: Array(words.dropFirst(3)), level: level))
        }
    }

    private mutating func include(
        _ name: String?, at place: PAMPlace, only kind: String?, _ level: Int, _ depth: Int
    ) throws(Trouble) {
        guard let name else {
            throw Trouble(text: "an include without a name", place: place.text)
        }
        guard let path = name.hasPrefix("/") ? name : PAMStack.path(name) else {
            throw Trouble(
                text: "it includes \"\(name)\", which is missing: nobody can log in",
                place: place.text)
        }
        try add(path, only: kind, level: level, depth: depth + 1)
    }
}
