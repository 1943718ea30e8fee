import OTPCore

/// What comes before PAM in the calling program: sshd may ask for a key first. It caches sshd's
/// answers.
final class StackDoor {
    private let service: String
    private let user: User?
    private var known: [String: Bool] = [:]

    /// Whether another factor always comes first, in every way to log in; `nil` if unknown.
    private(set) lazy var comesProven = SSHSettings.comesProven(user, service)

    /// `user` is a user who logs in there.
    init(_ service: String, _ user: User?) { (self.service, self.user) = (service, user) }

    /// Whether a user can log in by PAM's questions alone.
    func isPAMAlone(for name: String) -> Bool {
        guard SSHDaemon.serves(service) else { return true }
        if let answer = known[name] { return answer }
        let answer = SSHSettings.isPAMAlone(for: name)
        known[name] = answer
        return answer
    }
}
