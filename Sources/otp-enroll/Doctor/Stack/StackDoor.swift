import OTPCore

/// What stands before PAM in the program that asks: sshd may ask for a key first. It remembers what
/// sshd says.
final class StackDoor {
    private let service: String
    private let user: User?
    private var known: [String: Bool] = [:]

    /// Whether another factor is asked for first, whichever way people come; `nil` where that cannot
    /// be told.
    private(set) lazy var comesProven = SSHSettings.comesProven(user, service)

    /// `user` is somebody who logs in there.
    init(_ service: String, _ user: User?) { (self.service, self.user) = (service, user) }

    /// Whether somebody may come by what PAM asks, and nothing else.
    func isPAMAlone(for name: String) -> Bool {
        guard SSHDaemon.serves(service) else { return true }
        if let answer = known[name] { return answer }
        let answer = SSHSettings.isPAMAlone(for: name)
        known[name] = answer
        return answer
    }
}
