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
            welcome(
                try accounts.noteLogin(
                    of: user, bySecurityKey: key.kind, isHeard: conversation.isHeard, from: place))
            return .securityKey(key, trouble: nil)
        } catch {
            return .securityKey(key, trouble: error)
        }
    }
}
