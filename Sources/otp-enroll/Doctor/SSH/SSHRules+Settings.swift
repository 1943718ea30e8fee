import OTPCore

/// Settings that matter beside the ways to log in.
extension SSHRules {
    /// Whether a security key that logs in without a code has to be touched, or to be told its PIN.
    /// sshd demands a touch unless users say otherwise in a file of their own.
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

    func penalties(_ settings: SSHSettings) -> SSHFault? {
        let penalties = settings.value("persourcepenalties")
        guard !penalties.isEmpty, penalties != "no" else { return nil }
        return SSHFault(
            .note,
            "after logins that failed, by a wrong code too, sshd turns the address away for a"
                + " while, and with it all who share it: see PerSourcePenalties and"
                + " PerSourcePenaltyExemptList in sshd_config(5)")
    }
}
