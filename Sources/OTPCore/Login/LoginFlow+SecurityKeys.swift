// Logins without a code, by an SSH key that is a second factor itself: its private half lies in a
// FIDO authenticator, and sshd has verified a signature of it.

extension LoginFlow {
    /// Lets in a user who has come by a security key, whether enrolled or not, and whoever has
    /// failed at codes meanwhile: nothing is guessed here.
    ///
    /// The store has no part in it, so that its trouble keeps nobody out who needs nothing of it;
    /// the log tells of it.
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

    /// Writes the login down where the user has a record; the user's language and sentences. No
    /// failure is forgiven by it.
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
            // Told at each login, and counted where nothing older is left: since when there is the
            // key, nobody here knows.
            let listener = record.listener(since: .max)
            if conversation.isHeard { record.notices.told(to: listener, at: now) }
        }
        try session.commit()
        let listener = Notices.Listener(since: 0, oldest: 0)
        let told = notices.sentences(to: listener, at: now, backupCodesLeft: left)
        return (session.withRecord { $0.language }, told + remark(on: session, at: now))
    }
}
