/// doas.conf(5), converted to sudoers(5) rules.
enum DoasFile {
    static let path = "/etc/doas.conf"

    /// The rules; `nil` if there is no such file.
    static var rules: SudoersRules? {
        guard case .text(let text) = SystemFiles.read(path) else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return SudoersRules(
            entries: lines.enumerated().compactMap { number, line in
                entry(String(line), "\(path) line \(number + 1)")
            }, unasked: "nopass")
    }

    private static func entry(_ line: String, _ place: String) -> SudoersRules.Entry? {
        let text = SudoersText.bare(line)
        var words = SudoersText.parts(text, at: { $0 == " " || $0 == "\t" })
            .filter { !$0.isEmpty }.map(SudoersText.plain)[...]
        guard let action = words.popFirst(), ["permit", "deny"].contains(action) else { return nil }
        var asks = true
        while let word = words.first,
            ["nopass", "persist", "nolog", "keepenv", "setenv"]
                .contains(word)
        {
            if word == "nopass" { asks = false }
            words = words.dropFirst()
            if word == "setenv" { words = words.drop { $0 != "}" }.dropFirst() }
        }
        guard let name = words.popFirst() else { return nil }
        var targets: [String] = []
        if words.first == "as" {
            targets = Array(words.dropFirst().prefix(1))
            words = words.dropFirst(2)
        }
        let command = words.first == "cmd" ? words.dropFirst().joined(separator: " ") : "ALL"
        return SudoersRules.Entry(
            users: [name.hasPrefix(":") ? "%" + name.dropFirst() : name], hosts: ["ALL"],
            commands: [
                SudoersRules.Command(
                    targets: targets, asks: asks, name: (action == "deny" ? "!" : "") + command)
            ], place: place)
    }
}
