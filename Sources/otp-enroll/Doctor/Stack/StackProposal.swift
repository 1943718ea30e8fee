import OTPPAM

/// A change that fixes a stack, tested with the same evaluation that found the fault, before
/// anybody reads it.
struct StackProposal {
    /// The change, as a diff for patch(1).
    let diff: String
    /// The verdict on the changed stack.
    let verdict: StackVerdict

    /// How many stacks are tried at most, and how many single changes are tried with a second one.
    private static let most = 600, mostFirst = 12

    /// The first change, or pair of changes, that leaves nothing wrong; `nil` if there is none that
    /// small.
    init?(mending origin: StackVerdict) {
        let comesProven = origin.circumstances.door.comesProven
        guard !origin.stack.isOther(than: origin.circumstances.service) else { return nil }
        var tried = 0
        var seen: Set<StackChanges.Texts> = []
        var starts: [(texts: StackChanges.Texts, verdict: StackVerdict)] = [([:], origin)]
        for _ in 1...2 {
            var next: [(texts: StackChanges.Texts, verdict: StackVerdict)] = []
            for start in starts {
                let changes = StackChanges(start.verdict, in: start.texts, comesProven: comesProven)
                for texts in changes.all where seen.insert(texts).inserted && tried < Self.most {
                    tried += 1
                    guard let verdict = Self.verdict(texts, origin) else { continue }
                    if Self.isGood(verdict, origin, comesProven) {
                        (diff, self.verdict) = (Self.diff(texts), verdict)
                        return
                    }
                    if Self.weight(verdict) <= Self.weight(origin) { next.append((texts, verdict)) }
                }
            }
            let order = next.enumerated().sorted {
                (Self.weight($0.element.verdict), $0.offset)
                    < (Self.weight($1.element.verdict), $1.offset)
            }
            starts = order.prefix(Self.mostFirst).map(\.element)
        }
        return nil
    }

    private static func verdict(
        _ texts: StackChanges.Texts, _ origin: StackVerdict
    ) -> StackVerdict? {
        do throws(PAMStack.Trouble) {
            let service = origin.circumstances.service
            let stack = try PAMStack(service: service, replacing: texts)
            let verdict = StackVerdict(stack, origin.circumstances)
            return verdict.hasOurs ? verdict : nil
        } catch {
            return nil
        }
    }

    /// How bad it is.
    private static func weight(_ verdict: StackVerdict) -> Int {
        if !verdict.hasOurs { return 10 }
        return verdict.serious.reduce(0) { $0 + ($1.severity == .problem ? 10 : 1) }
    }

    /// Whether password and code together succeed, anything less fails, and users who are not
    /// enrolled fare as the options say; and whether the same users as before pass unasked.
    private static func isGood(
        _ verdict: StackVerdict, _ origin: StackVerdict, _ comesProven: Bool?
    ) -> Bool {
        guard verdict.serious.isEmpty, verdict.admits else { return false }
        // Nobody may be locked out who got in before.
        let before = origin.runs.admitsSome ? origin.runs.refused : []
        guard verdict.runs.refused.isSubset(of: before) else { return false }
        if verdict.circumstances.isSSHD, verdict.needsFirstFactor {
            guard comesProven ?? !origin.hasFirstFactor else { return false }
        } else if !origin.provers.isSubset(of: verdict.provers) {
            // Nor anybody whom another module authenticates.
            return false
        }
        return !origin.hasOurs || origin.isUnreadable || notes(verdict) == notes(origin)
    }

    private static func notes(_ verdict: StackVerdict) -> Set<String> {
        Set(verdict.findings.filter { $0.severity == .note }.map(\.text))
            .union(verdict.exceptions)
    }

    private static func diff(_ texts: StackChanges.Texts) -> String {
        texts.sorted { $0.key < $1.key }.map { path, new in
            guard case .text(let old) = SystemFiles.read(path) else { return "" }
            return UnifiedDiff(path, from: old, to: new).text
        }.joined()
    }
}
