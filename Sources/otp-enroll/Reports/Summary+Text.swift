import OTPCore
import OTPWire

// The output of `status`.
extension Summary {
    /// The whole page.
    func text(user: String, now: UInt64) -> String {
        let (text, ink) = heading(user: user)
        var lines = Summary.paragraph(text).map(ink.painted)
        if !account.authenticators.isEmpty { lines += [""] + apps(now: now).lines }
        for authenticator in account.authenticators where authenticator.hasShortKey == true {
            let name = Output.printable(authenticator.name)
            let word = name.contains(" ") ? "'\(name)'" : name
            let whose = Machine.isRoot ? " " + user : ""
            lines += Summary.paragraph(
                Phrase(
                    """
                    "\(name)" has a short key, of fewer than 128 bits: enroll it anew with \
                    `otp-enroll add --name \(word)\(whose)`.
                    """
                ).text)
        }
        if !trusted.isEmpty {
            lines += [""] + keys(now: now).lines
            lines += trustRemark.map { Summary.paragraph($0) } ?? []
        }
        if admitsSecurityKeys {
            lines.append("")
            lines += Summary.paragraph(
                Phrase("SSH keys in security keys (ed25519-sk, ecdsa-sk) log in without a code.")
                    .text)
        }
        let facts = facts(user: user, now: now)
        if !facts.isEmpty { lines += [""] + Summary.aligned(facts) }
        if !account.events.isEmpty { lines += [""] + happened(now: now).lines }
        return lines.joined(separator: "\n")
    }

    /// A sentence, wrapped for the terminal.
    private static func paragraph(_ text: String) -> [String] {
        Words.wrapped(text, Terminal.outputColumns)
    }

    // MARK: The state as a sentence

    private func heading(user: String) -> (text: String, ink: Ink) {
        guard account.isEnrolled else { return (end(of: user), .caution) }
        if !account.authenticators.isEmpty {
            return (Phrase("\(user) is enrolled.").text, .good)
        }
        if account.backupCodesLeft > 0 || account.temporaryCode?.state == .live {
            let text = Phrase(
                "\(user) has no authenticator: `otp-enroll add \(user)` enrolls one.")
            return (text.text, .caution)
        }
        let text = Phrase(
            "\(user) has nothing to log in with: `otp-enroll issue \(user)` gives a new code.")
        return (text.text, .bad)
    }

    private func end(of user: String) -> String {
        let text = Phrase("\(user) is not enrolled.")
        guard let end else { return text.text }
        let (time, who) = (Machine.localTime(end.time), Output.printable(end.origin))
        let what =
            end.kind == "reset"
            ? Phrase("The second factor was reset on \(time) (\(who)).")
            : Phrase("The second factor was switched off on \(time) (\(who)).")
        return (text + what).text
    }

    // MARK: Tables

    private func apps(now: UInt64) -> Table {
        var apps = Table(
            Summary.headings([
                Phrase("AUTHENTICATOR"), Phrase("KIND"), Phrase("ADDED"), Phrase("LAST USED"),
            ]))
        for authenticator in account.authenticators {
            let used = authenticator.lastUsed
            apps.add([
                Table.Cell(Output.printable(authenticator.name)),
                Table.Cell(
                    Summary.settings(authenticator),
                    authenticator.hasShortKey == true ? .caution : .plain),
                Table.Cell(Words.when(authenticator.added, now: now)),
                Table.Cell(used == 0 ? Phrase("never").text : Words.last(used, now: now)),
            ])
        }
        return apps
    }

    private static func headings(_ phrases: [Phrase]) -> [String] { phrases.map(\.text) }

    private func keys(now: UInt64) -> Table {
        var keys = Table(
            Summary.headings([
                Phrase("TRUSTED KEY"), Phrase("UNTIL"), Phrase("LAST USED"), Phrase("FROM"),
            ]))
        for key in trusted {
            keys.add([
                key.name, key.end(now: now), Words.when(key.key.lastUsed, now: now),
                key.lastAddress.isEmpty ? "-" : key.lastAddress,
            ])
        }
        return keys
    }

