import OTPSystem

/// The files that sshd reads, and its settings in the order in which it reads them. The first value
/// of a setting applies, and one in a matching `Match` block takes precedence over one outside.
struct SSHConfiguration {
    /// A setting and its place.
    struct Setting {
        /// The keyword, in lower case.
        let key: String
        let words: [String]
        let place: Place
        /// The enclosing `Match` lines, all of which must match.
        let blocks: [SSHMatch]
    }

    /// A line of a file, counted from 0.
    struct Place: Hashable {
        let file: String
        let line: Int

        var text: String { "\(file) line \(line + 1)" }
    }

    /// The main file.
    let main: String
    /// The lines of each existing file.
    private(set) var files: [String: [String]] = [:]
    /// The files that are included conditionally.
    private var guarded: Set<String> = []
    /// What each pattern of an Include matches.
    private var included: [String: [String]] = [:]
    /// All settings, including `match` and `include`.
    private(set) var settings: [Setting] = []

    /// sshd's own folder, for names without one.
    private static let folder = "/etc/ssh"
    /// sshd's own limit.
    private static let maximumDepth = 16

    /// Reads a main file and everything that it includes.
    init(_ main: String) {
        self.main = main
        walk(main, [], depth: 0)
    }

    /// Replaces the lines of a file. A new file must be one that is included.
    func replacing(_ file: String, with lines: [String]) -> SSHConfiguration {
        var changed = self
        changed.files[file] = lines
        for (pattern, names) in included
        where !names.contains(file) && SSHConfiguration.includes(pattern, file) {
            changed.included[pattern] = (names + [file]).sorted()
        }
        changed.settings = []
        changed.walk(main, [], depth: 0)
        return changed
    }

    /// Whether a pattern would match a new file in its folder.
    private static func includes(_ pattern: String, _ file: String) -> Bool {
        let (there, here) = (pattern.split(separator: "/"), file.split(separator: "/"))
        guard there.dropLast() == here.dropLast(), let wanted = there.last, let name = here.last
        else { return false }
        return !name.hasPrefix(".") && SSHPattern.fits(String(name), String(wanted))
    }

    private mutating func walk(_ file: String, _ outer: [SSHMatch], depth: Int) {
        guard depth < SSHConfiguration.maximumDepth else { return }
        let lines: [String]
        if let known = files[file] {
            lines = known
        } else if case .text(let text) = SystemFiles.read(file) {
            lines = SSHConfiguration.lines(text)
        } else {
            return
        }
        files[file] = lines
        if !outer.isEmpty { guarded.insert(file) }
        var blocks = outer
        for (index, line) in lines.enumerated() {
            guard let (key, words) = SSHWords.split(line) else { continue }
            if key == "match" { blocks = outer + [SSHMatch(words)] }
            settings.append(
                Setting(
                    key: key, words: words, place: Place(file: file, line: index), blocks: blocks))
            guard key == "include" else { continue }
            for path in words.flatMap({ paths($0) }) { walk(path, blocks, depth: depth + 1) }
        }
    }

    private static func lines(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    /// The files that a word of an Include matches.
    private mutating func paths(_ word: String) -> [String] {
        let pattern = word.hasPrefix("/") ? word : "\(SSHConfiguration.folder)/\(word)"
        if let known = included[pattern] { return known }
        let paths = SystemFiles.paths(like: pattern)
        included[pattern] = paths
        return paths
    }

    // MARK: Queries

    /// Everything that Match lines test.
    var criteria: [SSHMatch.Criterion] {
        settings.filter { $0.key == "match" }.compactMap(\.blocks.last).flatMap(\.criteria)
    }

    /// Which Match lines match a login: sshd's answer is the same for all logins with the same
    /// result.
    func blocks(for login: SSHLogin) -> [Bool] {
        settings.filter { $0.key == "match" }.map { line in
            line.blocks.allSatisfy { $0.holds(for: login) }
        }
    }

    /// The line that gives a setting its value for a login; `nil` if none does.
    func line(of key: String, for login: SSHLogin) -> Setting? {
        let all = settings.filter { $0.key == key }
        return all.first { line in
            !line.blocks.isEmpty && line.blocks.allSatisfy { $0.holds(for: login) }
        } ?? all.first { $0.blocks.isEmpty }
    }

    /// The folders whose files are included unconditionally.
    var folders: [String] {
        settings.filter { $0.key == "include" && $0.blocks.isEmpty }.flatMap(\.words).map { word in
            word.hasPrefix("/") ? word : "\(SSHConfiguration.folder)/\(word)"
        }.filter { $0.hasSuffix("/*.conf") }.map { String($0.dropLast("/*.conf".count)) }
    }

    /// Whether the beginning of a file applies to everybody.
    func isForEverybody(_ file: String) -> Bool { !guarded.contains(file) }

    // MARK: A copy

    /// Writes all of it below a folder, with Include lines that name the copies; returns the main
    /// file.
    func write(to folder: TemporaryFolder) throws(SystemError) -> String {
        let names = files.keys.sorted()
        let copies = Dictionary(
            uniqueKeysWithValues: names.enumerated().map { ($1, "\(folder.path)/\($0)") })
        for name in names {
            let lines = (files[name] ?? []).map { line -> String in
                guard let (key, words) = SSHWords.split(line), key == "include" else {
                    return line
                }
                let paths = words.flatMap { word -> [String] in
                    let pattern =
                        word.hasPrefix("/") ? word : "\(SSHConfiguration.folder)/\(word)"
                    return included[pattern] ?? []
                }
                let copied = paths.compactMap { copies[$0] }
                return copied.isEmpty ? "" : "Include " + copied.joined(separator: " ")
            }
            guard let copy = copies[name] else { continue }
            try folder.write(lines.joined(separator: "\n") + "\n", to: copy)
        }
        return copies[main] ?? main
    }
}
