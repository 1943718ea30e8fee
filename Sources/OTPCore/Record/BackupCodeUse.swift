/// What is known from elsewhere, such as from logs, of the use of one user's backup codes.
///
/// A set has no name but the time when it was made. So whatever is known holds for sets that were
/// made before some time: a new set must not lose codes to the use of an earlier one.
public struct BackupCodeUse: Equatable, Sendable {
    /// By index: the code was used of a set that was made before then, in Unix seconds; 0 for none.
    private var used = [UInt64](repeating: 0, count: BackupCode.setSize)
    /// All codes have ended of sets that were made before then; 0 for none.
    private var ended: UInt64 = 0

    /// Nothing is known.
    public init() {}

    /// Notes that code `index` was used of a set that was made before `time`, in Unix seconds;
    /// `UInt64.max` if nobody knows when. An index that no set has is left out.
    public mutating func note(used index: Int, ofSetBefore time: UInt64) {
        guard used.indices.contains(index) else { return }
        used[index] = max(used[index], time)
    }

    /// Notes that all codes have ended of a set that was made before `time`, in Unix seconds.
    public mutating func note(endOfSetBefore time: UInt64) { ended = max(ended, time) }

    /// Adds what `other` knows.
    public mutating func add(_ other: BackupCodeUse) {
        for index in used.indices { note(used: index, ofSetBefore: other.used[index]) }
        note(endOfSetBefore: other.ended)
    }

    /// How many of the ten were used, of any set.
    public var count: Int { used.count { $0 > 0 } }

    /// Whether all codes of a set have ended.
    public var endsAll: Bool { ended > 0 }

    /// Whether all codes have ended of the set that was made at `made`.
    func endsAll(madeAt made: UInt64) -> Bool { made < ended }

    /// Whether code `index` was used, or has ended, of the set that was made at `made`.
    func covers(_ index: Int, madeAt made: UInt64) -> Bool {
        endsAll(madeAt: made) || (used.indices.contains(index) && made < used[index])
    }
}
