import OTPCore

/// What a host may do for a user, beyond trying codes.
public struct FleetLicense: Sendable {
    /// The host's name.
    public var host: String
    /// Whether users may enroll there: the host learns their keys.
    public var enrolls: Bool
    /// Whether the fleet lets users enroll their first device at a login (`first_enrollment`).
    public var admitsFirst: Bool
    /// Whether the fleet trusts SSH keys (`trust`).
    public var trustsKeys: Bool
    /// Whether the user was let in there a moment ago: the call has a permit for it.
    public var isProven: Bool
    /// Whether the fleet sends codes.
    public var delivers: Bool

    public init(
        host: String, enrolls: Bool, admitsFirst: Bool, trustsKeys: Bool, isProven: Bool,
        delivers: Bool
    ) {
        (self.host, self.enrolls, self.admitsFirst) = (host, enrolls, admitsFirst)
        (self.trustsKeys, self.isProven) = (trustsKeys, isProven)
        self.delivers = delivers
    }
}

// What the server of a fleet does with a step of a login, whatever keeps its records.
extension FleetCall {
    /// Does the step on `accounts`; `nil` if it is none.
    public func run(
        on accounts: some Accounts, for license: FleetLicense
    ) throws(StoreError) -> FleetReply.Result? {
        let known = uid.map { User(name: Array(user.utf8), uid: $0, gid: .max) }
        if case .judge(let answer, let trial, let place) = step {
            return try judge(answer, trial, place, of: known, on: accounts, for: license)
        }
        if case .offline = step { return nil }
        guard let known else { return .denied(reason: .malformed) }
        switch step {
        case .judge, .command, .offline, .bring: return nil
        case .look(let question, let place):
            guard var question = question.question, let place = place.origin(at: license.host)
            else { return .denied(reason: .malformed) }
            let (isWished, mayEnroll) = (question.enrolls, license.enrolls && license.admitsFirst)
            question.enrolls = isWished && mayEnroll
            if !license.trustsKeys { question.key = nil }
            var look = try accounts.look(known, question, from: place)
            // The host would show a key that it may not store.
            if isWished, !mayEnroll, case .notEnrolled = look { look = .mayNotEnroll }
            return .look(look: LookDocument(look))
        case .noteLogin(let kind, let isHeard, let place):
            guard let place = place.origin(at: license.host) else {
                return .denied(reason: .malformed)
            }
            let welcome = try accounts.noteLogin(
                of: known, bySecurityKey: Array(kind.utf8.prefix(32)), isHeard: isHeard,
                from: place)
            return .welcome(welcome: WelcomeDocument(welcome))
        case .offers: return .sentences(sentences: try accounts.offers(to: known))
        case .sendCode(let kind, let place):
            guard let kind = MessageKind(word: kind), let place = place.origin(at: license.host)
            else { return .denied(reason: .malformed) }
            return .sentences(
                sentences: try accounts.sendCode(by: kind, to: known, from: place))
        case .isEnrolled: return .flag(isSo: try accounts.isEnrolled(known))
        case .hasRoom, .trust: return try trust(known, on: accounts, for: license)
        case .timesPutOff, .putOff, .newPlace, .enroll:
            return try enroll(known, on: accounts, for: license)
        }
    }

    private func judge(
        _ answer: String, _ trial: TrialDocument, _ place: PlaceDocument, of user: User?,
        on accounts: some Accounts, for license: FleetLicense
    ) throws(StoreError) -> FleetReply.Result {
        guard var trial = trial.trial, let place = place.origin(at: license.host) else {
            return .denied(reason: .malformed)
        }
        if !license.delivers { trial.takesMessageCodes = false }
        if !license.enrolls { trial.enrolling = .nobody }
        var typed = Array(answer.utf8)
        defer { Secret.wipe(&typed) }
        let judged = try accounts.judge(
            typed.span, of: user, named: Array(self.user.utf8), trial, from: place)
        return .judged(judgement: JudgementDocument(judged))
    }

    /// A key that one host trusts is trusted at all of them, so that only hosts may which also learn
    /// keys; and only just after a code.
    private func trust(
        _ user: User, on accounts: some Accounts, for license: FleetLicense
    ) throws(StoreError) -> FleetReply.Result? {
        let isAllowed = license.enrolls && license.isProven
        switch step {
        case .hasRoom(let fingerprint):
            guard let key = TrustWishDocument.bytes(ofFingerprint: fingerprint) else {
                return .denied(reason: .malformed)
            }
            guard isAllowed, license.trustsKeys else { return .flag(isSo: false) }
            return .flag(isSo: try accounts.hasRoom(forTrustIn: key, of: user))
        case .trust(let wish, let place):
            guard let wish = wish.wish, let place = place.origin(at: license.host) else {
                return .denied(reason: .malformed)
            }
            guard isAllowed else { return .denied(reason: .right) }
            guard license.trustsKeys else { return .trusted(name: nil) }
            return .trusted(name: try accounts.trust(wish, of: user, from: place)?.text)
        default: return nil
        }
    }

    /// Devices are for hosts with the right; another one beside the first, for users who were let in
    /// there a moment ago.
    private func enroll(
        _ user: User, on accounts: some Accounts, for license: FleetLicense
    ) throws(StoreError) -> FleetReply.Result? {
        switch step {
        case .timesPutOff: return .count(times: try accounts.timesPutOff(by: user))
        case .putOff(let most):
            guard license.enrolls else { return .denied(reason: .right) }
            return .count(times: try accounts.putOff(user, most: most))
        case .newPlace:
            guard license.enrolls, license.isProven else { return .denied(reason: .right) }
            return .newPlace(place: try accounts.newPlace(for: user).map(NewPlaceDocument.init))
        case .enroll(let document, let origin):
            guard let new = document.enrollment() else { return .denied(reason: .malformed) }
            // Whoever is root there knows the key, and a code typed there would be enough otherwise.
            guard license.enrolls, new.isFirst ? license.admitsFirst : license.isProven else {
                return .denied(reason: .right)
            }
            // Whatever the host says, its own name is not cut off.
            let end = Array(" at \(license.host)".utf8)
            let room = max(4, min(24, Event.originLength - end.count))
            let place = Array(origin.utf8.prefix(room)) + end
            let kept = try accounts.enroll(new, of: user, from: place)
            return .kept(kept: kept.map(KeptDocument.init))
        default: return nil
        }
    }
}
