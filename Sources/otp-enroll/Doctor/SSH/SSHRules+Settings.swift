import OTPCore

/// Settings that matter apart from the ways to log in.
extension SSHRules {
    /// Whether a security key that logs in without a code must be touched, or given its PIN. sshd
    /// requires a touch unless users say otherwise in their own files.
    func securityKeys(_ settings: SSHSettings) -> SSHFault? {
        let demands = settings.value("pubkeyauthoptions")
        guard options.admitsSecurityKeys, !demands.contains("touch-required"),
            !demands.contains("verify-required")
        else { return nil }
        return SSHFault(
            .warning,
            "a security key logs in without a code, and nobody need be there to touch it: a user's"
                + " authorized_keys, or a certificate, may say no-touch-required",
            "PubkeyAuthOptions touch-required")
    }

    func emptyPasswords(_ ways: [[String]], _ settings: SSHSettings) -> SSHFault? {
        guard settings.isOn("permitemptypasswords"), !needsFirstFactor,
            ways.contains(where: { $0.allSatisfy { SSHRules.isPAM($0) } })
        else { return nil }
        return SSHFault(
            .warning, "sshd lets PAM take an empty password: who has one logs in by a code alone",
            "PermitEmptyPasswords no")
    }

    /// What sshd, from OpenSSH 9.8 on, does with addresses whose logins fail.
    func penalties(_ settings: SSHSettings) -> SSHFault? {
        // `no`, or `authfail:5 max:600 min:15` and more, with decimals from 10.3 on.
        var seconds: [Substring: Int] = [:]
        for word in settings.value("persourcepenalties").split(separator: " ") {
            let parts = word.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let number = Double(parts[1]) else { continue }
            seconds[parts[0]] = Int(exactly: number.rounded(.up))
        }
        guard let each = seconds["authfail"], each > 0, let least = seconds["min"],
            let most = seconds["max"]
        else { return nil }
        let listed = settings.value("persourcepenaltyexemptlist")
        let exempt =
            ["", "none"].contains(listed)
            ? "`PerSourcePenaltyExemptList 203.0.113.0/24` exempts a network, such as an office's"
            : "exempt are \(listed) (PerSourcePenaltyExemptList)"
        return SSHFault(
            .note,
            "sshd itself blocks addresses from which logins fail: each refused connection adds"
                + " \(each) s, wrong codes included, and above \(least) s every connection from"
                + " there is refused until they have passed, \(most) s at most"
                + " (PerSourcePenalties); \(exempt)")
    }
}
