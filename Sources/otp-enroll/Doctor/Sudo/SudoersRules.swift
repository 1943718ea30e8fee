/// The rules of sudoers(5), as far as they affect who is asked for a code; doas.conf(5) is
/// converted to the same.
struct SudoersRules {
    /// A line of `Defaults`.
    struct Default {
        /// `@`, `:`, `!` or `>`: for some hosts, users, commands or target users.
        let kind: Character?
        let names: [String]
        let settings: [(name: String, value: String?)]
        let place: String
        /// To whom it applies, as written.
        let whom: String
    }

    /// What a user may do.
    struct Entry {
        let users: [String]
        let hosts: [String]
        let commands: [Command]
        let place: String
    }

    /// A command, or `ALL`.
    struct Command {
        /// As whom it may run; empty for root.
        let targets: [String]
        /// Whether a password is asked for; `nil` if `Defaults` decide.
        let asks: Bool?
        let name: String
    }

    private(set) var defaults: [Default] = []
    private(set) var entries: [Entry] = []
    /// The members of aliases, by kind and name.
    private(set) var aliases: [String: [String]] = [:]

    /// The word that turns off asking.
    private(set) var unasked = "NOPASSWD"

    init(entries: [Entry], unasked: String) { (self.entries, self.unasked) = (entries, unasked) }

    init(_ file: SudoersFile) {
        for statement in file.statements {
            let text = SudoersText.bare(statement.text)
            guard let word = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).first else {
                continue
            }
            if let kind = SudoersRules.aliasKinds[String(word)] {
                addAliases(kind, String(text.dropFirst(word.count)))
            } else if text.hasPrefix("Defaults"), addDefault(text, statement.place) {
                continue
            } else {
                addEntries(text, statement.place)
            }
        }
    }

    private static let aliasKinds = [
        "User_Alias": "user", "Runas_Alias": "runas", "Host_Alias": "host",
        "Cmnd_Alias": "command", "Cmd_Alias": "command",
    ]

    private mutating func addAliases(_ kind: String, _ text: String) {
        for part in SudoersText.parts(text, at: { $0 == ":" }) {
            let sides = SudoersText.parts(part, at: { $0 == "=" }, most: 2)
            guard sides.count == 2 else { continue }
            aliases[kind + " " + sides[0]] =
                kind == "command"
                ? SudoersText.parts(sides[1], at: { $0 == "," }) : SudoersText.list(sides[1]).names
        }
    }

    private mutating func addDefault(_ text: String, _ place: String) -> Bool {
        var rest = text.dropFirst("Defaults".count)
        let mark = rest.withoutBlanks.first
        var kind: Character?
        // A `!` after a blank belongs to a setting.
        if let mark, "@:>".contains(mark) || (mark == "!" && rest.first == "!") {
            kind = mark
            rest = rest.withoutBlanks.dropFirst()
        } else if let first = rest.first, first != " " && first != "\t" {
            return false
        }
        var names: [String] = []
        var settings = rest.withoutBlanks
        let whole = settings
        if kind != nil { (names, settings) = SudoersText.list(settings) }
        let words = SudoersText.parts(settings, at: { $0 == "," }).map { setting in
            let sides = SudoersText.parts(setting, at: { $0 == "=" }, most: 2)
            let name = sides[0].filter { !"+- \t".contains($0) }
            return (
                name: String(name), value: sides.count > 1 ? SudoersText.plain(sides[1]) : nil
            )
        }
        let whom = whole.prefix(whole.count - settings.count).withoutBlanks
        defaults.append(
            Default(
                kind: kind, names: names, settings: words, place: place,
                whom: kind.map { "\($0)\(whom)" } ?? ""))
        return true
    }

    private mutating func addEntries(_ text: String, _ place: String) {
        let sides = SudoersText.parts(text, at: { $0 == "=" }, most: 2)
        guard sides.count == 2 else { return }
        let (users, hosts) = SudoersText.list(sides[0])
        var left = hosts
        var parts = SudoersText.parts(
            sides[1], at: { $0 == ":" },
            unless: { before in
                let word = before.withoutBlanks.reversed().prefix { !" \t,:)".contains($0) }
                return SudoersCommand.isTag(String(word.reversed()))
            })
        while let part = parts.first {
            parts.removeFirst()
            entries.append(
                Entry(
                    users: users, hosts: SudoersText.list(left).names,
                    commands: SudoersCommand.list(part), place: place))
            guard let next = parts.first else { return }
            let sides = SudoersText.parts(next, at: { $0 == "=" }, most: 2)
            guard sides.count == 2 else { return }
            left = sides[0]
            parts[0] = sides[1]
        }
    }
}

/// The commands of an entry, with the tags before them, which apply to those after them as well.
private enum SudoersCommand {
    private static let tags: Set<String> = [
        "PASSWD", "EXEC", "SETENV", "LOG_INPUT", "LOG_OUTPUT", "FOLLOW", "MAIL", "INTERCEPT",
    ]
    private static let options: Set<String> = [
        "ROLE", "TYPE", "PRIVS", "LIMITPRIVS", "APPARMOR_PROFILE", "CWD", "CHROOT", "TIMEOUT",
        "NOTBEFORE", "NOTAFTER",
    ]

    /// Whether a colon after a word does not end an entry: that of a tag or of a digest.
    static func isTag(_ word: String) -> Bool {
        tags.contains(word) || (word.hasPrefix("NO") && tags.contains(String(word.dropFirst(2))))
            || ["sha224", "sha256", "sha384", "sha512"].contains(word)
    }

    static func list(_ text: String) -> [SudoersRules.Command] {
        var targets: [String] = []
        var asks: Bool?
        return SudoersText.parts(text, at: { $0 == "," }).map { part in
            var rest = part
            while !rest.isEmpty {
                if rest.hasPrefix("("), let end = rest.firstIndex(of: ")") {
                    let inside = String(rest[..<end].dropFirst())
                    let users = SudoersText.parts(inside, at: { $0 == ":" })[0]
                    // With only a group, it runs as the user.
                    targets = users.isEmpty ? ["-"] : SudoersText.list(users).names
                    rest = rest[end...].dropFirst().withoutBlanks
                    continue
                }
                let word = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
                let behind = rest.dropFirst(word.count).withoutBlanks
                if behind.hasPrefix(":"), isTag(word) {
                    if word == "PASSWD" { asks = true }
                    if word == "NOPASSWD" { asks = false }
                    rest = behind.dropFirst().withoutBlanks
                    // A digest is followed by the command.
                    if word.hasPrefix("sha") { rest = rest.drop { $0 != " " }.withoutBlanks }
                } else if behind.hasPrefix("="), options.contains(word) {
                    let parts = SudoersText.parts(rest, at: { $0 == " " || $0 == "\t" }, most: 2)
                    rest = parts.count > 1 ? parts[1] : ""
                } else {
                    break
                }
            }
            return SudoersRules.Command(targets: targets, asks: asks, name: rest)
        }
    }
}
