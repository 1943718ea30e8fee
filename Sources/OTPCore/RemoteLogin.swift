/// Gives the verdict in the place of the store: swiftotp-helper, for a program that is not root.
///
/// Each call is a connection of its own, so that nothing is held while somebody types.
public protocol RemoteJudge {
    /// The number of the user that this program runs as, and whose code can be checked; `nil`
    /// where it runs as more than one.
    func caller() throws(StoreError) -> UInt32?
    /// Whether the caller has anything to log in with.
    func isEnrolled() throws(StoreError) -> Bool
    /// How many digits the codes of the caller's first authenticator have; `nil` for none.
    func digits() throws(StoreError) -> UInt8?
    /// Tries what the caller typed as a login of `service`; with the outcome, the sentences for
    /// somebody who is let in.
    func `try`(_ typed: Span<UInt8>, service: [UInt8]) throws(StoreError) -> (Outcome, [String])
}

/// The login in a program that is not root, such as a screen locker: as `LoginFlow`, but the
/// verdict is somebody else's, and it is about the user that the program runs as alone. Nothing is
/// enrolled here, and no key is trusted.
public struct RemoteLogin<
    Talk: Conversation, Time: Clock, Users: UserDirectory, Judge: RemoteJudge
> {
    let conversation: Talk
    let clock: Time
    let users: Users
    let judge: Judge
    let options: Options

    public init(
        conversation: Talk, clock: Time, users: Users, judge: Judge, options: Options
    ) {
        self.conversation = conversation
        self.clock = clock
        self.users = users
        self.judge = judge
        self.options = options
    }

    /// Runs one login of `name` by `service`.
    public func run(_ name: [UInt8], by service: [UInt8]) -> LoginResult {
        do throws(StoreError) {
            guard let user = try users.user(named: name), try judge.caller() == user.uid else {
                throw StoreError(.otherUser, [], "only root can check the code of another user")
            }
            if let group = options.exemptGroup, try users.isMember(user, of: group) {
                return .ignored(.exempt)
            }
            let enrolls =
                options.enroll != .off && options.firstEnrollment != .root
                && options.followsFirstFactor
            if options.nullok || enrolls, try !judge.isEnrolled() {
                return enrolls ? try sendToEnroll() : .ignored(.notEnrolled)
            }
            let questions = Questions(conversation: conversation, options: options)
            return try questions.ask { (typed) throws(StoreError) in
                try typed.withBytes { (bytes) throws(StoreError) in
                    try self.try(bytes, by: service)
                }
            }
        } catch {
            conversation.say(UserText.unavailable)
            return .unavailable(error)
        }
    }

    /// Says what to run. Nothing is counted here, where nobody could enroll.
    private func sendToEnroll() throws(StoreError) -> LoginResult {
        var canBePutOff = options.enroll == .offer || options.enrollGrace > 0
        if let day = options.enrollUntil, try clock.now() < day { canBePutOff = true }
        if canBePutOff {
            conversation.inform(UserText.enrollElsewhere)
            return .ignored(.putOff(left: nil))
        }
        if options.nullok { return .ignored(.notEnrolled) }
        conversation.say(UserText.mustEnrollElsewhere)
        return .refused(.notEnrolled)
    }

    private func `try`(
        _ typed: Span<UInt8>, by service: [UInt8]
    ) throws(StoreError) -> (Outcome, [String]) {
        guard options.forwardsPass else { return try judge(typed, by: service) }
        // The password goes nowhere but to the next module.
        let digits = try judge.digits() ?? JoinedAnswer.usualDigits
        let length = JoinedAnswer.codeLength(typed, digits: digits)
        let password = typed.count - length
        conversation.forward(typed.extracting(first: password))
        return try judge(typed.extracting(password...), by: service)
    }

    private func judge(
        _ typed: Span<UInt8>, by service: [UInt8]
    ) throws(StoreError) -> (Outcome, [String]) {
        if Answer(typed).isEmpty { return (.refused(.empty), []) }
        // What is longer than any answer stays so, and goes no further.
        let kept = typed.extracting(first: Answer.maximumLength + 1)
        return try judge.try(kept, service: service)
    }
}
