import OTPCore

/// What a host asks a fleet's server for (docs/PROTOCOL.md): one step of a login, or a command.
public struct FleetCall: Codable, Equatable, Sendable, Document.Versioned {
    /// `Document.version`.
    public var version = Document.version
    /// Whom it is about, as the host knows the name.
    public var user: String
    /// The UID at the host; `nil` for a name that is nobody's there.
    public var uid: UInt32?
    /// What the server gave when the user was let in at this host, or has given a code there to act
    /// on others: `JudgementDocument.permit`, `FleetReply.permit`.
    public var permit: String?
    public var step: FleetStep

    public init(_ step: FleetStep, user: String, uid: UInt32?, permit: String? = nil) {
        (self.step, self.user, self.uid, self.permit) = (step, user, uid, permit)
    }
}

/// Everything that a host can ask for: a closed list.
public enum FleetStep: Codable, Equatable, Sendable {
    // MARK: A login

    /// Let a trusted key in, or say whether the user is enrolled.
    case look(question: QuestionDocument, place: PlaceDocument)
    /// Try an answer, and burn what it used.
    case judge(answer: String, trial: TrialDocument, place: PlaceDocument)
    /// Record a login by a security key.
    case noteLogin(keyKind: String, isHeard: Bool, place: PlaceDocument)
    /// Whether another SSH key could be trusted.
    case hasRoom(fingerprint: String)
    /// Trust one.
    case trust(wish: TrustWishDocument, place: PlaceDocument)
    /// How the user can get a code by message.
    case offers
    /// Send a code by this kind of message, unless there were too many.
    case sendCode(kind: String, place: PlaceDocument)
    /// Whether there is anything to log in with.
    case isEnrolled
    /// How often the user has put off enrolling.
    case timesPutOff
    /// Count that it was put off.
    case putOff(most: UInt8)
    /// Where a device goes that is enrolled after a temporary code.
    case newPlace
    /// Store a confirmed authenticator.
    case enroll(enrollment: EnrollmentDocument, origin: String)

    // MARK: Coming

    /// Bring in the user's record from the host: an encoded record in Base64.
    case bring(record: String, adds: Bool, rehearses: Bool)

    // MARK: Without a user

    /// Told by the agent itself: what the host decided while no server was reached. The answer has
    /// the key of its offline answers; `isNew` if the host has none.
    case offline(used: [OfflineUse], isNew: Bool)

    // MARK: A command

    /// What otp-enroll asks for; who may ask is the host's to know for its own users, and the
    /// server's for everybody else.
    case command(request: Request, caller: FleetCaller)
}

/// Who gives a command.
public struct FleetCaller: Codable, Equatable, Sendable {
    /// The name and UID at the host.
    public var user: String
    public var uid: UInt32
    /// Whether the host's root gives it, perhaps for a user.
    public var isRoot: Bool
    /// For `move`, who has the earlier name or UID at the host; `nil` for nobody.
    public var former: NumberDocument?

    public init(user: String, uid: UInt32, isRoot: Bool, former: NumberDocument? = nil) {
        (self.user, self.uid, self.isRoot) = (user, uid, isRoot)
        self.former = former
    }
}

/// Where a login comes from.
public struct PlaceDocument: Codable, Equatable, Sendable {
    /// The PAM service.
    public var service: String
    /// The client's address or name; empty for the host itself.
    public var address: String
    /// What failures are counted for, hashed: 32 hex digits.
    public var source: String
    /// Whether that is an SSH key.
    public var isKey: Bool

    public init(_ place: LoginOrigin) {
        service = String(decoding: place.service, as: UTF8.self)
        address = String(decoding: place.address, as: UTF8.self)
        (source, isKey) = (place.source.text, place.source.isKey)
    }

    /// The place, at `host`; `nil` if the source is none.
    public func origin(at host: String) -> LoginOrigin? {
        SourceID(source, isKey: isKey, at: host).map {
            LoginOrigin(
                at: host, service: Array(service.utf8), address: Array(address.utf8), source: $0)
        }
    }
}

/// What a login wants to know before anything is asked.
public struct QuestionDocument: Codable, Equatable, Sendable {
    /// The fingerprint of an SSH key, in Base64.
    public var key: String?
    public var isHeard: Bool
    public var wantsRecord: Bool
    public var enrolls: Bool

    public init(_ question: AccountQuestion) {
        key = question.key.map { $0.base64 }
        (isHeard, wantsRecord) = (question.isHeard, question.wantsRecord)
        enrolls = question.enrolls
    }

    /// `nil` if the fingerprint is none.
    public var question: AccountQuestion? {
        var found = AccountQuestion(
            key: nil, isHeard: isHeard, wantsRecord: wantsRecord, enrolls: enrolls)
        guard let key else { return found }
        guard let fingerprint = TrustWishDocument.bytes(ofFingerprint: key) else { return nil }
        found.key = fingerprint
        return found
    }
}

/// How an answer is tried.
public struct TrialDocument: Codable, Equatable, Sendable {
    public var isJoined: Bool
    public var takesMessageCodes: Bool
    public var isHeard: Bool
    /// 0 for nobody, 1 for users without an authenticator, 2 for everybody.
    public var enrolling: UInt8

    public init(_ trial: Trial) {
        (isJoined, takesMessageCodes) = (trial.isJoined, trial.takesMessageCodes)
        (isHeard, enrolling) = (trial.isHeard, trial.enrolling.rawValue)
    }

    /// `nil` for an unknown value.
    public var trial: Trial? {
        Trial.Enrolling(rawValue: enrolling).map {
            Trial(
                isJoined: isJoined, takesMessageCodes: takesMessageCodes, isHeard: isHeard,
                enrolling: $0)
        }
    }
}

/// An SSH key to trust.
public struct TrustWishDocument: Codable, Equatable, Sendable {
    public var fingerprint: String
    public var name: String
    public var authenticator: String
    public var epoch: UInt64

    public init(_ wish: TrustWish) {
        fingerprint = wish.fingerprint.base64
        (name, authenticator) = (wish.name.text, wish.authenticator.text)
        epoch = wish.epoch
    }

    /// `nil` if the fingerprint or a name is none.
    public var wish: TrustWish? {
        guard let bytes = TrustWishDocument.bytes(ofFingerprint: fingerprint),
            let name = Name(name.utf8), let authenticator = Name(authenticator.utf8)
        else { return nil }
        return TrustWish(
            fingerprint: bytes, name: name, authenticator: authenticator, epoch: epoch)
    }

    /// The 32 bytes of a fingerprint in Base64; `nil` for anything else.
    static func bytes(ofFingerprint text: String) -> [UInt8]? {
        let text = Array(text.utf8)
        guard let bytes = Base64.decode(text.span), bytes.count == TrustedKey.fingerprintLength
        else { return nil }
        return bytes
    }
}

extension [UInt8] {
    var base64: String {
        String(decoding: Base64.encode(span, isPadded: true), as: UTF8.self)
    }
}
