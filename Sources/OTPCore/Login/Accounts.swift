/// What a login does with a user's record: here (`RecordAccounts`), or at the servers of a fleet.
///
/// Each call is a whole step. Nothing of a record is held between two, nor during a question.
public protocol Accounts: EnrollmentKeeper {
    /// Lets in a user with a trusted key, or says whether the user is enrolled.
    func look(
        _ user: User, _ question: AccountQuestion, from place: LoginOrigin
    ) throws(StoreError) -> AccountLook
    /// Tries an answer, and burns what it used; `user` is `nil` for a name that is nobody's.
    func judge(
        _ typed: Span<UInt8>, of user: User?, named name: [UInt8], _ trial: Trial,
        from place: LoginOrigin
    ) throws(StoreError) -> Judgement
    /// Records a login by a security key, which sshd has verified, if the user has a record.
    func noteLogin(
        of user: User, bySecurityKey kind: [UInt8], isHeard: Bool, from place: LoginOrigin
    ) throws(StoreError) -> Welcome

    /// Whether another key could be trusted.
    func hasRoom(forTrustIn fingerprint: [UInt8], of user: User) throws(StoreError) -> Bool
    /// Trusts a key; its name, or `nil` if it cannot be trusted any more.
    func trust(
        _ wish: TrustWish, of user: User, from place: LoginOrigin
    ) throws(StoreError) -> Name?

    /// Whether the user has anything to log in with.
    func isEnrolled(_ user: User) throws(StoreError) -> Bool
    /// How often the user has put off enrolling.
    func timesPutOff(by user: User) throws(StoreError) -> UInt8
    /// Counts that it was put off; how often that is still possible, or `nil` if it was not this
    /// time.
    func putOff(_ user: User, most grace: UInt8) throws(StoreError) -> UInt8?
    /// Where a device that is enrolled after a temporary code goes; `nil` if there is no room.
    func newPlace(for user: User) throws(StoreError) -> NewPlace?

    /// How the user can get a code by message.
    func offers(to user: User) throws(StoreError) -> [Phrase]
    /// Sends a code, unless there were too many; what to tell the user.
    func sendCode(
        by kind: MessageKind, to user: User, from place: LoginOrigin
    ) throws(StoreError) -> [Phrase]
}

/// What a login wants to know before anything is asked.
public struct AccountQuestion: Equatable, Sendable {
    /// The fingerprint of the SSH key that may let the user in; `nil` for none.
    public var key: [UInt8]?
    /// Whether the user sees what is said.
    public var isHeard: Bool
    /// Whether it matters that the user is enrolled.
    public var wantsRecord: Bool
    /// Whether a user who is not is asked to enroll.
    public var enrolls: Bool

    public init(key: [UInt8]?, isHeard: Bool, wantsRecord: Bool, enrolls: Bool) {
        (self.key, self.isHeard) = (key, isHeard)
        (self.wantsRecord, self.enrolls) = (wantsRecord, enrolls)
    }
}

/// The answer to that.
public enum AccountLook: Equatable, Sendable {
    /// Let in by the trusted key of this name.
    case trusted(Name, Welcome)
    case toBeAsked
    /// The record, if there is one, has this epoch.
    case notEnrolled(epoch: UInt64)
    /// Not enrolled, and nobody is enrolled at this host.
    case mayNotEnroll
}

/// What to tell a user who is let in.
public struct Welcome: Equatable, Sendable {
    /// The user's own language, if there is one.
    public var language: Language?
    public var sentences: [Phrase]

    public init(language: Language? = nil, sentences: [Phrase] = []) {
        (self.language, self.sentences) = (language, sentences)
    }
}

/// How an answer is tried.
public struct Trial: Equatable, Sendable {
    /// Whether a password may precede the code (`forward_pass`).
    public var isJoined: Bool
    /// Whether codes that were sent by message count.
    public var takesMessageCodes: Bool
    /// Whether the user sees what is said.
    public var isHeard: Bool
    /// Which users are asked to enroll after a temporary code.
    public var enrolling: Enrolling

    public enum Enrolling: UInt8, Sendable {
        case nobody
        /// Those without an authenticator.
        case bare
        case everybody
    }

    public init(
        isJoined: Bool, takesMessageCodes: Bool, isHeard: Bool, enrolling: Enrolling
    ) {
        (self.isJoined, self.takesMessageCodes) = (isJoined, takesMessageCodes)
        (self.isHeard, self.enrolling) = (isHeard, enrolling)
    }
}

/// How it ended, and what follows.
public struct Judgement: Equatable, Sendable {
    public var outcome: Outcome
    /// For a user who is let in.
    public var welcome = Welcome()
    /// Whether the user is asked to enroll next.
    public var enrollsNext = false
    /// The epoch of the record at the try.
    public var epoch: UInt64 = 0
    /// The digits of the user's codes, which end an answer with a password; `nil` if they are
    /// unknown.
    public var digits: UInt8?

    public init(_ outcome: Outcome) { self.outcome = outcome }
}

/// An SSH key to trust.
public struct TrustWish: Equatable, Sendable {
    public var fingerprint: [UInt8]
    /// Its name; a number is added if another key has it.
    public var name: Name
    /// The authenticator whose code let the user in.
    public var authenticator: Name
    /// The epoch of the record then.
    public var epoch: UInt64

    public init(fingerprint: [UInt8], name: Name, authenticator: Name, epoch: UInt64) {
        (self.fingerprint, self.name) = (fingerprint, name)
        (self.authenticator, self.epoch) = (authenticator, epoch)
    }
}

/// Where a new device goes.
public struct NewPlace: Equatable, Sendable {
    public var name: Name
    public var purpose: EnrollmentPurpose

    public init(_ name: Name, _ purpose: EnrollmentPurpose) {
        (self.name, self.purpose) = (name, purpose)
    }
}
