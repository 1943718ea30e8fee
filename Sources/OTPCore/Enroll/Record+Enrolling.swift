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
    /// The epoch of the record when it was begun; 0 where there was none.
    public var epoch: UInt64

    public init(
        _ authenticator: Authenticator, key: consuming Secret, hasWishedName: Bool,
        replaced: UInt64?, isFirst: Bool, epoch: UInt64
    ) {
        self.authenticator = authenticator
        self.key = key
        self.hasWishedName = hasWishedName
        self.replaced = replaced
        self.isFirst = isFirst
        self.epoch = epoch
    }

    /// Why there is no place for it any more.
    public enum Refusal: Error, Equatable {
        /// Somebody else has enrolled the user.
        case enrolledMeanwhile
        /// Another one of its name came up, whose end nobody agreed to.
        case nameTaken
        /// There are five already.
        case full
        /// Something has ended since it was begun, and what was proven then with it.
        case void
        /// Another authenticator has this key.
        case keyIsThere(Name)
        /// Counters up to this one were used with this key.
        case counterIsUsed(next: UInt64)
    }

    /// What was kept.
    public struct Kept: Sendable {
        public let authenticator: Authenticator
        /// Whether it took the place of another one.
        public let hasReplaced: Bool
        /// New backup codes in clear, where none were left.
        public let backupCodes: [String]
        /// The SSH keys that were trusted by what it has replaced, and are no longer.
        public let trustEnded: [Name]
        /// `nil` where it was there already, and nothing had to be done.
        public let event: Event?
    }
}

extension Record {
    /// Adds a confirmed authenticator, with new backup codes where none are left: the one rule by
    /// which anything is enrolled. What was true when it was begun is looked at afresh.
    public mutating func enroll(
        _ new: borrowing Enrollment, at now: UInt64, from origin: [UInt8], random: some Randomness
    ) throws(StoreError) -> Result<Enrollment.Kept, Enrollment.Refusal> {
        if new.isFirst, isEnrolled { return .failure(.enrolledMeanwhile) }
        guard new.epoch == epoch else { return .failure(.void) }
        var authenticator = new.authenticator
        // Not when it was begun: what is told to whom goes by it.
        authenticator.added = now
        if let known = new.key.withBytes({ known($0, as: new) }) { return known }
        let there = authenticators.first { $0.name == authenticator.name }
        if let there, there.added != new.replaced {
            guard !new.hasWishedName, new.replaced == nil,
                let free = Name.free(beside: authenticators.map(\.name))
            else { return .failure(.nameTaken) }
            authenticator.name = free
        }
        let trusted = self.trusted
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
                trustEnded: trustEnded(since: trusted), event: event))
    }

    /// What comes of an enrollment whose key this record has, or has had; `nil` where it is to be
    /// added like any other.
    private func known(
        _ key: Span<UInt8>, as new: borrowing Enrollment
    ) -> Result<Enrollment.Kept, Enrollment.Refusal>? {
        var next = keyMemory.nextStep(of: new.authenticator, KeyMemory.Mark(of: key))
        if let name = name(of: key), let there = authenticators.first(where: { $0.name == name }) {
            let isSame = there.showsTheSame(as: new.authenticator)
            guard new.authenticator.name == name || (isSame && !new.hasWishedName) else {
                return .failure(.keyIsThere(name))
            }
            if isSame {
                return .success(
                    Enrollment.Kept(
                        authenticator: there, hasReplaced: false, backupCodes: [],
                        trustEnded: [], event: nil))
            }
            if there.kind == .hotp { next = max(next, there.nextStep) }
        }
        guard new.authenticator.kind == .hotp, new.authenticator.nextStep < next else {
            return nil
        }
        return .failure(.counterIsUsed(next: next))
    }
}
