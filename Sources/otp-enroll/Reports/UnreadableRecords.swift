import OTPCore

/// Records that a list has come upon and that cannot be read.
struct UnreadableRecords {
    private var count = 0
    private var first: (entry: Roster.Entry, error: StoreError)?

    /// Adds one.
    mutating func add(_ entry: Roster.Entry, _ error: StoreError) {
        count += 1
        first = first ?? (entry, error)
    }

    /// The error to end with; `nil` if there is none of them.
    var failure: Failure? {
        guard let first else { return nil }
        guard count > 1 else { return Failure(first.error) }
        return Failure(
            "\(count) records cannot be read",
            hint: "`otp-enroll status \(first.entry.shownName)` says what is wrong with the first")
    }
}
