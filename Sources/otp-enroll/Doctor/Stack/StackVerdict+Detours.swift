import OTPPAM

extension StackVerdict {
    /// Ways to a yes on which nobody is asked for a code.
    var detours: [Finding] {
        runs.detours.sorted { $0.key < $1.key }.map { index, detour in
            let line = auth[index], module = PAMModule(line)
            guard detour.isForEverybody else { return exception(detour, at: index) }
            if detour.takesOther {
                return finding(
                    .note, "a yes of \(line.name) takes the place of the code", at: index)
            }
            if module.proof == .nothing {
                return finding(
                    .problem,
                    "\(line.name) lets \(circumstances.people.everybody) past \(Self.ours): no code"
                        + " is asked for", at: index)
            }
            let known = module.isKnown ? "" : " (doctor does not know this module)"
            if line.written.hasPrefix("["), !line.written.contains("done") {
                return finding(
                    .problem,
                    "a yes of \(line.name)\(known) jumps over \(Self.ours): no code is asked for",
                    at: index)
            }
            return finding(
                .problem,
                "a yes of \(line.name)\(known) ends the stack before \(Self.ours): no code is"
                    + " asked for", at: index)
        }
    }

    /// A way round for some.
    private func exception(_ detour: StackRuns.Detour, at index: Int) -> Finding {
        let line = auth[index]
        // What opens the way may stand above the line that goes it.
        let decider = auth[...index].last { PAMModule($0).condition != .nothing } ?? line
        let words = decider.arguments.joined(separator: " ")
        let by = words.isEmpty ? decider.name : "\(decider.name) \(words)"
        switch PAMModule(decider).condition {
        case .program:
            return finding(
                .warning,
                "whom a program says yes to gets past \(Self.ours) without a code, and doctor"
                    + " cannot know whom (\(by))", at: index)
        case .origin, .moment:
            return finding(
                .note, "\(decider.name) lets some logins past \(Self.ours) without a code (\(by))",
                at: index)
        case .nothing, .user:
            var names: [String] = []
            for name in detour.people where !names.contains(name) { names.append(name) }
            let who = names.isEmpty ? "nobody now" : Names.some(names)
            return finding(
                .note,
                "\(decider.name) lets some users past \(Self.ours) without a code: \(who) (\(by))",
                at: index)
        }
    }
}