    private func happened(now: UInt64) -> Table {
        var happened = Table(
            Summary.headings([
                Phrase("WHEN"), Phrase("WHAT"), Phrase("WITH"), Phrase("FROM"),
            ]))
        for event in account.events {
            happened.add([
                Table.Cell(Words.when(event.time, now: now)),
                Table.Cell(
                    Summary.what(event), event.kind == "failure" ? .caution : .plain),
                Table.Cell(Output.printable(event.detail)),
                Table.Cell(Output.printable(event.origin)),
            ])
        }
        return happened
    }

    /// The word for an event: that of the log and of `--json`, except for readers in another
    /// language.
    private static func what(_ event: EventDocument) -> String {
        guard !Speech.language.isEnglish, let kind = event.event?.kind else {
            return Output.printable(event.kind)
        }
        let phrase =
            switch kind {
            case .login: Phrase("login")
            case .failure: Phrase("failed code")
            case .verified: Phrase("code tested")
            case .added: Phrase("added")
            case .removed: Phrase("removed")
            case .codesRenewed: Phrase("new backup codes")
            case .unlocked: Phrase("unlocked")
            case .reset: Phrase("reset")
            case .disabled: Phrase("switched off")
            case .temporaryCodeIssued: Phrase("temporary code issued")
            case .temporaryCodeUsed: Phrase("temporary code used")
            case .temporaryCodeRevoked: Phrase("temporary code revoked")
            case .resynchronized: Phrase("resynchronized")
            case .imported: Phrase("imported")
            case .exported: Phrase("exported")
            case .keyTrusted: Phrase("SSH key trusted")
            case .trustRevoked: Phrase("SSH key not trusted")
            case .moved: Phrase("moved")
            case .codeSent: Phrase("code sent")
            case .contactChanged: Phrase("contact changed")
            case .messageCodeUsed: Phrase("code by message used")
            case .restored: Phrase("restored from a backup")
            }
        return phrase.text
    }

    /// `totp`, and anything unusual about it.
    private static func settings(_ authenticator: AuthenticatorDocument) -> String {
        var parts = [Output.printable(authenticator.kind)]
        if authenticator.algorithm != "SHA1" {
            parts.append(Output.printable(authenticator.algorithm))
        }
        if authenticator.digits != 6 { parts.append(Phrase("\(authenticator.digits) digits").text) }
        if authenticator.isCounter {
            parts.append(Phrase("counter \(authenticator.nextStep)").text)
        } else if authenticator.period != 30 {
            parts.append("\(authenticator.period) s")
        }
        if authenticator.hasShortKey == true { parts.append(Phrase("short key").text) }
        if authenticator.drift != 0 {
            let drift = "\(authenticator.drift > 0 ? "+" : "")\(authenticator.drift)"
            parts.append(Phrase("drift \(drift)").text)
        }
        return parts.joined(separator: " ")
    }

    // MARK: Facts

    /// One line: a label, and its text.
    private typealias Fact = (label: String, text: String, ink: Ink)

    private func facts(user: String, now: UInt64) -> [Fact] {
        var facts: [Fact] = []
        let left = account.backupCodesLeft
        if account.isEnrolled {
            let text =
                left > 2 ? "\(left)" : Phrase("\(left) (`otp-enroll codes` makes new ones)").text
            let label = Phrase("Backup codes left:").text
            facts.append((label, text, left > 2 ? .plain : .caution))
        }
        for contact in account.contacts ?? [] {
            let label =
                contact.kind == "mail" ? Phrase("Codes by mail to:") : Phrase("Codes by text to:")
            facts.append((label.text, Output.printable(contact.address), .plain))
        }
        guard account.isEnrolled || account.failures > 0 else { return facts }
        if let code = account.temporaryCode {
            facts.append((Phrase("Temporary code:").text, code.text(at: now), .plain))
        }
        let (label, failures) = (Phrase("Failures in a row:").text, "\(account.failures)")
        if let lock = account.lock {
            let text = "\(failures); \(lock.text(user: user, at: now))"
            facts.append((label, text, lock.ink))
        } else {
            facts.append((label, failures, account.failures > 0 ? .caution : .plain))
        }
        return facts
    }

    /// Facts as a list, with their texts wrapped for the terminal.
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
