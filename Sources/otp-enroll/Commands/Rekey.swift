import ArgumentParser
import OTPCore
import OTPStore
import OTPWire

/// `otp-enroll rekey`: replaces the seal key.
struct Rekey: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rekey", _superCommandName: OTPEnroll.name,
        abstract: "Replace the seal key, and seal every record with the new one (as root).",
        usage: "otp-enroll rekey [--yes] [<options>]",
        discussion: """
              otp-enroll rekey                the old seal key may have been copied

            Logins go on meanwhile: both keys are in use until every record is sealed with the new one. \
            Then the old key is overwritten. If this is interrupted, or the disk is full, nothing is \
            lost: run it again, and it continues.

            If the key is sealed (`otp-enroll help seal`), so is the new one, and a new recovery key \
            is shown.

            A record that cannot be read keeps the old key in use; `otp-enroll reset` or `otp-enroll \
            forget` removes it, and then run this again. Make a new backup afterwards, and destroy \
            copies of the store's files made before: the old key opens them.

            Exit status: 0 the old key is gone; 1 it is not.
            """)

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let context = try Context(global, user: nil)
        try context.service.series {
            let numbers = Array(try Roster(context).recorded().all)
            let records = Words.count(numbers.count, "record")
            guard yes || Terminal.agrees("Replace the seal key, and seal \(records) anew?") else {
                throw Failure("nothing was changed")
            }
            let end = try replaceKey(numbers, context)
            if global.json { try Rekey.showJSON(end, of: numbers.count) }
            guard end.isDone else { throw Rekey.failure(end) }
            if !global.json {
                try Output.line("The seal key is new, and \(records) sealed with it.")
                try Output.line("Make a new backup: older copies of the store need the old key.")
            }
        }
    }

    /// Of a sealed key, the next one is sealed before anything is sealed with it.
    private func replaceKey(_ numbers: [UInt32], _ context: Context) throws -> RekeyDocument {
        let sealing = Sealing(isJSON: global.json)
        guard Machine.isRoot, global.socket == nil, try KeyKeeper.isMeant(by: global),
            let kept = try KeyKept.read()
        else { return try Rekey.replaceKey(numbers, context) }
        return try sealing.keeper.alone {
            let recovery = try sealing.prepareRekey(kept)
            let end = try Rekey.replaceKey(numbers, context)
            if end.isDone { try sealing.finishRekey(recovery) }
            return end
        }
    }

    private static func replaceKey(
        _ numbers: [UInt32], _ context: Context
    ) throws -> RekeyDocument {
        _ = try ask(.begin, context)
        try seal(numbers, context)
        return try ask(.end, context)
    }

    private static func seal(_ numbers: [UInt32], _ context: Context) throws {
        var progress = Progress("Sealing records", of: numbers.count)
        defer { progress.finish() }
        var rest = numbers[...]
        while !rest.isEmpty {
            let batch = rest.prefix(RekeyStep.most)
            rest = rest.dropFirst(RekeyStep.most)
            // What was not possible is asked for again at the end, and reported then.
            _ = try ask(.seal(numbers: Array(batch)), context)
            for _ in batch { progress.advance() }
        }
    }

    private static func ask(_ step: RekeyStep, _ context: Context) throws -> RekeyDocument {
        do throws(Failure) {
            switch try context.ask(.rekey(step: step)) {
            case .rekeyed(let done): return done
            case let other: throw context.failure(other)
            }
        } catch {
            var failure = error
            if failure.trouble?.code == .system {
                failure.hints = ["nothing is lost, and logins go on; fix this, and run it again"]
            }
            throw failure
        }
    }

    private static func showJSON(_ end: RekeyDocument, of count: Int) throws {
        try Output.json([
            "records": .count(count), "done": .bool(end.isDone), "left": .count(end.left),
            "problems": .list(
                end.troubles.map { left in
                    .object([
                        "number": .number(Int64(left.uid)),
                        "error": .text(Output.printable(left.trouble.error.text)),
                    ])
                }),
        ])
    }

    /// Why the old key stays.
    private static func failure(_ end: RekeyDocument) -> Failure {
        let most = 10
        var hints = end.troubles.prefix(most).map { left in
            let user = try? SystemUsers().user(withID: left.uid)
            let command =
                user.map { "reset \($0.commandName)" } ?? "forget \(left.uid)"
            let error = left.trouble.error
            return "\(Output.printable(error.text)); `otp-enroll \(command)` gives it up"
        }
        if end.left > most { hints.append("and \(end.left - most) more") }
        hints.append("then run `otp-enroll rekey` again; until then both keys are in use")
        return Failure(
            "the old seal key stays, for \(Words.count(end.left, "record")) that cannot be read",
            hints: hints)
    }
}
