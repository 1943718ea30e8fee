/// The login: what to ask, in which order, when to stop.
///
/// It never lets anybody in by accident: everything that throws is `unavailable`, only
/// `Attempt.run` returns `granted`, and everything else in `LoginResult` that lets a user pass was
/// configured by the admin.
public struct LoginFlow<
    Talk: Conversation, Time: Clock, Users: UserDirectory, Book: Accounts, Random: Randomness,
    Codes: QREncoder
> {
    let conversation: Talk
    let clock: Time
    let users: Users
    let random: Random
    let codes: Codes
    let options: Options
    /// This machine's host name.
    let hostName: () -> [UInt8]
    /// Whom it is about, and what they log in with.
    let accounts: Book

    public init(
        conversation: Talk, clock: Time, users: Users, random: Random, codes: Codes,
        options: Options, hostName: @escaping () -> [UInt8], accounts: Book
    ) {
        self.conversation = conversation
        self.clock = clock
        self.users = users
        self.random = random
        self.codes = codes
        self.options = options
        self.hostName = hostName
        self.accounts = accounts
    }

    /// A login on the records of a store, which `openStore` opens for each step; the store is never
    /// kept open during a question.
    public init<Records: RecordStore>(
        conversation: Talk, clock: Time, users: Users, random: Random, codes: Codes,
        options: Options, hostName: @escaping () -> [UInt8],
        send: @escaping (CodeMessage) -> Bool = { _ in false },
        openStore: @escaping () throws(StoreError) -> Records
    ) where Book == RecordAccounts<Time, Random, Records> {
        self.init(
            conversation: conversation, clock: clock, users: users, random: random, codes: codes,
            options: options, hostName: hostName,
            accounts: RecordAccounts(
                clock: clock, random: random, options: options, send: send, openStore: openStore))
    }

    /// Runs one login of `name` from `place`.
    public func run(_ name: [UInt8], from place: LoginOrigin) -> LoginResult {
        do throws(StoreError) {
            return try attempt(name, from: place)
        } catch {
            conversation.say(UserText.unavailable)
            return .unavailable(error)
        }
    }

    /// The same for a caller who knows what to do if it cannot be checked: then it throws, and has
    /// not said so.
    public func attempt(
        _ name: [UInt8], from place: LoginOrigin
    ) throws(StoreError) -> LoginResult {
        let user = try users.user(named: name)
        if let user, let result = try pass(user, from: place) { return result }
        return try ask(user, name, from: place)
    }

    /// The ways in without a code from an enrolled device; `nil` if the user must be asked for one.
    private func pass(_ user: User, from place: LoginOrigin) throws(StoreError) -> LoginResult? {
        if let reason = try exemption(of: user, from: place) { return .ignored(reason) }
        if options.admitsSecurityKeys, let key = place.sshMethods?.securityKey {
            return admit(user, bySecurityKey: key, from: place)
        }
        let key = options.trustsKeys ? place.sshMethods?.key : nil
        let enrolls = mayEnroll(at: place)
        guard key != nil || enrolls || options.nullok else { return nil }
        let question = AccountQuestion(
            key: key?.fingerprint, isHeard: conversation.isHeard,
            wantsRecord: enrolls || options.nullok, enrolls: enrolls)
        switch try accounts.look(user, question, from: place) {
        case .trusted(let name, let welcome):
            self.welcome(welcome)
            return key.map { .trusted(name, fingerprint: $0.fingerprint) }
        case .toBeAsked: return nil
        case .notEnrolled(let epoch):
            return enrolls
                ? try enrollFirst(user, from: place, in: epoch) : .ignored(.notEnrolled)
        case .mayNotEnroll: return try enrollElsewhere(user, isCounted: false)
        }
    }

    /// Tells a user who is let in what there is to tell. No record is locked meanwhile: nobody knows
    /// how long reading takes.
    func welcome(_ welcome: Welcome) {
        if let language = welcome.language { conversation.speak(language) }
        for sentence in welcome.sentences { conversation.inform(sentence) }
    }

    // MARK: Asking

    private func ask(
        _ user: User?, _ name: [UInt8], from place: LoginOrigin
    ) throws(StoreError) -> LoginResult {
        // Once: the group may be in a directory.
        let mayAskForCode = mayAskForCode(user, at: place)
        let questions = CodePrompt(
            conversation: conversation, options: options, at: place,
            tellsReasons: place.isHere || isProven(at: place),
            help: mayAskForCode ? user.map { help($0, at: place) } : nil)
        let trial = Trial(
            isJoined: options.forwardsPass, takesMessageCodes: mayAskForCode,
            isHeard: conversation.isHeard, enrolling: enrolling)
        var last: Judgement?
        let result = try questions.ask { (typed) throws(StoreError) in
            var judged = try typed.withBytes { (bytes) throws(StoreError) in
                try accounts.judge(bytes, of: user, named: name, trial, from: place)
            }
            if options.forwardsPass { typed.withBytes { forward($0, judged, at: place) } }
            if judged.outcome == .refused(.noRecord) { judged.outcome = .refused(missing(user)) }
            // Not earlier: from the language a stranger could tell who is enrolled.
            if let language = judged.welcome.language { conversation.speak(language) }
            last = judged
            return (judged.outcome, judged.welcome.sentences)
        }
        guard case .granted(let factor) = result, let user, let last else { return result }
        if last.enrollsNext, let name = enrollNext(user, from: place, in: last.epoch) {
            return .enrolled(factor, name)
        }
        if options.trustsKeys, conversation.isHeard, case .code = factor,
            let name = offerTrust(user, after: factor, from: place, in: last.epoch)
        {
            return .trusting(factor, name)
        }
        return result
    }

    /// Why a user without anything to log in with is refused.
    private func missing(_ user: User?) -> Outcome.Refusal {
        if user == nil { return .unknownUser }
        return options.enroll == .off || options.firstEnrollment == .root ? .noRecord : .unproven
    }

    /// Passes the part before the code to the next module.
    private func forward(
        _ typed: Span<UInt8>, _ judged: Judgement, at place: LoginOrigin
    ) {
        if case .refused(.empty) = judged.outcome { return }
        // A verifier must not learn from the length how many digits somebody's codes have.
        let isKnown = place.verifier == nil || judged.outcome.isGranted
        let digits = (isKnown ? judged.digits : nil) ?? JoinedAnswer.usualDigits
        let length = JoinedAnswer.codeLength(typed, digits: digits)
        conversation.forward(typed.extracting(first: typed.count - length))
    }
}
