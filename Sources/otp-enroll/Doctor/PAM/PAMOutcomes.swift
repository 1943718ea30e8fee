/// Every way in which a stack can go: libpam's own rules (pam.conf(5)), tried with each answer that
/// its modules may give.
struct PAMOutcomes {
    /// How a way through the stack has gone so far.
    struct Run: Hashable {
        /// What our module has said.
        enum Code: Hashable {
            case notAsked, right, passed, wrong
        }

        fileprivate enum Impression: Hashable {
            case undefined, positive, negative
        }

        fileprivate var impression = Impression.undefined
        fileprivate var isGood = false
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

        fileprivate var isAccepted: Bool { impression == .positive && isGood }

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
        var waiting = [(0, Run())]
        var seen: [Set<Run>] = Array(repeating: [], count: lines.count)
        while let (index, run) = waiting.popLast() {
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

    /// Where it goes on after an answer, and as what.
    private func after(_ given: ModuleAnswer, at index: Int, _ before: Run) -> (Int, Run) {
        let line = lines[index]
        var run = before
        run.take(given, of: line, at: index)
        let answer = given.word
        // libpam takes a line that it cannot read for one that has to, and does not, say yes.
        let action = line.control?.action(for: answer) ?? .bad
        var next = index + 1
        switch action {
        case .ignore: break
        case .ok, .done:
            if run.impression == .undefined || (run.impression == .positive && run.isGood),
                answer != "ignore"
            {
                run.isGood = answer == "success"
                if run.isGood { run.impression = .positive }
            }
            if action == .done && run.impression == .positive { next = end(of: index) }
        case .bad, .die:
            if run.impression != .negative {
                run.impression = .negative
                run.isGood = false
            }
            if action == .die { next = end(of: index) }
        case .reset:
            run.impression = .undefined
            run.isGood = false
        case .jump(let count):
            if let target = target(of: index, over: count) {
                next = target
            } else {
                run.impression = .negative
                run.isGood = false
            }
        }
        if run.code == .notAsked,
            lines[(index + 1)..<max(index + 1, next)].contains(where: \.isOurs)
        {
            run.skipper = run.skipper ?? index
        }
        return (next, run)
    }

    /// Where it goes on when the rest of this stack or substack is not asked.
    private func end(of index: Int) -> Int {
        let level = lines[index].level
        guard level > 0 else { return lines.count }
        return lines[(index + 1)...].firstIndex { $0.level < level } ?? lines.count
    }

    /// Where a jump over `count` modules leads, a substack being one; `nil` where it leads out.
    private func target(of index: Int, over count: Int) -> Int? {
        let level = lines[index].level
        var next = index + 1
        for _ in 0..<min(count, lines.count) {
            guard next < lines.count, lines[next].level >= level else { return nil }
            let isSubstack = lines[next].level > level
            next += 1
            while isSubstack, next < lines.count, lines[next].level > level { next += 1 }
        }
        return next
    }
}
