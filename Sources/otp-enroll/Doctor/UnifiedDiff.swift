/// The changes to a file, in the form that patch(1) takes.
struct UnifiedDiff {
    private let path: String
    private let isNew: Bool
    private let old: [Substring], new: [Substring]
    /// Whether the file's last line has a newline.
    private let endsOld: Bool, endsNew: Bool

    /// How many lines of context are shown around a change.
    private static let context = 3

    /// `old` is `nil` for a new file.
    init(_ path: String, from before: String?, to new: String) {
        let old = before ?? ""
        (self.path, isNew) = (path, before == nil)
        (endsOld, endsNew) = (old.isEmpty || old.hasSuffix("\n"), new.hasSuffix("\n"))
        (self.old, self.new) = (UnifiedDiff.lines(old), UnifiedDiff.lines(new))
    }

    private static func lines(_ text: String) -> [Substring] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    /// A line of the diff, with the numbers of the lines before it.
    private struct Step {
        let mark: Character
        let text: Substring
        let before: (old: Int, new: Int)
        var isChange: Bool { mark != " " }
    }

    /// The text; empty if nothing changes.
    var text: String {
        let steps = steps
        var hunks: [Range<Int>] = []
        for index in steps.indices where steps[index].isChange {
            let start = max(0, index - UnifiedDiff.context)
            let end = min(steps.count, index + 1 + UnifiedDiff.context)
            if let last = hunks.last, start <= last.upperBound {
                hunks[hunks.count - 1] = last.lowerBound..<end
            } else {
                hunks.append(start..<end)
            }
        }
        guard !hunks.isEmpty else { return "" }
        let body = hunks.flatMap { hunk(Array(steps[$0])) }
        return (["--- \(isNew ? "/dev/null" : path)", "+++ \(path)"] + body).joined(separator: "\n")
            + "\n"
    }

    private func hunk(_ steps: [Step]) -> [String] {
        guard let first = steps.first else { return [] }
        let olds = steps.count { $0.mark != "+" }
        let news = steps.count { $0.mark != "-" }
        // Without lines, the line before is named.
        let starts = (first.before.old + (olds > 0 ? 1 : 0), first.before.new + (news > 0 ? 1 : 0))
        let unended = "\\ No newline at end of file"
        return ["@@ -\(starts.0),\(olds) +\(starts.1),\(news) @@"]
            + steps.flatMap { step in
                let isUnended =
                    step.mark != "+" && !endsOld && step.before.old == old.count - 1
                    || step.mark == "+" && !endsNew && step.before.new == new.count - 1
                return ["\(step.mark)\(step.text)"] + (isUnended ? [unended] : [])
            }
    }

    private var steps: [Step] {
        var removed: Set<Int> = [], inserted: Set<Int> = []
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        // A last line that has gained or lost its newline is a different line.
        if endsOld != endsNew, old.last == new.last, let last = old.indices.last {
            removed.insert(last)
            inserted.insert(new.count - 1)
        }
        var steps: [Step] = []
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if left < old.count, removed.contains(left) {
                steps.append(Step(mark: "-", text: old[left], before: (left, right)))
                left += 1
            } else if right < new.count, inserted.contains(right) || left >= old.count {
                steps.append(Step(mark: "+", text: new[right], before: (left, right)))
                right += 1
            } else {
                steps.append(Step(mark: " ", text: old[left], before: (left, right)))
                left += 1
                right += 1
            }
        }
        return steps
    }
}
