import OTPCore

/// The accounts of a fleet: each step of one login is a call to a server.
///
/// Whatever is not a clear answer throws, and lets nobody in.
public final class RemoteAccounts: Accounts {
    /// Sends a call, and waits for the reply.
    public typealias Transport = (borrowing FleetCall) throws(StoreError) -> FleetReply.Result

    private let send: Transport
    /// What the server gave when the user was let in.
    private var permit: String?

    public init(send: @escaping Transport) { self.send = send }

    public func look(
        _ user: User, _ question: AccountQuestion, from place: LoginOrigin
    ) throws(StoreError) -> AccountLook {
        let step = FleetStep.look(
            question: QuestionDocument(question), place: PlaceDocument(place))
        guard case .look(let document) = try call(step, user), let look = document.look else {
            throw RemoteAccounts.unclear
        }
        return look
    }

    public func judge(
        _ typed: Span<UInt8>, of user: User?, named name: [UInt8], _ trial: Trial,
        from place: LoginOrigin
    ) throws(StoreError) -> Judgement {
        // Nothing of a password goes to the server.
        let count = trial.isJoined ? JoinedAnswer.reach(of: typed) : typed.count
        let end = typed.extracting(last: min(count, Answer.maximumLength + 1))
        // Bytes that are not text make a text that is no code.
        var answer = String(decoding: end.array, as: UTF8.self)
        if answer.isEmpty, !typed.isEmpty { answer = "?" }
        let step = FleetStep.judge(
            answer: answer, trial: TrialDocument(trial), place: PlaceDocument(place))
        let result = try call(step, named: name, number: user?.uid)
        guard case .judged(let document) = result, let judgement = document.judgement else {
            throw RemoteAccounts.unclear
        }
        permit = document.permit
        return judgement
    }

    public func noteLogin(
        of user: User, bySecurityKey kind: [UInt8], isHeard: Bool, from place: LoginOrigin
    ) throws(StoreError) -> Welcome {
        let step = FleetStep.noteLogin(
            keyKind: String(decoding: kind, as: UTF8.self), isHeard: isHeard,
            place: PlaceDocument(place))
        guard case .welcome(let document) = try call(step, user) else {
            throw RemoteAccounts.unclear
        }
        return document.welcome
    }

    public func hasRoom(
        forTrustIn fingerprint: [UInt8], of user: User
    ) throws(StoreError) -> Bool {
        try flag(.hasRoom(fingerprint: fingerprint.base64), user)
    }

    public func trust(
        _ wish: TrustWish, of user: User, from place: LoginOrigin
    ) throws(StoreError) -> Name? {
        let step = FleetStep.trust(wish: TrustWishDocument(wish), place: PlaceDocument(place))
        guard case .trusted(let name) = try call(step, user) else { throw RemoteAccounts.unclear }
        return name.flatMap { Name($0.utf8) }
    }

    public func isEnrolled(_ user: User) throws(StoreError) -> Bool { try flag(.isEnrolled, user) }

    public func timesPutOff(by user: User) throws(StoreError) -> UInt8 {
        guard let times = try count(.timesPutOff, user) else { throw RemoteAccounts.unclear }
        return times
    }

    public func putOff(_ user: User, most grace: UInt8) throws(StoreError) -> UInt8? {
        try count(.putOff(most: grace), user)
    }

    public func newPlace(for user: User) throws(StoreError) -> NewPlace? {
        guard case .newPlace(let document) = try call(.newPlace, user) else {
            throw RemoteAccounts.unclear
        }
        return document?.place
    }

    public func enroll(
        _ new: borrowing Enrollment, of user: User, from origin: [UInt8]
    ) throws(StoreError) -> Enrollment.Kept? {
        let step = FleetStep.enroll(
            enrollment: EnrollmentDocument(new), origin: String(decoding: origin, as: UTF8.self))
        guard case .kept(let document) = try call(step, user) else { throw RemoteAccounts.unclear }
        guard let document else { return nil }
        guard let kept = document.kept else { throw RemoteAccounts.unclear }
        return kept
    }

    public func offers(to user: User) throws(StoreError) -> [Phrase] {
        try sentences(.offers, user)
    }

    public func sendCode(
        by kind: MessageKind, to user: User, from place: LoginOrigin
    ) throws(StoreError) -> [Phrase] {
        try sentences(.sendCode(kind: kind.word, place: PlaceDocument(place)), user)
    }

    // MARK: Calls

    public static var unclear: StoreError {
        StoreError(.system, Array("the fleet's server".utf8), "its answer is not understood")
    }

    private func sentences(_ step: FleetStep, _ user: User) throws(StoreError) -> [Phrase] {
        guard case .sentences(let sentences) = try call(step, user) else {
            throw RemoteAccounts.unclear
        }
        return sentences
    }

    private func flag(_ step: FleetStep, _ user: User) throws(StoreError) -> Bool {
        guard case .flag(let isSo) = try call(step, user) else { throw RemoteAccounts.unclear }
        return isSo
    }

    private func count(_ step: FleetStep, _ user: User) throws(StoreError) -> UInt8? {
        guard case .count(let times) = try call(step, user) else { throw RemoteAccounts.unclear }
        return times
    }

    private func call(
        _ step: FleetStep, _ user: User
    ) throws(StoreError) -> FleetReply.Result {
        try call(step, named: user.name, number: user.uid)
    }

    private func call(
        _ step: FleetStep, named name: [UInt8], number: UInt32?
    ) throws(StoreError) -> FleetReply.Result {
        guard let text = String(validating: name, as: UTF8.self) else {
            throw StoreError(.system, [], "the user's name is not UTF-8")
        }
        let result = try send(FleetCall(step, user: text, uid: number, permit: permit))
        switch result {
        case .failed(let trouble): throw trouble.error
        case .denied(.right):
            throw StoreError(
                .system, Array("the fleet".utf8), "this host does not have the right to do that")
        case .denied(.malformed): throw RemoteAccounts.unclear
        default: return result
        }
    }
}
