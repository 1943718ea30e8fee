/// Asks for a code, and again if another try makes sense; says as much about the result as the user
/// may know. The caller judges the answer.
struct CodePrompt<Talk: Conversation> {
    private let conversation: Talk
    private let prompt: [UInt8]
    private let echo: Bool
    private let tries: UInt8
    private let triesEarlier: Bool
    private let usesEarlier: Bool
    /// Whether the user may be told why a code is refused: yes if already on this machine, or after
    /// a first factor. A remote stranger would learn from it who exists and is enrolled.
    private let tellsReasons: Bool

    /// What is done about an answer that asks for something, such as `?`: what the user is told, or
    /// `nil` for any other answer.
    private let help: Help?
    /// How often help is given at one prompt.
    private static var mostHelp: Int { 8 }

    typealias Help = (borrowing Secret) throws(StoreError) -> [Phrase]?

    init(
        conversation: Talk, options: Options, at place: LoginOrigin, tellsReasons: Bool,
        help: Help? = nil
    ) {
        self.conversation = conversation
        self.tellsReasons = tellsReasons
        self.help = help
        prompt = options.question(isHelped: help != nil, conversation.words)
        echo = options.echoes(atSSHD: place.isSSHD)
        tries = max(1, options.retry)
        triesEarlier = options.triesFirstPass || options.usesFirstPass
        usesEarlier = options.usesFirstPass
    }

    /// Asks until an answer is accepted, or no try is left. `judge` returns the outcome, and what
    /// to tell a user who is let in.
    func ask(
        _ judge: (borrowing Secret) throws(StoreError) -> (Outcome, [Phrase])
    ) throws(StoreError) -> LoginResult {
        if triesEarlier, let result = try earlier(judge) { return result }
        var (left, helped) = (tries, 0)
        while true {
            let typed: Secret
            do throws(ConversationError) {
                guard let text = try conversation.ask(prompt, echo: echo) else {
                    return .refused(.empty)
                }
                typed = text
            } catch {
                return .conversationFailed
            }
            if helped < Self.mostHelp, let told = try help?(typed) {
                helped += 1
                for sentence in told { conversation.inform(sentence) }
                continue
            }
            left -= 1
            let (outcome, told) = try judge(typed)
            switch outcome {
            case .granted(let factor): return admit(factor, told)
            case .refused(let refusal):
                guard left > 0, allowsAnotherTry(refusal) else { return refuse(refusal) }
                let isUsed = refusal == .replayed && tellsReasons
                conversation.say(isUsed ? UserText.alreadyUsed : UserText.again)
            }
        }
    }

    /// Tries an earlier module's password; `nil` if the user must be asked.
    private func earlier(
        _ judge: (borrowing Secret) throws(StoreError) -> (Outcome, [Phrase])
    ) throws(StoreError) -> LoginResult? {
        guard let typed = conversation.earlierAnswer() else {
            return usesEarlier ? .refused(.empty) : nil
        }
        let (outcome, told) = try judge(typed)
        switch outcome {
        case .granted(let factor): return admit(factor, told)
        case .refused(let refusal):
            if !usesEarlier && (refusal == .empty || allowsAnotherTry(refusal)) { return nil }
            return refuse(refusal)
        }
    }

    /// Whether to ask again after this one: strangers are asked as often as anybody.
    private func allowsAnotherTry(_ refusal: Outcome.Refusal) -> Bool {
        tellsReasons ? refusal.allowsAnotherTry : refusal != .empty
    }

    /// Lets the user in, and says `told`.
    private func admit(_ factor: Outcome.Factor, _ told: [Phrase]) -> LoginResult {
        for sentence in told { conversation.inform(sentence) }
        return .granted(factor)
    }

    /// Tells a user who is refused as much of the reason as they may know.
    private func refuse(_ refusal: Outcome.Refusal) -> LoginResult {
        switch refusal {
        case .empty: break
        case .throttled(let seconds) where tellsReasons: conversation.say(UserText.wait(seconds))
        case .closed where tellsReasons: conversation.say(UserText.closed)
        case .replayed where tellsReasons: conversation.say(UserText.alreadyUsed)
        default: conversation.say(UserText.refused)
        }
        return .refused(refusal)
    }
}
