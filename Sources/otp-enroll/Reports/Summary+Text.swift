import OTPCore
import OTPWire

// What `status` tells a person.
extension Summary {
    /// The whole page.
    func text(user: String, now: UInt64) -> String {
        let (text, ink) = heading(user: user)
        var lines = Summary.paragraph(text).map(ink.painted)
        if !account.authenticators.isEmpty { lines += [""] + apps(now: now).lines }
        for authenticator in account.authenticators where authenticator.hasShortKey == true {
            let name = Output.printable(authenticator.name)
            let word = name.contains(" ") ? "'\(name)'" : name
            lines += Summary.paragraph(
                "\"\(name)\" has a short key, of fewer than 128 bits: enroll it anew with"
                    + " `otp-enroll add --name \(word)\(Machine.isRoot ? " " + user : "")`.")
        }
        if !trusted.isEmpty {
            lines += [""] + keys(now: now).lines
            lines += trustRemark.map { Summary.paragraph($0) } ?? []
        }
        if admitsSecurityKeys {
            lines.append("")
            lines += Summary.paragraph(
                "SSH keys in security keys (ed25519-sk, ecdsa-sk) log in without a code.")
        }
        let facts = facts(user: user, now: now)
        if !facts.isEmpty { lines += [""] + Summary.aligned(facts) }
        if !account.events.isEmpty { lines += [""] + happened(now: now).lines }
        return lines.joined(separator: "\n")
    }

    /// A sentence, broken for the terminal.
    private static func paragraph(_ text: String) -> [String] {
        Words.wrapped(text, Terminal.outputColumns)
    }

    // MARK: The state in a sentence

    private func heading(user: String) -> (text: String, ink: Ink) {
        guard account.isEnrolled else { return (end(of: user), .caution) }
        if !account.authenticators.isEmpty { return ("\(user) is enrolled.", .good) }
        if account.backupCodesLeft > 0 || account.temporaryCode?.state == .live {
            let text = "\(user) has no authenticator: `otp-enroll add \(user)` enrolls one."
            return (text, .caution)
        }
        let text =
            "\(user) has nothing to log in with: `otp-enroll issue \(user)` gives a new code."
        return (text, .bad)
    }

    private func end(of user: String) -> String {
        guard let end else { return "\(user) is not enrolled." }
        let (time, who) = (Machine.localTime(end.time), Output.printable(end.origin))
        return end.kind == "reset"
            ? "\(user) is not enrolled. The second factor was reset on \(time) (\(who))."
            : "\(user) is not enrolled. The second factor was switched off on \(time) (\(who))."
    }

    // MARK: Tables

    private func apps(now: UInt64) -> Table {
        var apps = Table(["AUTHENTICATOR", "KIND", "ADDED", "LAST USED"])
        for authenticator in account.authenticators {
            let used = authenticator.lastUsed
            apps.add([
                Table.Cell(Output.printable(authenticator.name)),
                Table.Cell(
                    Summary.settings(authenticator),
                    authenticator.hasShortKey == true ? .caution : .plain),
                Table.Cell(Words.when(authenticator.added, now: now)),
                Table.Cell(used == 0 ? "never" : Words.last(used, now: now)),
            ])
        }
        return apps
    }

    private func keys(now: UInt64) -> Table {
        var keys = Table(["TRUSTED KEY", "UNTIL", "LAST USED", "FROM"])
        for key in trusted {
            keys.add([
                key.name, key.end(now: now), Words.when(key.key.lastUsed, now: now),
                key.lastAddress.isEmpty ? "-" : key.lastAddress,
            ])
        }
        return keys
    }

    private func happened(now: UInt64) -> Table {
        var happened = Table(["WHEN", "WHAT", "WITH", "FROM"])
        for event in account.events {
            happened.add([
                Table.Cell(Words.when(event.time, now: now)),
                Table.Cell(
                    Output.printable(event.kind), event.kind == "failure" ? .caution : .plain),
                Table.Cell(Output.printable(event.detail)),
                Table.Cell(Output.printable(event.origin)),
            ])
        }
        return happened
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

    // MARK: Facts

    /// Something in a line: what it is, and what is to be said of it.
    private typealias Fact = (label: String, text: String, ink: Ink)

    private func facts(user: String, now: UInt64) -> [Fact] {
        var facts: [Fact] = []
        let left = account.backupCodesLeft
        if account.isEnrolled {
            let text = left > 2 ? "\(left)" : "\(left) (`otp-enroll codes` makes new ones)"
            facts.append(("Backup codes left:", text, left > 2 ? .plain : .caution))
        }
        guard account.isEnrolled || account.failures > 0 else { return facts }
        if let code = account.temporaryCode {
            facts.append(("Temporary code:", code.text(at: now), .plain))
        }
        let failures = "\(account.failures)"
        if let lock = account.lock {
            let text = "\(failures); \(lock.text(user: user, at: now))"
            facts.append(("Failures in a row:", text, lock.ink))
        } else {
            facts.append(
                ("Failures in a row:", failures, account.failures > 0 ? .caution : .plain))
        }
        return facts
    }

    /// Facts below each other, their texts broken for the terminal.
    private static func aligned(_ facts: [Fact]) -> [String] {
        let width = facts.map { Columns.count($0.label) }.max() ?? 0
        return facts.flatMap { fact in
            let room = Terminal.outputColumns - width - 1
            return Words.wrapped(fact.text, room).enumerated().map { index, line in
                Columns.padded(index == 0 ? fact.label : "", to: width) + " "
                    + fact.ink.painted(line)
            }
        }
    }
}
