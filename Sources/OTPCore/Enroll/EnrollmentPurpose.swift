/// What an enrollment at a login is for.
enum EnrollmentPurpose: Equatable {
    /// The user has nothing yet.
    case first(canBePutOff: Bool)
    /// A device in the place of the only one, which is lost and was added at that time.
    case replacement(added: UInt64)
    /// A device beside others, or where only codes are left.
    case beside(others: Bool)

    /// Whether an empty answer is as good as another.
    var canBePutOff: Bool { self != .first(canBePutOff: false) }

    /// Whether the user has to have nothing still when it is kept.
    var isFirst: Bool {
        if case .first = self { return true }
        return false
    }

    /// When the one was added that it takes the place of.
    var replaced: UInt64? {
        if case .replacement(let added) = self { return added }
        return nil
    }
}
