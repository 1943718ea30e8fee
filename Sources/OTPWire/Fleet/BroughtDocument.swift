import OTPCore

/// What became of a user's local record that was to go to the fleet.
public struct BroughtDocument: Codable, Equatable, Sendable {
    public var uid: UInt32
    /// The user's name, if there is such a user.
    public var user: String?
    public var how: How
    /// The names of authenticators that were, or would be, put beside the fleet's.
    public var added: [String]
    /// Those of the local record that the fleet does not have.
    public var left: [String]
    /// What is wrong, with `failed`.
    public var trouble: TroubleDocument?

    public enum How: String, Codable, Sendable {
        /// The fleet had no record of the user, and has this one, or would have.
        case stored
        /// All of its authenticators are in the fleet.
        case there
        /// Authenticators were put beside the fleet's, or would be.
        case added
        /// The user is in the fleet with other authenticators, which stay.
        case conflict
        /// There is nothing to log in with.
        case empty
        /// The options leave the user's record here.
        case local
        /// Nobody has that UID any more.
        case orphan
        case failed
    }

    public init(
        uid: UInt32, user: String?, how: How, added: [String] = [], left: [String] = [],
        trouble: TroubleDocument? = nil
    ) {
        (self.uid, self.user, self.how) = (uid, user, how)
        (self.added, self.left, self.trouble) = (added, left, trouble)
    }

    /// How many users a request may name: each is a call to a server.
    public static let most = 12
}
