/// Asks for a code, and again where another try makes sense; says what somebody may know of what
/// came of it. Who judges the answer is the caller's.
struct CodePrompt<Talk: Conversation> {
    private let conversation: Talk
    private let prompt: [UInt8]
    private let echo: Bool
    private let tries: UInt8
    private let triesEarlier: Bool
    private let usesEarlier: Bool

    init(conversation: Talk, options: Options, at place: LoginOrigin) {
        self.conversation = conversation
        prompt = options.question
        echo = options.echoes(atSSHD: place.isSSHD)
        tries = max(1, options.retry)
        triesEarlier = options.triesFirstPass || options.usesFirstPass
        usesEarlier = options.usesFirstPass
    }

    /// Asks until the answer is judged good, or no try is left. `judge` gives the outcome, and
    /// the sentences for somebody who is let in.
    func ask(
        _ judge: (borrowing Secret) throws(StoreError) -> (Outcome, [String])
    ) throws(StoreError) -> LoginResult {
        if triesEarlier, let result = try earlier(judge) { return result }
        var left = tries
        while true {
            left -= 1
            let typed: Secret
            do throws(ConversationError) {
                guard let text = try conversation.ask(prompt, echo: echo) else {
                    return .refused(.empty)
                }
                typed = text
            } catch {
                return .conversationFailed
            }
            let (outcome, told) = try judge(typed)
            switch outcome {
            case .granted(let factor):
                for sentence in told { conversation.inform(sentence) }
                return .granted(factor)
            case .refused(let refusal):
                guard left > 0, refusal.allowsAnotherTry else {
                    explain(refusal)
                    return .refused(refusal)
                }
                conversation.say(refusal == .replayed ? UserText.alreadyUsed : UserText.again)
            }
        }
    }

    /// Tries what an earlier module was given; `nil` where the user is to be asked.
    private func earlier(
        _ judge: (borrowing Secret) throws(StoreError) -> (Outcome, [String])
    ) throws(StoreError) -> LoginResult? {
        guard let typed = conversation.earlierAnswer() else {
            return usesEarlier ? .refused(.empty) : nil
        }
        let (outcome, told) = try judge(typed)
        switch outcome {
        case .granted(let factor):
            for sentence in told { conversation.inform(sentence) }
            return .granted(factor)
        case .refused(let refusal):
            if !usesEarlier && (refusal == .empty || refusal.allowsAnotherTry) { return nil }
            explain(refusal)
            return .refused(refusal)
        }
    }

    /// Says to somebody who is not let in what they may know of the reason.
    private func explain(_ refusal: Outcome.Refusal) {
        switch refusal {
        case .empty: break
        case .throttled(let seconds): conversation.say(UserText.wait(seconds))
        case .closed: conversation.say(UserText.closed)
        case .replayed: conversation.say(UserText.alreadyUsed)
        default: conversation.say(UserText.refused)
        }
    }
}
