import OTPCore

/// What swiftotpd answers (docs/PROTOCOL.md).
public struct Reply: Codable, Equatable, Sendable, Document.Versioned {
    /// `Document.version`.
    public var version = Document.version
    public var result: Result
    /// Why the user could not be told of the change by mail; `nil` if that was done, or need not be.
    public var untold: String?

    public init(_ result: Result, untold: String? = nil) {
        self.result = result
        self.untold = untold
    }

    /// The result of a request.
    public enum Result: Codable, Equatable, Sendable {
        case policy(policy: PolicyDocument)
        case account(account: AccountDocument)
        /// UIDs as ranges, both ends included; `isAll` if none follows them. With `fleet` they are
        /// those of a fleet, to which this host leaves these users. If that goes by names, there
        /// are `names` in place of ranges, each with the UID that it was stored with.
        case recorded(
            ranges: [[UInt32]], isAll: Bool, fleet: FleetUsers?, names: [NumberDocument]?)
        /// In the order of the request.
        case rows(rows: [RowDocument])
        /// In the order of the request.
        case keys(keys: [KeysDocument])
        case helpDesk(helpDesk: HelpDeskDocument)
        /// How a try ended; for a change, that its proof was refused.
        case outcome(outcome: OutcomeDocument)
        /// It was done.
        case done(change: ChangeDocument)
        /// A new authenticator waits for its first code.
        case begun(begun: BegunDocument)
        /// A code was sent to the new contact; the ticket is the argument for `confirmContact`.
        case contactBegun(ticket: String)
        /// The code was not the new authenticator's.
        case verdict(verdict: VerdictDocument)
        /// The name that a token got or would get, and the other authenticators.
        case taken(name: String, isNew: Bool, beside: [String])
        /// The store exists.
        case store(store: StoreDocument)
        /// A step of a rekey was done.
        case rekeyed(rekey: RekeyDocument)
        /// In the order of the request, without those that are gone.
        case backedUp(rows: [BackedUpDocument])
        /// In the order of the request.
        case restored(rows: [RestoredDocument])
        /// In the order of the request.
        case brought(rows: [BroughtDocument])
        /// It was not done.
        case denied(reason: Denial)
        /// The store, the key, the configuration or the clock cannot be relied on.
        case failed(trouble: TroubleDocument)
    }

    /// Why something was not done.
    public enum Denial: Error, Codable, Equatable, Sendable {
        /// The request is invalid, or of another version of these documents.
        case malformed
        case otherVersion
        /// Only root may do it, or do it for others.
        case rootOnly
        /// The help desk must leave this user alone.
        case protected
        /// It takes one of the caller's own codes.
        case ownProofNeeded
        /// The caller, a member of the help desk, has no code to give.
        case helperNotEnrolled
        /// The caller has acted this often in 24 hours, which is the limit.
        case helpDeskLimit(most: Int)
        /// There is no such user.
        case unknownUser
        /// The policy leaves it to root.
        case policy
        /// The policy on first enrollments: a value of `first_enrollment`.
        case firstEnrollment(rule: String)
        /// It takes one of the user's codes.
        case proofNeeded
        case notEnrolled
        case noSuchAuthenticator
        case lastAuthenticator
        /// There are five already.
        case full
        /// Another one of this name was added meanwhile.
        case nameTaken(name: String)
        /// Somebody else enrolled the user meanwhile.
        case enrolledMeanwhile
        /// The ticket has expired, or is of another user or service.
        case ticketVoid
        /// The user does not trust this SSH key, or none at all.
        case notTrusted
        case noTemporaryCode
        /// There is no contact of this kind.
        case noContact
        /// The policy sends the user no codes in this way.
        case notDelivered
        /// The user gets no more codes for this many seconds.
        case messageWait(seconds: UInt64)
        /// All users together have been sent too many.
        case tooManyMessages
        /// The code could not be sent; the log says why.
        case unsent
        /// The policy allows at most this many hours.
        case validity(hours: UInt64)
        /// The key cannot be stored.
        case badKey
        /// The key has fewer than 128 bits, and the request does not allow that.
        case shortKey
        /// The authenticator of this name has the key.
        case keyIsThere(name: String)
        /// Codes of the key were used up to this counter.
        case counterIsUsed(next: UInt64)
        /// No name is left.
        case noName
        /// The user is enrolled, and the request does not ask to add to that or to replace it.
        case isEnrolled
        /// There is no record of this name or UID.
        case noRecord
        /// The system has a user with the record's name and UID.
        case isHere(name: String)
        /// The user was enrolled once, and the request does not ask to start again.
        case wasEnrolled
        /// The user belongs to a fleet, and it takes a role there, and a host with the right `admin`.
        case fleetRole
        /// The user has a role in the fleet, so that it takes the role `admin`.
        case fleetProtected
        /// The user belongs to a fleet, and this host lacks a right: `enroll`.
        case hostRight(name: String)
    }
}

/// Something that could not be relied on.
public struct TroubleDocument: Codable, Equatable, Sendable {
    /// The word for `StoreError.Code`.
    public var code: String
    /// The file, folder or setting concerned.
    public var subject: String
    public var detail: String

    public init(_ error: StoreError) {
        code = "\(error.code)"
        subject = String(decoding: error.subject, as: UTF8.self)
        detail = error.detail
    }

    /// The error described.
    public var error: StoreError {
        let known = StoreError.Code.allCases.first { "\($0)" == code }
        return StoreError(known ?? .system, Array(subject.utf8), detail)
    }
}

/// A store.
public struct StoreDocument: Codable, Equatable, Sendable {
    /// The folder of records.
    public var path: String
    /// Where its seal key is.
    public var keyPath: String
    /// `new`, `there`, or `marked` if there were records without their marker.
    public var made: String
    /// How many records there are.
    public var records: Int

    public init(path: String, keyPath: String, made: String, records: Int) {
        self.path = path
        self.keyPath = keyPath
        self.made = made
        self.records = records
    }
}

/// What the options say about things that otp-enroll explains to users.
public struct PolicyDocument: Codable, Equatable, Sendable {
    /// Whether users may turn off their second factor.
    public var mayDisable: Bool
    /// How long a temporary code may be valid, in hours.
    public var temporaryHours: UInt64
    /// Whether changes are sent by mail, and to which address (`mail`).
    public var notifiesByMail: Bool
    public var mail: String?
    /// Whether trusted SSH keys count.
    public var trustsKeys: Bool
    /// Whether SSH keys in FIDO authenticators log in without a code.
    public var admitsSecurityKeys: Bool
    /// How codes may be sent to users who ask for one: `mail`, `sms`.
    public var deliver: [String]
    /// The issuer that apps show.
    public var issuer: String
    /// The group whose members are asked for no code; only root is told.
    public var exemptGroup: String?

    /// `host` is this machine's name; `isForRoot` says whether root asks.
    public init(_ options: Options, on host: [UInt8], isForRoot: Bool) {
        mayDisable = options.userMayDisable
        temporaryHours = UInt64(options.temporaryHours)
        notifiesByMail = options.notifiesByMail
        mail = options.mail.map { String(decoding: $0, as: UTF8.self) }
        trustsKeys = options.trustsKeys
        deliver = options.deliver?.map(\.word) ?? []
        admitsSecurityKeys = options.admitsSecurityKeys
        issuer = String(decoding: Issuer.of(options, on: host), as: UTF8.self)
        let exempt = options.exemptGroup.map { String(decoding: $0, as: UTF8.self) }
        exemptGroup = isForRoot ? exempt : nil
    }
}
