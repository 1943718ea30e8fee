import Foundation
import TestSupport
import Testing

/// Plays cases in one module, one after the other.
struct Stage {
    let module: Module
    let codes: Codes
    private let scratch: Scratch
    private let clock: StoppedClock
    let player: Player

    init(_ module: Module, _ codes: Codes) throws {
        self.module = module
        self.codes = codes
        scratch = try Scratch()
        clock = try StoppedClock(scratch)
        player = try Player(clock)
    }

    /// What came of a case.
    struct Outcome {
        var ends: [End] = []
        var left = ""
        /// What there was before anybody logged in.
        var before = ""
    }

    /// Plays a case from the enrollment on.
    func play(_ one: Case, _ mode: Mode) throws -> Outcome {
        var stall = try Stall(one, module, mode, in: scratch.path, by: clock)
        var outcome = Outcome(before: try stall.left(one.enrolled))
        for (number, step) in one.tries.enumerated() {
            if one.isFresh && number > 0 {
                stall = try Stall(one, module, mode, in: scratch.path, by: clock)
            }
            outcome.ends.append(try logIn(step, one, stall, mode))
        }
        outcome.left = try stall.left(one.enrolled)
        return outcome
    }

    private func logIn(_ step: Try, _ one: Case, _ stall: Stall, _ mode: Mode) throws -> End {
        if stall.refuses { return End(word: "refused", questions: 0) }
        let typed = try codes.texts(step, one.enrolled, backup: stall.backup)
        let end = try player.logIn(
            step, service: Stall.service, in: stall.services, mode.answers(typed))
        // One of the questions is pam_unix's.
        let asked = end.questions - (mode.earlier == .nothing ? 0 : 1)
        return End(word: end.word, questions: asked)
    }

    /// Plays a case and compares it with the table.
    func check(_ one: Case, _ mode: Mode = .plain) throws -> Outcome {
        let outcome = try play(one, mode)
        let manner = mode.manner[module]
        let place = "\(one.name), \(mode.name), \(module)"
        #expect(
            outcome.ends.map(\.description)
                == End.list(one.ends[module], manner).map(\.description), "\(place)")
        // A password that ends in digits counts as a wrong code here and there: how many failures
        // there were is the plain mode's business.
        let left = mode.isPlain ? outcome.left : outcome.left.withoutFailures
        let expected = manner.isDeaf ? outcome.before : one.left[module]
        #expect(left == (mode.isPlain ? expected : expected.withoutFailures), "\(place)")
        return outcome
    }
}

extension String {
    fileprivate var withoutFailures: String { replacing(#/(, )?failures \d+(, )?/#, with: "") }
}

extension Mode {
    /// Whether the module asks for the code and that is all.
    var isPlain: Bool { words.isEmpty }
}

/// How many cases there were, and which modules ended alike in them.
struct Tally {
    private var cases = 0, alike = 0, google = 0, oath = 0, neither = 0

    mutating func add(_ ends: Each<[End]>) {
        cases += 1
        if ends.isOne {
            alike += 1
        } else if ends.ours == ends.google {
            google += 1
        } else if ends.ours == ends.oath {
            oath += 1
        } else {
            neither += 1
        }
    }

    mutating func add(_ other: Tally) {
        cases += other.cases
        alike += other.alike
        google += other.google
        oath += other.oath
        neither += other.neither
    }

    var figure: String {
        "\(cases) in \(Module.allCases.count) modules: \(alike) end alike in all; of the others, "
            + "ours as google-authenticator's \(google), as pam_oath's \(oath), "
            + "as neither's \(neither), each for a reason in docs/MIGRATING.md"
    }
}
