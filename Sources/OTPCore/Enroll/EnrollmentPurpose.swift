/// What an enrollment at a login is for.
public enum EnrollmentPurpose: Equatable, Sendable {
    /// The user has nothing yet.
    case first(canBePutOff: Bool)
    /// A device to replace the only one, which is lost and was added at that time.
    case replacement(added: UInt64)
    /// A device in addition to others, or if only codes are left.
    case beside(others: Bool)

    /// Whether an empty answer is accepted.
    var canBePutOff: Bool { self != .first(canBePutOff: false) }

    /// Whether the user must still have nothing when it is stored.
    var isFirst: Bool {
        if case .first = self { return true }
        return false
    }

    /// When the one that it replaces was added.
    public var replaced: UInt64? {
        if case .replacement(let added) = self { return added }
        return nil
    }
}
