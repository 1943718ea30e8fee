import OTPPAM

extension StackVerdict {
    /// Paths to success on which nobody is asked for a code.
    var detours: [Finding] {
        runs.detours.sorted { $0.key < $1.key }.map { index, detour in
            let line = auth[index], module = PAMModule(line)
            guard detour.isForEverybody else {
                return bare(detour, at: index) ?? exception(detour, at: index)
            }
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

    /// The findings about users who get past our module in ways that may be intended.
    var exceptions: Set<String> {
        Set(
            runs.detours.filter { !$0.value.isForEverybody }
                .map { exception($0.value, at: $0.key).text })
    }

    /// A way in for some users with nothing at all; `nil` if something is asked for first.
    private func bare(_ detour: StackRuns.Detour, at index: Int) -> Finding? {
        let decider = decider(of: index)
        let condition = PAMModule(decider).condition
        // A timestamp comes from an earlier login, and a program may ask for anything.
        guard condition != .moment, condition != .program, !detour.takesOther else { return nil }
        var names: [String] = []
        for name in detour.unproven
        where !names.contains(name) && circumstances.door.isPAMAlone(for: name) {
            names.append(name)
        }
        guard !names.isEmpty else { return nil }
        let some = condition == .origin ? "from some places" : ""
        let who = [Names.some(names), some].filter { !$0.isEmpty }.joined(separator: " ")
        return finding(
            .problem,
            "\(decider.name) lets people in with nothing at all, neither a code nor a password:"
                + " \(who) (\(words(of: decider)))", at: index)
    }

    /// The line that opens a path may be above the line that takes it.
    private func decider(of index: Int) -> PAMLine {
        auth[...index].last { PAMModule($0).condition != .nothing } ?? auth[index]
    }

    private func words(of line: PAMLine) -> String {
        ([line.name] + line.arguments).joined(separator: " ")
    }

    /// A way past the module for some users.
    private func exception(_ detour: StackRuns.Detour, at index: Int) -> Finding {
        let decider = decider(of: index)
        let by = words(of: decider)
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
