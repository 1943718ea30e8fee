import ArgumentParser
import OTPCore
import OTPStore
import OTPWire

/// What a map has moved, or would move: one row per line.
struct MoveReport {
    /// The result for a line.
    private enum Outcome {
        /// It can be moved.
        case ready
        case moved
        /// There is nothing under the old name or UID.
        case nothing
        case refused(String)

        var text: String {
            switch self {
            case .ready: "would be moved"
            case .moved: "moved"
            case .nothing: "no record"
            case .refused(let why): why
            }
        }
    }

    private struct Row {
        let line: MoveMap.Line
        var outcome = Outcome.nothing

        var isReady: Bool { if case .ready = outcome { true } else { false } }
        var isMoved: Bool { if case .moved = outcome { true } else { false } }
    }

    private var rows: [Row]
    private let isRehearsal: Bool
    private let asJSON: Bool

    init(_ lines: [MoveMap.Line], isRehearsal: Bool, asJSON: Bool) {
        rows = lines.map { Row(line: $0) }
        self.isRehearsal = isRehearsal
        self.asJSON = asJSON
    }

    /// How many records can be moved.
    var movable: Int { rows.count { $0.isReady } }

    /// Finds out what would happen for every line.
    mutating func look(in context: Context) {
        run("Looking", rows.indices.filter { !rows[$0].isMoved }, in: context, rehearses: true)
    }

    /// Moves those that can be moved. A UID that had another user's record may be free by then.
    mutating func move(in context: Context) {
        while movable > 0 {
            let ready = rows.indices.filter { rows[$0].isReady }
            run("Moving", ready, in: context, rehearses: false)
            guard ready.contains(where: { rows[$0].isMoved }) else { return }
            look(in: context)
        }
    }

    private mutating func run(
        _ title: String, _ indices: [Int], in context: Context, rehearses: Bool
    ) {
        var progress = Progress(title, of: indices.count)
        defer { progress.finish() }
        for index in indices {
            progress.advance()
            rows[index].outcome = MoveReport.outcome(
                of: rows[index].line, in: context, rehearses: rehearses)
        }
    }

    private static func outcome(
        of line: MoveMap.Line, in context: Context, rehearses: Bool
    ) -> Outcome {
        do {
            let user = try Context(try Move.name(line.new), like: context)
            let reply = try user.ask(.move(from: line.old, rehearses: rehearses))
            switch reply {
            case .done: return rehearses ? .ready : .moved
            case .denied(.noRecord): return .nothing
            default: return .refused(Move.failure(reply, line.old, user).message)
            }
        } catch let failure as Failure {
            return .refused(failure.message)
        } catch let error as StoreError {
            return .refused(Output.printable(error.text))
        } catch {
            return .refused("it cannot be moved")
        }
    }

    // MARK: Reporting

    /// Shows what would happen.
    func showRehearsal() throws {
        var table = Table(["LINE", "OLD", "NEW", "WHAT"])
        for row in rows {
            table.add([
                String(row.line.number), Output.printable(row.line.old),
                Output.printable(row.line.new), row.outcome.text,
            ])
        }
        try table.print()
        try Output.line()
    }

    /// Reports the results; throws if something that has a record was not moved.
    func finish() throws {
        var (moved, refused): (Int, [Row]) = (0, [])
        for row in rows {
            switch row.outcome {
            case .moved, .ready: moved += 1
            case .nothing: break
            case .refused: refused.append(row)
            }
        }
        if asJSON {
            try Output.json([
                "dry_run": .bool(isRehearsal), "lines": .list(rows.map(MoveReport.json)),
            ])
            if !refused.isEmpty { throw ExitCode.failure }
            return
        }
        let end =
            isRehearsal ? " would be moved. This was a dry run: nothing was changed." : " moved."
        try Output.line("\(moved) of \(moved + refused.count)\(end)")
        guard refused.isEmpty else {
            let first = refused[0]
            throw Failure(
                "\(Words.count(refused.count, "line")) could not be moved; the first is line"
                    + " \(first.line.number): \(first.outcome.text)")
        }
    }

    private static func json(_ row: Row) -> JSON {
        .object([
            "line": .count(row.line.number), "old": .text(Output.printable(row.line.old)),
            "new": .text(Output.printable(row.line.new)), "moved": .bool(row.isMoved),
            "result": .text(row.outcome.text),
        ])
    }
}
