/// Puts notices into sentences for the terminal of a login.
extension Notices {
    /// What `listener` is told when let in by `factor`; `enrollsNext` if the new device is enrolled
    /// at once. `skew` is in seconds, 0 if there is nothing to say about the device's clock.
    func sentences(
        to listener: Listener, after factor: Outcome.Factor, at now: UInt64,
        backupCodesLeft left: Int, enrollsNext: Bool = false, clockIsOffBy skew: Int = 0
    ) -> [Phrase] {
        // The usual case; making no list saves a login's time.
        if case .code = factor, isEmpty, skew == 0 { return [] }
        var notices = self
        var sentences: [Phrase] = []
        if case .code(let name, _) = factor, skew != 0 {
            sentences.append(UserText.clockIsOff(name, by: skew))
        }
        switch factor {
        case .code, .messageCode: break
        case .backupCode: notices.remindsOfBackupCodes = true
        case .temporaryCode:
            if !enrollsNext { sentences.append(UserText.temporaryCodeUsed) }
        }
        sentences += notices.sentences(to: listener, at: now, backupCodesLeft: left)
        return sentences
    }

    /// The sentences; `left` is how many backup codes are left.
    func sentences(
        to listener: Listener, at now: UInt64, backupCodesLeft left: Int
    ) -> [Phrase] {
        var sentences: [Phrase] = []
        if failures.count > 0, listener.hears(of: failures.since) {
            sentences.append(failed(at: now))
        }
        for event in changes(for: listener, at: now) {
            sentences += Notices.sentences(about: event, at: now)
        }
        if remindsOfBackupCodes { sentences.append(UserText.backupCodesLeft(left)) }
        return sentences
    }

    private func failed(at now: UInt64) -> Phrase {
        let (count, place) = (failures.count, Notices.place(failures.origin))
        let since = UserText.moment(failures.since, now: now)
        return Phrase(
            count, one: "\(count) failed code since \(since), last from \(place).",
            other: "\(count) failed codes since \(since), last from \(place).")
    }

    /// The address in an origin such as `sshd 192.0.2.7`, or the service if there is none.
    private static func place(_ origin: [UInt8]) -> Phrase {
        if origin.isEmpty { return Phrase("this machine") }
        let isCommand = origin.starts(with: "otp-enroll".utf8)
        let blank = isCommand ? nil : origin.firstIndex(of: UInt8(ascii: " "))
        let place = blank.map { origin[($0 + 1)...] } ?? origin[...]
        return Phrase("\(String(decoding: place, as: UTF8.self))")
    }

    /// What happened, in words for a user, and what to do about it.
    public static func sentences(about event: Event, at now: UInt64) -> [Phrase] {
        let what = what(event.kind, event.subject)
        let origin = String(decoding: event.origin, as: UTF8.self)
        let said = Phrase("\(what) on \(UserText.moment(event.time, now: now)) (\(origin)).")
        return [said] + event.ended.map(sentence)
    }

    /// Stays true once the user has done it: it is told again.
    private static func sentence(_ ended: Event.Ended) -> Phrase {
        switch ended {
        case .backupCodes:
            Phrase(
                """
                Backup codes from before do not count any more: `otp-enroll codes` makes new ones.
                """)
        case .temporaryCode:
            Phrase("The temporary code from before does not count any more.")
        case .counter:
            Phrase(
                """
                A token that counts is refused until `otp-enroll resync` has found its counter.
                """)
        }
    }

    private static func what(_ kind: Event.Kind, _ name: String) -> Phrase {
        switch kind {
        case .login, .failure, .verified: Phrase("A code was tried")
        case .codeSent: Phrase("A code was sent to you")
        case .messageCodeUsed: Phrase("A code by message was used")
        case .contactChanged: Phrase("Where your codes are sent was changed: \(name)")
        case .added: Phrase("The authenticator \"\(name)\" was added")
        case .removed: Phrase("The authenticator \"\(name)\" was removed")
        case .codesRenewed: Phrase("New backup codes were made")
        case .unlocked where name.isEmpty: Phrase("Your failed codes were cleared")
        case .unlocked: Phrase("An unlock was scheduled")
        case .reset: Phrase("Your second factor was reset")
        case .disabled: Phrase("Your second factor was switched off")
        case .temporaryCodeIssued: Phrase("A temporary code was issued")
        case .temporaryCodeUsed: Phrase("A temporary code was used")
        case .temporaryCodeRevoked: Phrase("A temporary code was revoked")
        case .resynchronized: Phrase("The authenticator \"\(name)\" was resynchronized")
        case .imported: Phrase("The authenticator \"\(name)\" was imported")
        case .exported: Phrase("Your key was exported")
        case .keyTrusted: Phrase("The SSH key \"\(name)\" was trusted to skip the code")
        case .trustRevoked where name.isEmpty: Phrase("All SSH keys lost their trust")
        case .trustRevoked: Phrase("The SSH key \"\(name)\" lost its trust")
        case .moved: Phrase("Your second factor was moved here from \(name)")
        case .restored where name.isEmpty:
            Phrase("Your second factor was restored from an earlier copy")
        case .restored: Phrase("Your second factor was restored from a backup of \(name)")
        }
    }
}
