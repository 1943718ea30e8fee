import OTPCore
import OTPStore
import OTPWire

/// What a restore does, or has done, with each user's record.
struct RestoreReport {
    private let rows: [RestoredDocument]
    private let host: String
    private let time: UInt64
    private let isDone: Bool

    init(_ rows: [RestoredDocument], _ backup: BackupContents, isDone: Bool) {
        (self.rows, self.isDone) = (rows, isDone)
        (host, time) = (backup.host, backup.time)
    }

    /// Whether everybody who is here has the record of the backup.
    var isWhole: Bool {
        rows.allSatisfy { [.stored, .replaced, .orphan].contains($0.how) }
    }

    func show() throws {
        let restored = rows.filter { $0.how == .stored || $0.how == .replaced }
        let replaced = restored.count { $0.how == .replaced }
        try Output.line(
            "Backup of \(Output.printable(host)), \(Machine.localTime(time)):"
                + " \(Words.count(rows.count, "record")).")
        let verb = isDone ? "was restored" : "would be restored"
        let verbs = isDone ? "were restored" : "would be restored"
        try Output.line(
            "\(Words.count(restored.count, "user")) \(restored.count == 1 ? verb : verbs),"
                + " \(replaced) of them over a record that \(isDone ? "was" : "is") here.")
        let codes = restored.reduce(0) { $0 + $1.codesEnded }
        if codes > 0 {
            try Output.line(
                "\(Words.count(codes, "backup code")) \(isDone ? "have ended" : "would end"):"
                    + " `otp-enroll codes USER` makes new ones.")
        }
        try showNotes()
    }

    private func showNotes() throws {
        var table = Table(["USER", "NOTE"], flexible: 1)
        var count = 0
        for row in rows {
            for note in notes(on: row) {
                table.add([
                    Table.Cell(Output.printable(row.user)), Table.Cell(Output.printable(note)),
                ])
                count += 1
            }
        }
        if count > 0 { try table.print() }
    }

    private func notes(on row: RestoredDocument) -> [String] {
        func list(_ names: [String]) -> String { names.joined(separator: ", ") }
        switch row.how {
        case .stored, .replaced:
            var notes: [String] = []
            if let trouble = row.trouble {
                notes.append("the record here is unreadable: \(RestoreReport.text(trouble))")
            }
            if !row.waiting.isEmpty {
                notes.append("\(list(row.waiting)): unknown counter, see `otp-enroll resync`")
            }
            if !row.removed.isEmpty {
                notes.append("\(list(row.removed)): removed here since, and stays so")
            }
            if !row.lost.isEmpty { notes.append("\(list(row.lost)): not in the backup, ends") }
            return notes
        case .ended: return ["left alone: reset or disabled here; --bring-back restores it"]
        case .unknown: return ["left out: there is no such user here"]
        case .orphan: return ["left out: it was nobody's on \(host)"]
        case .invalid: return ["left out: its record is invalid"]
        case .failed: return [row.trouble.map(RestoreReport.text) ?? "left out"]
        }
    }

    func showJSON() throws {
        try Output.json([
            "host": .text(Output.printable(host)), "time": .time(time),
            "rehearsed": .bool(!isDone),
            "users": .list(
                rows.map { row in
                    .object([
                        "user": .text(Output.printable(row.user)),
                        "number": row.uid.map { .number(Int64($0)) } ?? .null,
                        "result": .text(row.how.rawValue),
                        "codes_ended": .count(row.codesEnded),
                        "waiting": RestoreReport.list(row.waiting),
                        "removed": RestoreReport.list(row.removed),
                        "lost": RestoreReport.list(row.lost),
                        "error": row.trouble.map { .text(Output.printable($0.error.text)) }
                            ?? .null,
                    ])
                }),
        ])
    }

    private static func text(_ trouble: TroubleDocument) -> String {
        String(decoding: trouble.error.text, as: UTF8.self)
    }

    private static func list(_ names: [String]) -> JSON {
        .list(names.map { .text(Output.printable($0)) })
    }
}
