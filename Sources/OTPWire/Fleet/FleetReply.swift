import OTPCore

/// What a fleet's server answers (docs/PROTOCOL.md).
public struct FleetReply: Codable, Equatable, Sendable, Document.Versioned {
    /// `Document.version`.
    public var version = Document.version
    public var result: Result
    /// After a command about others that took a code: stands for one in calls that look at others.
    public var permit: String?
    /// Whether the list that was asked for by UIDs is to be asked for by names (`recorded`).
    public var goesByNames: Bool?

    public init(_ result: Result, permit: String? = nil, goesByNames: Bool? = nil) {
        (self.result, self.permit, self.goesByNames) = (result, permit, goesByNames)
    }

    /// The result of a call.
    public enum Result: Codable, Equatable, Sendable {
        case look(look: LookDocument)
        case judged(judgement: JudgementDocument)
        case welcome(welcome: WelcomeDocument)
        /// What to tell the user.
        case sentences(sentences: [Phrase])
        /// Yes or no.
        case flag(isSo: Bool)
        /// The name of a key that is trusted from now on; without one, it is not.
        case trusted(name: String?)
        /// How often; without a number, not this time.
        case count(times: UInt8?)
        /// The place of a new device; without one, there is no room.
        case newPlace(place: NewPlaceDocument?)
        /// What was stored; without it, something else has happened meanwhile.
        case kept(kept: KeptDocument?)
        /// The key of the host's offline answers: its id and bytes, in hex. For a host without one,
        /// the highest number that was ever told.
        case offline(keyID: String, key: String, highest: UInt64)
        /// What became of a record; the names that authenticators got, and those that stay out.
        case brought(how: BroughtDocument.How, added: [String], left: [String])
        /// The answer to a command.
        case reply(reply: Reply)
        /// The server does not do that for this host.
        case denied(reason: Denial)
        /// The records, a key or a clock cannot be relied on.
        case failed(trouble: TroubleDocument)
    }

    /// Why a host is refused.
    public enum Denial: String, Codable, Sendable {
        /// The call is invalid, or of another version.
        case malformed
        /// The host may not do it: enrolling takes the right `enroll`, commands about others the
        /// right `admin`.
        case right
    }
}

/// The answer to the first look.
public enum LookDocument: Codable, Equatable, Sendable {
    case trusted(name: String, welcome: WelcomeDocument)
    case toBeAsked
    case notEnrolled(epoch: UInt64)
    /// Not enrolled, and the host has not the right to enroll anybody.
    case mayNotEnroll

    public init(_ look: AccountLook) {
        switch look {
        case .trusted(let name, let welcome):
            self = .trusted(name: name.text, welcome: WelcomeDocument(welcome))
        case .toBeAsked: self = .toBeAsked
        case .notEnrolled(let epoch): self = .notEnrolled(epoch: epoch)
        case .mayNotEnroll: self = .mayNotEnroll
        }
    }

    /// `nil` if a name is none.
    public var look: AccountLook? {
        switch self {
        case .trusted(let name, let welcome):
            Name(name.utf8).map { .trusted($0, welcome.welcome) }
        case .toBeAsked: .toBeAsked
        case .notEnrolled(let epoch): .notEnrolled(epoch: epoch)
        case .mayNotEnroll: .mayNotEnroll
        }
    }
}

/// What to tell a user who is let in.
public struct WelcomeDocument: Codable, Equatable, Sendable {
    public var language: String?
    /// Message IDs and what fills their gaps.
    public var sentences: [Phrase]

    public init(_ welcome: Welcome) {
        (language, sentences) = (welcome.language?.name, welcome.sentences)
    }

    public var welcome: Welcome {
        Welcome(language: language.flatMap { Language($0.utf8) }, sentences: sentences)
    }
}

/// How an answer was judged.
public struct JudgementDocument: Codable, Equatable, Sendable {
    public var outcome: OutcomeDocument
    /// The kind of message whose code it was.
    public var message: String?
    public var welcome: WelcomeDocument
    public var enrollsNext: Bool
    public var epoch: UInt64
    public var digits: UInt8?
    /// For a user who is let in: proves that to the server at later steps of the login.
    public var permit: String?

    public init(_ judgement: Judgement) {
        outcome = OutcomeDocument(judgement.outcome, authenticators: [])
        if case .granted(.messageCode(let kind)) = judgement.outcome { message = kind.word }
        welcome = WelcomeDocument(judgement.welcome)
        (enrollsNext, epoch, digits) = (judgement.enrollsNext, judgement.epoch, judgement.digits)
    }

    /// `nil` for an outcome that is unknown here, which lets nobody in.
    public var judgement: Judgement? {
        let found: Outcome?
        if outcome.isAccepted {
            found = factor.map { .granted($0) }
        } else {
            found = outcome.refusal.map { .refused($0) }
        }
        guard let found else { return nil }
        var judgement = Judgement(found)
        judgement.welcome = welcome.welcome
        (judgement.enrollsNext, judgement.epoch, judgement.digits) = (enrollsNext, epoch, digits)
        return judgement
    }

    private var factor: Outcome.Factor? {
        let factor: Outcome.Factor?
        if let name = outcome.authenticator.flatMap({ Name($0.utf8) }), let offset = outcome.offset
        {
            factor = .code(authenticator: name, offset: offset)
        } else if let index = outcome.backupCode, let left = outcome.backupCodesLeft {
            factor = .backupCode(index: index, left: left)
        } else if let kind = message.flatMap({ MessageKind(word: $0) }) {
            factor = .messageCode(kind)
        } else {
            factor = .temporaryCode
        }
        // The word decides: it must be that of what was found.
        return factor.flatMap { Outcome.granted($0).reason == outcome.reason ? $0 : nil }
    }
}

/// Where a new device goes.
public struct NewPlaceDocument: Codable, Equatable, Sendable {
    public var name: String
    /// When the device that it replaces was added; `nil` if it replaces none.
    public var replaced: UInt64?
    /// Whether there are others beside it.
    public var isBeside: Bool

    public init(_ place: NewPlace) {
        (name, replaced) = (place.name.text, place.purpose.replaced)
        isBeside = place.purpose == .beside(others: true)
    }

    /// `nil` if the name is none.
    public var place: NewPlace? {
        Name(name.utf8).map {
            NewPlace(
                $0, replaced.map { .replacement(added: $0) } ?? .beside(others: isBeside))
        }
    }
}

/// What was stored of an enrollment.
public struct KeptDocument: Codable, Equatable, Sendable {
    public var authenticator: AuthenticatorDocument
    public var hasReplaced: Bool
    /// In clear.
    public var backupCodes: [String]
    public var trustEnded: [String]

    public init(_ kept: Enrollment.Kept) {
        authenticator = AuthenticatorDocument(kept.authenticator)
        (hasReplaced, backupCodes) = (kept.hasReplaced, kept.backupCodes)
        trustEnded = kept.trustEnded.map(\.text)
    }

    /// `nil` if it is impossible.
    public var kept: Enrollment.Kept? {
        authenticator.authenticator.map {
            Enrollment.Kept(
                authenticator: $0, hasReplaced: hasReplaced, backupCodes: backupCodes,
                trustEnded: trustEnded.compactMap { Name($0.utf8) }, event: nil)
        }
    }
}
