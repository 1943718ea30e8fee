// Logins without a code, by an SSH key that is a second factor itself: its private half is in a
// FIDO authenticator, and sshd has verified its signature.

extension LoginFlow {
    /// Lets in a user who came with a security key, enrolled or not, and whatever codes have failed
    /// meanwhile: nothing is guessed here.
    ///
    /// The store plays no part, so its trouble keeps nobody out who does not need it; the trouble
    /// is logged.
    func admit(_ user: User, bySecurityKey key: SSHKey, from place: LoginOrigin) -> LoginResult {
        do throws(StoreError) {
            let (language, told) = try note(key, of: user, from: place)
            if let language { conversation.speak(language) }
            for sentence in told { conversation.inform(sentence) }
            return .securityKey(key, trouble: nil)
        } catch {
            return .securityKey(key, trouble: error)
        }
    }

    /// Records the login if the user has a record; returns the user's language and sentences. It
    /// clears no failures.
    private func note(
        _ key: SSHKey, of user: User, from place: LoginOrigin
    ) throws(StoreError) -> (Language?, [Phrase]) {
        guard let session = try openStore().open(user) else { return (nil, []) }
        defer { session.close() }
        let now = try clock.now()
        let notices = session.withRecord { $0.notices }
        let left = session.withRecord { $0.backupCodesLeft }
        session.withRecord { record in
            var detail = [UInt8]("security key " as StaticString)
            detail.append(copying: key.kind.span)
            record.note(Event(.login, at: now, detail: detail, origin: place.origin))
            // Told at each login, and counted only if nothing older is left: nobody here knows how
            // long the key has existed.
            let listener = record.listener(since: .max)
            if conversation.isHeard { record.notices.told(to: listener, at: now) }
        }
        try session.commit()
        let listener = Notices.Listener(since: 0, oldest: 0)
        let told = notices.sentences(to: listener, at: now, backupCodesLeft: left)
        return (session.withRecord { $0.language }, told + remark(on: session, at: now))
    }
}
