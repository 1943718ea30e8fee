import ArgumentParser
import OTPCore
import OTPWire

/// `otp-enroll fleet import`: local records, to a fleet's servers. swiftotpd sends them; no key comes
/// here.
struct FleetImport {
    /// Whether devices are put beside those that users have in the fleet already.
    private let adds: Bool
    /// Whether it only says what would happen.
    private let rehearses: Bool
    private let global: GlobalOptions

    init(adds: Bool, rehearses: Bool, _ global: GlobalOptions) {
        (self.adds, self.rehearses, self.global) = (adds, rehearses, global)
    }

    func run() throws {
        let context = try Context(global, user: nil)
        let entries = try Roster(context).recordedEntries()
        var rows: [BroughtDocument] = []
        try context.service.series {
            var progress = Progress("Sending records", of: entries.count)
            defer { progress.finish() }
            var rest = entries[...]
            while !rest.isEmpty {
                let batch = rest.prefix(BroughtDocument.most)
                rest = rest.dropFirst(BroughtDocument.most)
                let numbers = batch.map(\.document)
                let command = Command.bring(of: numbers, adds: adds, rehearses: rehearses)
                switch try context.ask(command) {
                case .brought(let found): rows += found
                case let other: throw context.failure(other)
                }
                for _ in batch { progress.advance() }
            }
        }
        if global.json { try showJSON(rows) } else { try show(rows) }
        let isWhole = rows.allSatisfy {
            [.stored, .there, .added, .empty, .local, .orphan].contains($0.how)
        }
        if !isWhole { throw ExitCode.failure }
    }

    private func show(_ rows: [BroughtDocument]) throws {
        guard !rows.isEmpty else { return try Output.line("There are no local records.") }
        var table = Table(["USER", "UID", rehearses ? "WOULD BE" : "IS", "NOTE"], flexible: 3)
        for row in rows {
            table.add([
                Table.Cell(Output.printable(row.user ?? "-")), Table.Cell("\(row.uid)"),
                Table.Cell(FleetImport.word(for: row.how)),
                Table.Cell(Output.printable(note(on: row))),
            ])
        }
        try table.print()
        let conflicts = rows.count { $0.how == .conflict }
        if conflicts > 0 {
            try Output.line(
                "\(Words.count(conflicts, "user")) in the fleet already, with other devices: "
                    + "--add puts those of this host beside them.")
        }
    }

    private static func word(for how: BroughtDocument.How) -> String {
        switch how {
        case .stored: "in the fleet"
        case .there: "there already"
        case .added: "added"
        case .conflict: "left out"
        case .empty: "not enrolled"
        case .local: "local"
        case .orphan: "nobody's"
        case .failed: "not sent"
        }
    }

    private func note(on row: BroughtDocument) -> String {
        switch row.how {
        case .added: row.added.joined(separator: ", ")
        case .conflict: "the fleet does not have " + row.left.joined(separator: ", ")
        case .local: "by fleet_users or local_users"
        case .orphan: "no user has this UID; see otp-enroll forget"
        case .failed: row.trouble.map { String(decoding: $0.error.text, as: UTF8.self) } ?? ""
        case .stored, .there, .empty: ""
        }
    }

    private func showJSON(_ rows: [BroughtDocument]) throws {
        try Output.json([
            "rehearsed": .bool(rehearses),
            "users": .list(
                rows.map { row in
                    .object([
                        "user": row.user.map { .text(Output.printable($0)) } ?? .null,
                        "number": .number(Int64(row.uid)), "result": .text(row.how.rawValue),
                        "added": .list(row.added.map { .text(Output.printable($0)) }),
                        "left": .list(row.left.map { .text(Output.printable($0)) }),
                    ])
                }),
        ])
    }
}
