import ArgumentParser
import OTPCore
import OTPImport

/// What an import has done, or would do: one row per token, and what was left out.
struct ImportReport {
    let isRehearsal: Bool
    private var rows: [Importer.Row] = []
    /// What is wrong with the files, apart from individual tokens.
    private var problems: [String] = []
    private var notes: [String] = []
    private var hasMap = false

    init(isRehearsal: Bool) { self.isRehearsal = isRehearsal }

    /// Imports the contents of a file; `user` is its owner, if it was somebody's.
    mutating func add(_ result: ImportResult, of user: String? = nil, by importer: Importer) {
        let whose = user.map { Output.printable($0) + ": " } ?? ""
        var newcomers: Set<String> = []
        hasMap = hasMap || importer.map != nil
        let start = rows.count
        var progress = Progress("Importing", of: result.tokens.count)
        for token in result.tokens {
            if importer.wants(token) { rows.append(importer.run(token, &newcomers)) }
            progress.advance()
        }
        progress.finish()
        if rows.count == start, !result.tokens.isEmpty, let user = importer.onlyUser {
            problems.append("no token in the file belongs to \(Output.printable(user))")
        }
        problems += result.problems.map { whose + $0.description }
        if result.problemsLeftOut > 0 {
            problems.append(whose + Words.count(result.problemsLeftOut, "more problem"))
        }
        notes += result.notes.map { whose + $0 }
        noteShortKeys(importer, in: rows[start...])
        if result.needsPreSharedKey {
            notes.append(whose + "the keys are encrypted: --psk-file gives the pre-shared key")
        }
    }

    /// Says once what to do about short keys.
    private mutating func noteShortKeys(_ importer: Importer, in rows: ArraySlice<Importer.Row>) {
        guard rows.contains(where: { $0.hasShortKey && !$0.isSkipped }) else { return }
        let note =
            importer.allowsShortKeys
            ? "keys of fewer than 128 bits are marked in `status`: have these users enroll anew"
            : "--allow-short-keys imports keys from 80 bits on"
        if !notes.contains(note) { notes.append(note) }
    }

    /// Records that the file of `user` could not be read.
    mutating func failed(_ message: String, for user: String) {
        problems.append("\(Output.printable(user)): \(message)")
    }

    /// Shows it; throws if something was not imported.
    func show(asJSON: Bool) throws {
        let skipped = rows.count { $0.isSkipped }
        let missing = rows.count { !$0.isHere } - skipped + problems.count
        if asJSON {
            try Output.json([
                "dry_run": .bool(isRehearsal), "tokens": .list(rows.map(ImportReport.json)),
                "problems": .list(problems.map(JSON.text)), "notes": .list(notes.map(JSON.text)),
            ])
            if missing > 0 { throw ExitCode.failure }
            return
        }
        if !rows.isEmpty {
            var table = Table(["USER", "NAME", "KIND", "WHAT"])
            for row in rows { table.add([row.user, row.name, row.kind, row.what]) }
            try table.print()
            try Output.line()
        }
        try showNotes()
        for problem in problems { try Output.line("Not imported: \(problem).") }
        let here = rows.count { $0.isHere }
        let left = skipped == 0 ? "" : " \(skipped) skipped."
        let end = isRehearsal ? " This was a dry run: nothing was changed." : ""
        try Output.line(
            "\(here) of \(here + missing) are here\(isRehearsal ? ", or would be" : "").\(left)\(end)"
        )
        if missing > 0 {
            throw Failure(
                "\(missing == 1 ? "1 entry" : "\(missing) entries") could not be imported")
        }
    }

    /// What was left out; the same sentence for many users is shown once, with their number.
    private func showNotes() throws {
        var counts: [(sentence: String, users: [String])] = []
        for row in rows where row.isHere {
            for note in row.notes {
                if let index = counts.firstIndex(where: { $0.sentence == note }) {
                    counts[index].users.append(row.user)
                } else {
                    counts.append((note, [row.user]))
                }
            }
        }
        for (sentence, users) in counts {
            let whose = users.count <= 3 ? users.joined(separator: ", ") : "\(users.count) users"
            try Output.line("Not imported (\(whose)): \(sentence).")
        }
        if rows.contains(where: \.isSkipped) {
            let way = hasMap ? "--user beside --map" : "--user"
            try Output.line(
                "Note: users who are or were enrolled are skipped; \(way) adds to one of them.")
        }
        for note in notes { try Output.line("Note: \(note).") }
    }

    private static func json(_ row: Importer.Row) -> JSON {
        .object([
            "user": .text(row.user), "name": row.name.isEmpty ? .null : .text(row.name),
            "kind": .text(row.kind), "imported": .bool(row.isHere),
            "skipped": .bool(row.isSkipped), "result": .text(row.result),
            "adds_to": .list(row.addsTo.map(JSON.text)),
            "notes": .list(row.notes.map(JSON.text)),
        ])
    }
}
