/// The UIDs that have a record, as ascending ranges.
struct RecordedNumbers {
    private var ranges: [ClosedRange<UInt32>] = []

    /// Adds ranges that follow all before them; `false` if they do not.
    mutating func append(_ pairs: [[UInt32]]) -> Bool {
        for pair in pairs {
            guard pair.count == 2, let first = pair.first, let last = pair.last, first <= last,
                ranges.last.map({ $0.upperBound < first }) ?? true
            else { return false }
            ranges.append(first...last)
        }
        return true
    }

    /// The last of them.
    var last: UInt32? { ranges.last?.upperBound }

    func contains(_ number: UInt32) -> Bool {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < number { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(number)
    }

    /// All of them, in their order.
    var all: some Sequence<UInt32> { ranges.lazy.flatMap { $0 } }
}
