import OTPPAM

/// All paths through a service's stack, for each user who may log in.
struct StackRuns {
    /// A path past our module without a code.
    struct Detour {
        /// The names of those who can take it, always or sometimes.
        var people: [String] = []
        /// Whether everybody, or everybody but root, can always take it.
        var isForEverybody = false
        /// The names of those among them who are not even asked for a first factor.
        var unproven: [String] = []
        /// Whether it requires another module's second factor after a password.
        var takesOther = true
    }

    /// The lines of `auth`.
    let lines: [PAMLine]
    /// The paths that end in success, for all users together.
    private(set) var accepted: Set<PAMOutcomes.Run> = []
    /// The paths on which our lines were asked, by line.
    private(set) var asked: [Int: Set<PAMOutcomes.Run>] = [:]
    /// The paths past our module, by the line that opens them.
    private(set) var detours: [Int: Detour] = [:]

    /// The lines of first factors that succeeded while nothing had refused the login.
    private(set) var provers: Set<Int> = []
    /// The names of those who never get in, whatever they know and have; everybody else can.
    private(set) var refused: Set<String> = []
    private(set) var admitsSome = false
    /// Our lines that ask again for a right code, and lead to a refusal.
    private(set) var repeaters: Set<Int> = []
    /// The names of those who get in only by their password in the shadow file.
    private(set) var byShadow: Set<String> = []
    /// The names of those who get in, but never by a code.
    private(set) var unasked: Set<String> = []
    /// Those among them whom a jump leads to a refusal, by the line that jumps.
    private(set) var lockedOut: [(line: Int, names: [String])] = []

    /// Results so far: most users are alike.
    private var known: [[[ModuleAnswer]]: PAMOutcomes] = [:]

    /// Tries the stack; `passes` says of each line whether it is ours and lets some users pass.
    /// `elsewhere` are the same users as if they were in a directory.
    init(_ lines: [PAMLine], for people: PAMPeople, elsewhere: PAMPeople, passes: [Bool]) {
        self.lines = lines
        // A path that is open to nobody now may be open tomorrow.
        _ = walk(.anybody, passes)
        walkAll(people.kinds(for: lines), passes)
        if lines.contains(where: { $0.name == "pam_localuser" }) {
            walkAll(elsewhere.kinds(for: lines), passes, areHere: false)
        }
    }

    /// Tries the stack for all users, and finds what is open to all of them.
    private mutating func walkAll(
        _ kinds: [PAMPeople.Kind], _ passes: [Bool], areHere: Bool = true
    ) {
        let hasOrdinary = kinds.contains { $0.members.contains { !$0.isRoot } }
        var open: [Set<Int>] = []
        for kind in kinds {
            guard let lines = walk(kind, passes, areHere: areHere) else {
                refused.formUnion(kind.members.map(\.name))
                if areHere { lockedOut += strays(kind, passes) }
                continue
            }
            admitsSome = true
            if !(hasOrdinary && kind.members.allSatisfy(\.isRoot)) { open.append(lines) }
        }
        guard let first = open.first, open.allSatisfy({ !$0.isEmpty }) else { return }
        let common = open.reduce(first) { $0.intersection($1) }
        // If each of them gets past by another line, all of these lines count.
        for line in common.isEmpty ? open.reduce(first, { $0.union($1) }) : common {
            detours[line]?.isForEverybody = true
        }
    }

    /// Tries the stack for users of one kind; returns the lines that let them past whenever they
    /// get in, and `nil` if they never do.
    private mutating func walk(
        _ kind: PAMPeople.Kind, _ passes: [Bool], areHere: Bool = true
    ) -> Set<Int>? {
        var worlds: [Set<PAMOutcomes.Run>] = []
        for answers in ModuleAnswer.worlds(of: lines, to: kind, passes: passes) {
            let accepted = outcomes(answers).accepted
            if !accepted.isEmpty { worlds.append(accepted) }
        }
        guard !worlds.isEmpty else { return nil }
        var skippers: Set<Int> = [], unproven: Set<Int> = []
        for run in worlds.flatMap(\.self) where run.code == .notAsked {
            guard let line = run.skipper else { continue }
            skippers.insert(line)
            if !run.isProven { unproven.insert(line) }
            var detour = detours[line] ?? Detour()
            detour.takesOther = detour.takesOther && run.other == line
            detours[line] = detour
        }
        let names = kind.members.map(\.name)
        for line in skippers { detours[line]?.people += names }
        if areHere { note(names, worlds, unproven) }
        let isAlways = worlds.allSatisfy { $0.contains { $0.code == .notAsked } }
        return isAlways ? skippers : []
    }

    /// Records the results for users of this machine, by the paths on which they get in.
    private mutating func note(
        _ names: [String], _ worlds: [Set<PAMOutcomes.Run>], _ unproven: Set<Int>
    ) {
        for line in unproven { detours[line]?.unproven += names }
        let runs = worlds.joined()
        if runs.allSatisfy(isOfShadow) { byShadow.formUnion(names) }
        if runs.allSatisfy({ $0.code == .notAsked }) { unasked.formUnion(names) }
    }

    private func isOfShadow(_ run: PAMOutcomes.Run) -> Bool {
        run.prover.map { lines[$0].name == "pam_unix" } ?? false
    }

    private mutating func outcomes(_ answers: [[ModuleAnswer]]) -> PAMOutcomes {
        if let outcomes = known[answers] { return outcomes }
        let outcomes = PAMOutcomes(lines, answers: answers)
        known[answers] = outcomes
        accepted.formUnion(outcomes.accepted)
        asked.merge(outcomes.asked) { $0.union($1) }
        provers.formUnion(outcomes.provers)
        repeaters.formUnion(outcomes.repeaters)
        return outcomes
    }

    /// Lines whose answer to users of a kind, who never get in, jumps to a line that refuses
    /// everybody.
    private func strays(
        _ kind: PAMPeople.Kind, _ passes: [Bool]
    ) -> [(line: Int, names: [String])] {
        let worlds = ModuleAnswer.worlds(of: lines, to: kind, passes: passes)
        let line = lines.indices.first { index in
            guard PAMModule(lines[index]).condition == .user else { return false }
            return worlds.allSatisfy { answers in
                guard let word = answers[index].first?.word else { return false }
                return jumpsOntoNo(PAMAnswer(rawValue: word) ?? .systemError, at: index)
            }
        }
        return line.map { [($0, kind.members.map(\.name))] } ?? []
    }

    private func jumpsOntoNo(_ answer: PAMAnswer, at index: Int) -> Bool {
        guard case .jump = lines[index].action(for: answer) else { return false }
        var run = PAMRun(at: index)
        run.take(answer, in: lines)
        guard !run.isRefused else { return true }
        return lines.indices.contains(run.next) && lines[run.next].name == "pam_deny"
    }
}
