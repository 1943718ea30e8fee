import OTPPAM

/// Where our line is, and what is around it.
extension StackChanges {
    func ours(_ text: PAMText, in file: String? = nil) -> PAMText.Entry? {
        text.entries.first { line($0, in: file ?? verdict.stack.file)?.line.isOurs == true }
    }

    /// Lines that ask for something, and those that include such lines.
    func asking(_ text: PAMText) -> [PAMText.Entry] {
        text.entries.filter { entry in
            entry.isAuth || entry.kind == "@include" && includesAuth(entry.included)
        }
    }

    private func includesAuth(_ name: String) -> Bool {
        let path = StackChanges.path(of: name)
        return verdict.auth.contains { $0.place.file == path }
    }

    private static func path(of entry: PAMText.Entry) -> String { path(of: entry.included) }

    private static func path(of name: String) -> String {
        name.hasPrefix("/") ? name : "/etc/pam.d/" + name
    }

    func places(_ text: PAMText, in file: String) -> [PAMText] {
        guard let ours = ours(text, in: file) ?? bearer(text) else { return [] }
        let others = asking(text).filter { $0 != ours }
        var places = others.suffix(1).map { text.moving(ours, below: $0) }
        // Lines above the first question, such as root's own way, stay there.
        let first = others.first { entry in
            entry.includesAuth
                || line(entry, in: file).map { PAMModule($0.line).proof != .nothing } ?? false
        }
        if let first { places.append(text.moving(ours, above: first)) }
        // A line that may skip ours can do so after the password.
        places += others.filter { entry in
            line(entry, in: file).map { verdict.openings.contains($0.index) } ?? false
        }.map { text.moving($0, above: ours) }
        return places + others.dropLast().map { text.moving(ours, below: $0) }
    }

    /// The line that includes the file with our line.
    func bearer(_ text: PAMText) -> PAMText.Entry? {
        text.entries.first { entry in
            entry.includesAuth
                && verdict.auth.contains {
                    $0.isOurs && $0.place.file == StackChanges.path(of: entry)
                }
        }
    }

    /// Without lines of ours of other types, for which our module does nothing.
    func placed(_ text: PAMText) -> PAMText {
        let numbers = verdict.misplaced.map(\.place)
        return text.entries.reversed().reduce(text) { text, entry in
            numbers.contains("\(verdict.stack.file) line \(entry.number)")
                ? text.replacing(entry, by: []) : text
        }
    }

    /// Without the question for a password after the key.
    func withoutPassword(_ text: PAMText) -> [PAMText] {
        guard verdict.locksOutPasswordless else { return [] }
        return asking(text).filter { entry in
            entry.includesAuth
                || line(entry, in: verdict.stack.file).map { PAMModule($0.line).proof == .password }
                    ?? false
        }.map { text.replacing($0, by: []) }
    }
}
