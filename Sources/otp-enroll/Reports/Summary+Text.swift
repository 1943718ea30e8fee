import OTPWire

// What `status` tells a person.
extension Summary {
    /// The whole page.
    func text(user: String, now: UInt64) -> String {
        var lines = [heading(user: user)]
        if !account.authenticators.isEmpty { lines += [""] + apps(now: now).lines }
        for authenticator in account.authenticators where authenticator.hasShortKey == true {
            let name = Output.printable(authenticator.name)
            let word = name.contains(" ") ? "'\(name)'" : name
            lines.append(
                "\"\(name)\" has a short key, of fewer than 128 bits: enroll it anew with"
                    + " `otp-enroll add --name \(word)\(Machine.isRoot ? " " + user : "")`.")
        }
        if !trusted.isEmpty {
            lines += [""] + keys.lines + (trustRemark.map { [$0] } ?? [])
        }
        if admitsSecurityKeys {
            lines += [
                "", "SSH keys in security keys (ed25519-sk, ecdsa-sk) log in without a code.",
            ]
        }
        if account.isEnrolled || account.failures > 0 {
            lines.append("")
            if account.isEnrolled {
                lines.append("Backup codes left: \(account.backupCodesLeft)\(codesHint)")
            }
            if let code = account.temporaryCode {
                lines.append("Temporary code: \(code.text(at: now))")
            }
            let locked = account.lock.map { "; " + $0.text(user: user, at: now) } ?? ""
            lines.append("Failures in a row: \(account.failures)\(locked)")
        }
        if !account.events.isEmpty { lines += [""] + happened.lines }
        return lines.joined(separator: "\n")
    }

    private func heading(user: String) -> String {
        guard account.isEnrolled else {
            guard let end else { return "\(user) is not enrolled." }
            let what = end.kind == "reset" ? "reset" : "switched off"
            return "\(user) is not enrolled. The second factor was \(what) on "
                + "\(Machine.localTime(end.time)) (\(Output.printable(end.origin)))."
        }
        if !account.authenticators.isEmpty { return "\(user) is enrolled." }
        let hasOther = account.backupCodesLeft > 0 || account.temporaryCode?.state == .live
        return hasOther
            ? "\(user) has no authenticator: `otp-enroll add \(user)` enrolls one."
            : "\(user) has nothing to log in with: `otp-enroll issue \(user)` gives a new code."
    }

    private func apps(now: UInt64) -> Table {
        var apps = Table(["AUTHENTICATOR", "KIND", "ADDED", "LAST USED"])
        for authenticator in account.authenticators {
            let used = authenticator.lastUsed
            apps.add([
                Output.printable(authenticator.name), Summary.settings(authenticator),
                Machine.localTime(authenticator.added),
                used == 0 ? "never" : "\(Machine.localTime(used)) (\(Words.ago(used, now: now)))",
            ])
        }
        return apps
    }

    private var keys: Table {
        var keys = Table(["TRUSTED KEY", "UNTIL", "LAST USED", "FROM"])
        for key in trusted {
            keys.add([
                key.name, key.end, Machine.localTime(key.key.lastUsed),
                key.lastAddress.isEmpty ? "-" : key.lastAddress,
            ])
        }
        return keys
    }

    private var happened: Table {
        var happened = Table(["WHEN", "WHAT", "WITH", "FROM"])
        for event in account.events {
            happened.add([
                Machine.localTime(event.time), Output.printable(event.kind),
                Output.printable(event.detail), Output.printable(event.origin),
            ])
        }
        return happened
    }

    private var codesHint: String {
        account.backupCodesLeft > 2 ? "" : " (`otp-enroll codes` makes new ones)"
    }

    /// `totp`, and what is unusual about it.
    private static func settings(_ authenticator: AuthenticatorDocument) -> String {
        var parts = [Output.printable(authenticator.kind)]
        if authenticator.algorithm != "SHA1" {
            parts.append(Output.printable(authenticator.algorithm))
        }
        if authenticator.digits != 6 { parts.append("\(authenticator.digits) digits") }
        if authenticator.isCounter {
            parts.append("counter \(authenticator.nextStep)")
        } else if authenticator.period != 30 {
            parts.append("\(authenticator.period) s")
        }
        if authenticator.hasShortKey == true { parts.append("short key") }
        if authenticator.drift != 0 {
            parts.append("drift \(authenticator.drift > 0 ? "+" : "")\(authenticator.drift)")
        }
        return parts.joined(separator: " ")
    }
}
