/// What changes in a file, as `diff -u` writes it and patch(1) reads it.
enum FileDiff {
    /// How many lines around a change are shown.
    private static let context = 2

    /// The difference; empty for none. `old` is `nil` for a file that is new.
    static func text(_ path: String, from old: [String]?, to new: [String]) -> String {
        let steps = steps(from: old ?? [], to: new)
        var hunks: [String] = []
        var index = 0
        while let first = steps[index...].firstIndex(where: { $0.mark != " " }) {
            var last = first
            while let next = steps[(last + 1)...].firstIndex(where: { $0.mark != " " }),
                next - last <= 2 * context + 1
            {
                last = next
            }
            let range = max(index, first - context)..<min(steps.count, last + context + 1)
            hunks.append(hunk(steps, range))
            index = range.upperBound
        }
        guard !hunks.isEmpty else { return "" }
        let head = "--- \(old == nil ? "/dev/null" : path)\n+++ \(path)\n"
        return head + hunks.joined(separator: "\n")
    }

    /// A line that stays, goes or comes.
    private struct Step {
        let mark: Character
        let line: String
    }

    private static func steps(from old: [String], to new: [String]) -> [Step] {
        var gone: Set<Int> = []
        var come: Set<Int> = []
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): gone.insert(offset)
            case .insert(let offset, _, _): come.insert(offset)
            }
        }
        var steps: [Step] = []
        var rest = old.indices[...]
        for (index, line) in new.enumerated() {
            while let next = rest.first, gone.contains(next) {
                steps.append(Step(mark: "-", line: old[next]))
                rest = rest.dropFirst()
            }
            if come.contains(index) {
                steps.append(Step(mark: "+", line: line))
            } else {
                steps.append(Step(mark: " ", line: line))
                rest = rest.dropFirst()
            }
        }
        return steps + rest.map { Step(mark: "-", line: old[$0]) }
    }

    private static func hunk(_ steps: [Step], _ range: Range<Int>) -> String {
        let before = steps[..<range.lowerBound]
        let inside = steps[range]
        let sides = zip(["-", "+"] as [Character], ["+", "-"] as [Character]).map { own, other in
            let count = inside.count { $0.mark != other }
            let start = before.count { $0.mark != other } + (count == 0 ? 0 : 1)
            return "\(own)\(start),\(count)"
        }
        return "@@ \(sides.joined(separator: " ")) @@\n"
            + inside.map { "\($0.mark)\($0.line)" }.joined(separator: "\n")
    }
}
