/// A new, confirmed authenticator on its way into the user's record.
public struct Enrollment: ~Copyable {
    /// What to store, under the name that it should have.
    public var authenticator: Authenticator
    public let key: Secret
    /// Whether the user asked for this name; if not, another one will do if it was taken meanwhile.
    public var hasWishedName: Bool
    /// When the authenticator that it replaces was added; `nil` if it replaces none.
    public var replaced: UInt64?
    /// Whether it must be the first one, because nothing more has been proven.
    public var isFirst: Bool
    /// The epoch of the record when it was begun; 0 if there was no record.
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

    /// Why it can no longer be stored.
    public enum Refusal: Error, Equatable {
        /// Somebody else has enrolled the user.
        case enrolledMeanwhile
        /// Another one with its name was added, and nobody agreed to replace that.
        case nameTaken
        /// There are five already.
        case full
        /// Something has ended since it was begun, and with that what was proven then.
        case void
        /// Another authenticator has this key.
        case keyIsThere(Name)
        /// Counters up to this one were used with this key.
        case counterIsUsed(next: UInt64)
    }

    /// What was stored.
    public struct Kept: Sendable {
        public let authenticator: Authenticator
        /// Whether it replaced another one.
        public let hasReplaced: Bool
        /// New backup codes in clear, if none were left.
        public let backupCodes: [String]
        /// The SSH keys whose trust ended with what it replaced.
        public let trustEnded: [Name]
        /// `nil` if it was there already, and nothing had to be done.
        public let event: Event?

        public init(
            authenticator: Authenticator, hasReplaced: Bool, backupCodes: [String],
            trustEnded: [Name], event: Event?
        ) {
            (self.authenticator, self.hasReplaced) = (authenticator, hasReplaced)
            (self.backupCodes, self.trustEnded) = (backupCodes, trustEnded)
            self.event = event
        }
    }
}

extension Record {
    /// Adds a confirmed authenticator, with new backup codes if none are left: the one rule by
    /// which anything is enrolled. The conditions of its beginning are checked again.
    public mutating func enroll(
        _ new: borrowing Enrollment, at now: UInt64, from origin: [UInt8], random: some Randomness
    ) throws(StoreError) -> Result<Enrollment.Kept, Enrollment.Refusal> {
        if new.isFirst, isEnrolled { return .failure(.enrolledMeanwhile) }
        guard new.epoch == epoch else { return .failure(.void) }
        var authenticator = new.authenticator
        // Not the time when it was begun: who is told what depends on it.
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

    /// The result of an enrollment whose key this record has or had; `nil` if it is to be added
    /// like any other.
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
