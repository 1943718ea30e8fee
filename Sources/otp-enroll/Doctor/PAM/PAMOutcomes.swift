import OTPPAM

/// Every path through a stack: libpam's own rules (pam.conf(5)), tried with each answer that its
/// modules may give.
struct PAMOutcomes {
    /// The state on a path through the stack.
    struct Run: Hashable {
        /// What our module has answered.
        enum Code: Hashable {
            case notAsked, right, passed, wrong
        }

        /// libpam's state.
        fileprivate var state = PAMRun()
        /// What our module has answered.
        var code = Code.notAsked
        /// Whether a first factor has succeeded.
        var isProven = false
        /// The line of a first factor that failed, after which the stack continued.
        var refusal: Int?
        /// The line that skipped our module.
        var skipper: Int?
        /// The line of another module's second factor that succeeded after a password.
        var other: Int?
        /// The line of an unknown module whose success was taken for one that proves nothing.
        var doubt: Int?
        /// The line of the first factor that succeeded first, while nothing had refused the login.
        var prover: Int?
        /// The line that asked for a code of the same store again, after a right one.
        var repeater: Int?
        /// How many hidden questions were asked.
        var questions = 0
        /// Whether the user was asked for a password, which later modules may use.
        fileprivate var hasPassword = false
        /// Whether that password was right.
        fileprivate var knowsPassword = false
        /// The stores in which a code was right: it is good once.
        fileprivate var used: Set<[String]> = []

        fileprivate var isAccepted: Bool { state.isAccepted }

        /// Applies a line's answer.
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

        /// Applies our module's answer.
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

        /// Whether a line can answer this at this point: a module that uses the password of an
        /// earlier one never succeeds if there is none.
        fileprivate func allows(_ answer: ModuleAnswer, of line: PAMLine) -> Bool {
            if line.isOurs, used.contains(line.records) {
                // A user who was asked once is asked again, and the code was used up.
                return !answer.isYes && answer.word != "ignore"
            }
            if line.isOurs, answer.isYes, line.arguments.contains("use_first_pass") {
                // A right password is not a code.
                return hasPassword && !knowsPassword
            }
            return hasPassword || !answer.isYes || answer.proof != .password
                || !takesPassword(line)
        }

        private func takesPassword(_ line: PAMLine) -> Bool {
            line.arguments.contains { $0 == "use_first_pass" || $0 == "use_authtok" }
        }
    }

    /// The paths that end in success.
    private(set) var accepted: Set<Run> = []
    /// The paths on which our module was asked, in their state before it, by its line.
    private(set) var asked: [Int: Set<Run>] = [:]
    /// The lines of first factors that succeeded while nothing had refused the login.
    private(set) var provers: Set<Int> = []

    /// Our lines that asked again for a right code.
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

    /// The state after an answer.
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
    /// Identifies the records that one of our lines uses.
    fileprivate var records: [String] {
        arguments.filter { $0.hasPrefix("store=") || $0.hasPrefix("conf=") }.sorted()
    }
}
