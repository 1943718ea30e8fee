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
        /// Whether somebody was asked for a password, which later modules may take.
        fileprivate var hasPassword = false

        fileprivate var isAccepted: Bool { state.isAccepted }

        /// Takes in what a line has said.
        fileprivate mutating func take(_ answer: ModuleAnswer, of line: PAMLine, at index: Int) {
            if line.isOurs {
                code = answer.code
                if line.arguments.contains("forward_pass") { hasPassword = true }
                return
            }
            guard answer.proof != .nothing else { return }
            if !takesPassword(line),
                answer.proof != .possession || line.arguments.contains("forward_pass")
            {
                hasPassword = true
            }
            switch (answer.isYes, answer.proof) {
            case (false, _): if answer.word != "ignore" { refusal = refusal ?? index }
            case (true, .unknown): doubt = doubt ?? index
            case (true, let proof):
                if isProven && proof == .possession { other = index }
                isProven = true
            }
        }

        /// Whether a line can say so at this point: a module that takes the password of an earlier
        /// one says yes to nobody where there is none.
        fileprivate func allows(_ answer: ModuleAnswer, of line: PAMLine) -> Bool {
            hasPassword || !answer.isYes || answer.proof != .password || !takesPassword(line)
        }

        private func takesPassword(_ line: PAMLine) -> Bool {
            line.arguments.contains { $0 == "use_first_pass" || $0 == "use_authtok" }
        }
    }

    /// The ways that end in a yes.
    private(set) var accepted: Set<Run> = []
    /// The ways on which our module was asked, as they were before it, by its line.
    private(set) var asked: [Int: Set<Run>] = [:]

    private let lines: [PAMLine]

    /// Tries the lines of one kind with the answers that each of them may give.
    init(_ lines: [PAMLine], answers: [[ModuleAnswer]]) {
        self.lines = lines
        var waiting = [Run()]
        var seen: [Set<Run>] = Array(repeating: [], count: lines.count)
        while let run = waiting.popLast() {
            let index = run.state.next
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
