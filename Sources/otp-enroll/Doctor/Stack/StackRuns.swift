import OTPPAM

/// All ways through a service's stack, for each of the people who may come.
struct StackRuns {
    /// A way past our module without a code.
    struct Detour {
        /// The names of those who get past, always or at times.
        var people: [String] = []
        /// Whether all but root, or all who are there, always get past.
        var isForEverybody = false
        /// Whether it takes a second factor of another module, behind a password.
        var takesOther = true
    }

    /// The lines of `auth`.
    let lines: [PAMLine]
    /// The ways that end in a yes, of everybody together.
    private(set) var accepted: Set<PAMOutcomes.Run> = []
    /// The ways on which our lines were asked, by line.
    private(set) var asked: [Int: Set<PAMOutcomes.Run>] = [:]
    /// The ways past our module, by the line that opens them.
    private(set) var detours: [Int: Detour] = [:]

    /// The names of those who never get in, whatever they know and have; of others there are some.
    private(set) var refused: Set<String> = []
    private(set) var admitsSome = false

    /// What was tried already: most people are alike.
    private var known: [[[ModuleAnswer]]: PAMOutcomes] = [:]

    /// Tries the stack; `passes` says of each line whether it is ours and lets some pass.
    /// `elsewhere` are the same people where a directory has them.
    init(_ lines: [PAMLine], for people: PAMPeople, elsewhere: PAMPeople, passes: [Bool]) {
        self.lines = lines
        // What is open to nobody now may be open tomorrow.
        _ = walk(.anybody, passes)
        walkAll(people.kinds(for: lines), passes)
        if lines.contains(where: { $0.name == "pam_localuser" }) {
            walkAll(elsewhere.kinds(for: lines), passes)
        }
    }

    /// Tries the stack for all people, and finds what is open to all of them.
    private mutating func walkAll(_ kinds: [PAMPeople.Kind], _ passes: [Bool]) {
        let hasOrdinary = kinds.contains { $0.members.contains { !$0.isRoot } }
        var open: [Set<Int>] = []
        for kind in kinds {
            guard let lines = walk(kind, passes) else {
                refused.formUnion(kind.members.map(\.name))
                continue
            }
            admitsSome = true
            if !(hasOrdinary && kind.members.allSatisfy(\.isRoot)) { open.append(lines) }
        }
        guard let first = open.first, open.allSatisfy({ !$0.isEmpty }) else { return }
        let common = open.reduce(first) { $0.intersection($1) }
        // Where each gets past by another line, it is all of them.
        for line in common.isEmpty ? open.reduce(first, { $0.union($1) }) : common {
            detours[line]?.isForEverybody = true
        }
    }

    /// Tries the stack for people of one kind; gives the lines that let them past whenever they get
    /// in, and `nil` for those who never get in.
    private mutating func walk(_ kind: PAMPeople.Kind, _ passes: [Bool]) -> Set<Int>? {
        var worlds: [Set<PAMOutcomes.Run>] = []
        for answers in ModuleAnswer.worlds(of: lines, to: kind, passes: passes) {
            let accepted = outcomes(answers).accepted
            if !accepted.isEmpty { worlds.append(accepted) }
        }
        guard !worlds.isEmpty else { return nil }
        var skippers: Set<Int> = []
        for run in worlds.flatMap(\.self) where run.code == .notAsked {
            guard let line = run.skipper else { continue }
            skippers.insert(line)
            var detour = detours[line] ?? Detour()
            detour.takesOther = detour.takesOther && run.other == line
            detours[line] = detour
        }
        for line in skippers { detours[line]?.people += kind.members.map(\.name) }
        let isAlways = worlds.allSatisfy { $0.contains { $0.code == .notAsked } }
        return isAlways ? skippers : []
    }

    private mutating func outcomes(_ answers: [[ModuleAnswer]]) -> PAMOutcomes {
        if let outcomes = known[answers] { return outcomes }
        let outcomes = PAMOutcomes(lines, answers: answers)
        known[answers] = outcomes
        accepted.formUnion(outcomes.accepted)
        asked.merge(outcomes.asked) { $0.union($1) }
        return outcomes
    }
}
