import OTPPAM

/// Every way in which a stack can go: libpam's own rules (pam.conf(5)), tried with each answer that
/// its modules may give.
struct PAMOutcomes {
    /// How a way through the stack has gone so far.
    struct Run: Hashable {
        /// What our module has said.
        enum Code: Hashable {
            case notAsked, right, passed, wrong
        }

        /// How libpam sees it.
        fileprivate var state = PAMRun()
        /// What our module has said.
        var code = Code.notAsked
        /// Whether a first factor has said yes.
        var isProven = false
        /// The line of a first factor that said no, and after which the stack went on.
        var refusal: Int?
        /// The line that passed over our module.
        var skipper: Int?
        /// The line of a second factor of another module, which said yes behind a password.
        var other: Int?
        /// The line of a module that nobody here knows, whose yes was taken for one that proves
        /// nobody.
        var doubt: Int?
        /// The line of the first factor that said yes first, while nothing had refused the login.
        var prover: Int?
        /// The line that asked for a code again, of the same store, after a right one.
        var repeater: Int?
        /// How many hidden questions were asked.
        var questions = 0
        /// Whether somebody was asked for a password, which later modules may take.
        fileprivate var hasPassword = false
        /// Whether that was a right one.
        fileprivate var knowsPassword = false
        /// The stores in which a code was right: it counts once.
        fileprivate var used: Set<[String]> = []

        fileprivate var isAccepted: Bool { state.isAccepted }

        /// Takes in what a line has said.
        fileprivate mutating func take(_ answer: ModuleAnswer, of line: PAMLine, at index: Int) {
            if line.isOurs { return take(code: answer, of: line, at: index) }
            guard answer.proof != .nothing else { return }
            if !takesPassword(line),
                answer.proof != .possession || line.arguments.contains("forward_pass")
            {
                if !hasPassword { questions = min(questions + 1, 3) }
                hasPassword = true
            }
            switch (answer.isYes, answer.proof) {
            case (false, _): if answer.word != "ignore" { refusal = refusal ?? index }
            case (true, .unknown): doubt = doubt ?? index
            case (true, let proof):
                if isProven && proof == .possession { other = index }
                if !isProven && !state.isRefused { prover = index }
                isProven = true
                knowsPassword = knowsPassword || proof == .password
            }
        }

        /// Takes in what our module has said.
        private mutating func take(code answer: ModuleAnswer, of line: PAMLine, at index: Int) {
            if used.contains(line.records), answer.word != "ignore" {
                repeater = repeater ?? index
                return
            }
            code = answer.code
            if answer.isYes { used.insert(line.records) }
            if answer.word != "ignore" || line.arguments.contains("forward_pass"),
                !line.arguments.contains("use_first_pass")
            {
                questions = min(questions + 1, 3)
            }
            if line.arguments.contains("forward_pass") { hasPassword = true }
        }

        /// Whether a line can say so at this point: a module that takes the password of an earlier
        /// one says yes to nobody where there is none.
        fileprivate func allows(_ answer: ModuleAnswer, of line: PAMLine) -> Bool {
            if line.isOurs, used.contains(line.records) {
                // Who was asked once is asked again, and the code was used up.
                return !answer.isYes && answer.word != "ignore"
            }
            if line.isOurs, answer.isYes, line.arguments.contains("use_first_pass") {
                // What was typed for a password that is right is no code.
                return hasPassword && !knowsPassword
            }
            return hasPassword || !answer.isYes || answer.proof != .password
                || !takesPassword(line)
        }

        private func takesPassword(_ line: PAMLine) -> Bool {
            line.arguments.contains { $0 == "use_first_pass" || $0 == "use_authtok" }
        }
    }

    /// The ways that end in a yes.
    private(set) var accepted: Set<Run> = []
    /// The ways on which our module was asked, as they were before it, by its line.
    private(set) var asked: [Int: Set<Run>] = [:]
    /// The lines of first factors that said yes where nothing had refused the login.
    private(set) var provers: Set<Int> = []

    /// The lines of ours that asked again for a code that was right.
    private(set) var repeaters: Set<Int> = []

    private let lines: [PAMLine]

    /// Tries the lines of one kind with the answers that each of them may give.
    init(_ lines: [PAMLine], answers: [[ModuleAnswer]]) {
        self.lines = lines
        var waiting = [Run()]
        var seen: [Set<Run>] = Array(repeating: [], count: lines.count)
        while let run = waiting.popLast() {
            let index = run.state.next
            if let prover = run.prover { provers.insert(prover) }
            if let repeater = run.repeater { repeaters.insert(repeater) }
            guard index < lines.count else {
                if run.isAccepted { accepted.insert(run) }
                continue
            }
            guard seen[index].insert(run).inserted else { continue }
            if lines[index].isOurs { asked[index, default: []].insert(run) }
            for answer in answers[index] where run.allows(answer, of: lines[index]) {
                waiting.append(after(answer, at: index, run))
            }
        }
    }

    // MARK: libpam's rules

    /// What it is after an answer.
    private func after(_ answer: ModuleAnswer, at index: Int, _ before: Run) -> Run {
        var run = before
        run.take(answer, of: lines[index], at: index)
        run.state.take(PAMAnswer(rawValue: answer.word) ?? .systemError, in: lines)
        if run.code == .notAsked,
            lines[(index + 1)..<max(index + 1, run.state.next)].contains(where: \.isOurs)
        {
            run.skipper = run.skipper ?? index
        }
        return run
    }
}

extension PAMLine {
    /// What names the records that a line of ours asks about.
    fileprivate var records: [String] {
        arguments.filter { $0.hasPrefix("store=") || $0.hasPrefix("conf=") }.sorted()
    }
}
