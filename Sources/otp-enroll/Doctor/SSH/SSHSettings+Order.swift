import OTPCore

extension SSHSettings {
    /// Whether sshd asks for a key or the like before it calls PAM, in every way this user can log
    /// in; `nil` if unknown, or if the check is about another service.
    static func comesProven(_ user: User?, _ service: String) -> Bool? {
        guard SSHDaemon.serves(service), let user,
            let settings = try? SSHSettings(user: user.shownName),
            settings.isOn("usepam")
        else { return nil }
        let asking = settings.ways.filter { $0.contains(where: isPAM) }
        return asking.isEmpty ? nil : asking.allSatisfy { $0.first.map { !isPAM($0) } ?? false }
    }

    /// Whether a user can log in by PAM's questions alone.
    static func isPAMAlone(for name: String) -> Bool {
        guard let settings = try? SSHSettings(user: name), settings.isOn("usepam") else {
            return false
        }
        if name == "root", settings.value("permitrootlogin") != "yes" { return false }
        return settings.ways.contains { $0.allSatisfy(isPAM) }
    }

    private static func isPAM(_ method: String) -> Bool {
        // It may be followed by a device.
        let name = method.prefix { $0 != ":" }
        return name == "keyboard-interactive" || name == "password"
    }
}
