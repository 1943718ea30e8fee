// Logins of a fleet's users while none of its servers is reached. No code of a device is judged here:
// that would take its key.

extension LoginFlow {
    /// Runs one login without the fleet's servers, by the option `offline`.
    public func runOffline(
        _ name: [UInt8], from place: LoginOrigin, on ledger: some OfflineAccounts
    ) -> LoginResult {
        do throws(StoreError) {
            let user = try users.user(named: name)
            if let user {
                if let reason = try exemption(of: user, from: place) { return .ignored(reason) }
                if options.admitsSecurityKeys, let key = place.sshMethods?.securityKey {
                    return admit(user, bySecurityKey: key, from: place)
                }
            }
            switch options.offline {
            case .deny: throw unreached("no server is reached")
            case .recent: return try admit(user, byRecentKeyOf: place, on: ledger)
            case .answer: return try ask(user, from: place, on: ledger)
            }
        } catch {
            conversation.say(UserText.unavailable)
            return .unavailable(error)
        }
    }

    private func admit(
        _ user: User?, byRecentKeyOf place: LoginOrigin, on ledger: some OfflineAccounts
    ) throws(StoreError) -> LoginResult {
        guard let user, let key = place.soleKey,
            let left = try ledger.admit(
                user, withKey: key, hours: options.offlineHours, most: options.offlineLogins,
                from: place)
        else { throw unreached("no server is reached, and no SSH key passed a code here lately") }
        conversation.inform(UserText.offline(left: left))
        return .offline(.recentKey(fingerprint: key, left: left))
    }

    private func ask(
        _ user: User?, from place: LoginOrigin, on ledger: some OfflineAccounts
    ) throws(StoreError) -> LoginResult {
        guard !options.usesFirstPass else {
            throw unreached("no server is reached, and use_first_pass asks nothing")
        }
        var left = max(1, options.retry)
        while true {
            guard let question = try ledger.question(for: user) else {
                throw unreached("a server was reached again before the answer was given")
            }
            let prompt = conversation.words(
                UserText.offlineQuestion(question.number, at: question.host))
            let typed: Secret
            do throws(ConversationError) {
                let echo = options.echoes(atSSHD: place.isSSHD)
                guard let text = try conversation.ask(Array(prompt.utf8), echo: echo),
                    text.count > 0
                else { return .refused(.empty) }
                typed = text
            } catch {
                return .conversationFailed
            }
            let verdict = try typed.withBytes { (bytes) throws(StoreError) in
                try ledger.judge(bytes, to: question, of: user, from: place)
            }
            left -= 1
            let refusal: Outcome.Refusal
            switch verdict {
            case .granted: return .offline(.answer(question.number))
            case .wrong: refusal = user == nil ? .unknownUser : .wrong
            case .used: refusal = .replayed
            case .closed: refusal = .closed
            }
            guard left > 0, refusal != .closed else {
                conversation.say(UserText.refused)
                return .refused(refusal)
            }
            conversation.say(UserText.again)
        }
    }

    private func unreached(_ why: String) -> StoreError {
        StoreError(.system, Array("the fleet".utf8), why)
    }
}

extension LoginOrigin {
    /// The fingerprint of the only SSH key that sshd has verified in this session; `nil` for none,
    /// and for several.
    public var soleKey: [UInt8]? { sshMethods?.key?.fingerprint }
}
