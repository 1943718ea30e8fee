import OTPImport

/// Which entries of an app's export are meant: it contains all of a person's accounts.
struct EntryChoice {
    /// The command line's selection: an issuer, an account, or both.
    let text: String?
    /// The issuer of codes for this machine.
    let issuer: String

    /// How many entries a hint lists.
    private static let listed = 20

    /// Keeps only what is meant: what `text` selects, the only entry, or those for this machine.
    func apply(to result: inout ImportResult) throws(Failure) {
        let entries = result.entries
        guard !entries.isEmpty else { return }
        let meant = entries.indices.filter { index in
            guard let text else { return entries.count == 1 || entries[index].isFrom(issuer) }
            return entries[index].answers(to: text)
        }
        guard !meant.isEmpty else {
            let what =
                text.map {
                    "no entry in the file has the issuer or account \(Output.printable($0))"
                }
                ?? "none of the \(entries.count) entries in the file is of \(Output.printable(issuer))"
            throw Failure(what, hint: "--entry chooses one: \(EntryChoice.list(entries))")
        }
        result.keepEntries(Set(meant))
    }

    private static func list(_ entries: [EntryLabel]) -> String {
        let names = entries.prefix(listed).map { $0.printable.isEmpty ? "(no name)" : $0.printable }
        let rest = entries.count - names.count
        return names.joined(separator: ", ") + (rest > 0 ? ", and \(rest) more" : "")
    }
}
