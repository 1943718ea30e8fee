/// Receipts in the order in which servers gave them out: numbers between dots, and a MAC at the end,
/// such as `2.4711.MAC`. Only the numbers are compared.
enum Receipt {
    /// Whether `new` is later than `old`, or has no order with it.
    static func isNewer(_ new: String, than old: String?) -> Bool {
        guard let old else { return true }
        guard let (first, second) = pair(new, old) else { return new != old }
        return second.lexicographicallyPrecedes(first)
    }

    private static func pair(_ new: String, _ old: String) -> ([UInt64], [UInt64])? {
        guard let first = numbers(new), let second = numbers(old) else { return nil }
        return (first, second)
    }

    private static func numbers(_ receipt: String) -> [UInt64]? {
        let parts = receipt.split(separator: ".", omittingEmptySubsequences: false).dropLast()
        let numbers = parts.compactMap { UInt64($0) }
        return numbers.isEmpty || numbers.count != parts.count ? nil : numbers
    }
}
