/// A new authenticator that was confirmed, on its way into the record of its user.
public struct Enrollment: ~Copyable {
    /// What is to be kept, with the name that it is to have.
    public var authenticator: Authenticator
    public let key: Secret
    /// Whether the user has asked for this name: if not, another one is as good where it was taken
    /// meanwhile.
    public var hasWishedName: Bool
    /// When the authenticator was added whose place it takes; `nil` where it takes none's.
    public var replaced: UInt64?
    /// Whether it has to be the first one: nobody has proven more than that.
    public var isFirst: Bool

    public init(
        _ authenticator: Authenticator, key: consuming Secret, hasWishedName: Bool,
        replaced: UInt64?, isFirst: Bool
    ) {
        self.authenticator = authenticator
        self.key = key
        self.hasWishedName = hasWishedName
        self.replaced = replaced
        self.isFirst = isFirst
    }

    /// Why there is no place for it any more.
    public enum Refusal: Error, Equatable {
        /// Somebody else has enrolled the user.
        case enrolledMeanwhile
        /// Another one of its name came up, whose end nobody agreed to.
        case nameTaken
        /// There are five already.
        case full
    }

    /// What was kept.
    public struct Kept: Sendable {
        public let authenticator: Authenticator
        /// Whether it took the place of another one.
        public let hasReplaced: Bool
        /// New backup codes in clear, where none were left.
        public let backupCodes: [String]
        public let event: Event
    }
}

extension Record {
    /// Adds a confirmed authenticator, with new backup codes where none are left: the one rule by
    /// which anything is enrolled. What was true when it was begun is looked at afresh.
    public mutating func enroll(
        _ new: borrowing Enrollment, at now: UInt64, from origin: [UInt8], random: some Randomness
    ) throws(StoreError) -> Result<Enrollment.Kept, Enrollment.Refusal> {
        if new.isFirst, isEnrolled { return .failure(.enrolledMeanwhile) }
        var authenticator = new.authenticator
        let there = authenticators.first { $0.name == authenticator.name }
        if let there, there.added != new.replaced {
            guard !new.hasWishedName, new.replaced == nil,
                let free = Name.free(beside: authenticators.map(\.name))
            else { return .failure(.nameTaken) }
            authenticator.name = free
        }
        let isAdded = new.key.withBytes { key in
            do throws(ChangeError) {
                try add(authenticator, key: key)
                return true
            } catch {
                return false
            }
        }
        guard isAdded else { return .failure(.full) }
        let codes = backupCodesLeft > 0 ? [] : try renewBackupCodes(at: now, random: random)
        let event = Event(.added, at: now, detail: authenticator.name.bytes, origin: origin)
        note(event)
        let hasReplaced = there?.name == authenticator.name
        return .success(
            Enrollment.Kept(
                authenticator: authenticator, hasReplaced: hasReplaced, backupCodes: codes,
                event: event))
    }
}
