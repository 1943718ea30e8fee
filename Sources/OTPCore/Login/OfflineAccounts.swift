/// What a host of a fleet decides by itself while no server is reached. Its agent keeps the ledger.
///
/// Whatever is not a clear answer throws, and lets nobody in.
public protocol OfflineAccounts {
    /// The question to ask next; `nil` if a server is reached. `user` is `nil` for a name that is
    /// nobody's.
    func question(for user: User?) throws(StoreError) -> OfflineQuestion?
    /// Tries an answer, and burns its number.
    func judge(
        _ typed: Span<UInt8>, to question: OfflineQuestion, of user: User?, from place: LoginOrigin
    ) throws(StoreError) -> OfflineVerdict
    /// Lets a user in whose SSH key passed a code here in the last `hours`, at most `most` times
    /// until a server is reached; how often that is still possible, or `nil` for no.
    func admit(
        _ user: User, withKey fingerprint: [UInt8], hours: UInt8, most: UInt8,
        from place: LoginOrigin
    ) throws(StoreError) -> UInt8?
}

/// Which answer is asked for.
public struct OfflineQuestion: Equatable, Sendable {
    public var number: UInt64
    /// This host's name in the fleet.
    public var host: String

    public init(number: UInt64, host: String) { (self.number, self.host) = (number, host) }
}

/// How an answer was judged.
public enum OfflineVerdict: Equatable, Sendable {
    /// Its number is burnt, durably.
    case granted
    case wrong
    /// Somebody was faster: the number is burnt already.
    case used
    /// Too many were wrong.
    case closed
}

/// What let a user in while no server was reached.
public enum OfflineFactor: Equatable, Sendable {
    /// The answer with this number.
    case answer(UInt64)
    /// An SSH key that passed a code here lately; how often that is still possible.
    case recentKey(fingerprint: [UInt8], left: UInt8)
}
