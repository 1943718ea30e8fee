import OTPCore
import OTPStore
import OTPWire

/// Who asks, about whom, and what the options say: looked up once for a request.
struct RequestParties {
    /// The caller.
    let asking: User
    /// The user to act on; for a request about nobody, the caller.
    let user: User
    let options: Options

    /// Looks them up, or says why there is no such request.
    static func find(
        for request: Request, of peer: Peer, _ settings: Settings
    ) throws(StoreError) -> Result<RequestParties, Reply.Denial> {
        let users = SystemUsers()
        // A UID without a name on this system stands for several people, who must not share a
        // second factor (user_namespaces(7)).
        guard peer.user != Peer.nobody, let asking = try users.user(withID: peer.user) else {
            ServiceLog.writeUnknownUser(peer.user)
            return .failure(.unknownUser)
        }
        var user = asking
        if let name = request.user {
            guard let found = try users.user(named: Array(name.utf8)) else {
                return .failure(.unknownUser)
            }
            user = found
        }
        return .success(
            RequestParties(
                asking: asking, user: user,
                options: try ConfigurationFile.options(settings.arguments)))
    }
}
