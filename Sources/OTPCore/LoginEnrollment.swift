/// Enrolls a new device within the conversation of a login that has succeeded: shows a key to
/// type, asks for its first code, and hands out backup codes where none are left.
///
/// Nothing is kept until a code was right.
struct LoginEnrollment<
    Talk: Conversation, Time: Clock, Random: Randomness, Records: RecordStore
> {
    let conversation: Talk
    let clock: Time
    let random: Random
    let records: Records
    let options: Options
    /// What the event log says about where it was done.
    let origin: [UInt8]

    /// How often a code may be wrong before it ends.
    private static var tries: Int { 3 }

    /// The name of the device; `nil` where the user gave up, or would not.
    func run(_ user: User) throws(StoreError) -> Name? {
        guard let place = try place(for: user),
            var authenticator = Authenticator(name: place.name, added: try clock.now())
        else { return givenUp() }
        var bytes = try random.bytes(Authenticator.keyLength)
        let key = Secret(wiping: &bytes)
        let confirmation = Confirmation(authenticator: authenticator, window: options.window)
        var question = introduction(key, place, user)
        defer { Secret.wipe(&question) }
        for _ in 0..<Self.tries {
            let verdict = try ask(question, confirmation, key)
            switch verdict {
            case .none: return givenUp()
            case .some(.right(let nextStep, _)):
                authenticator.nextStep = nextStep
                return try keep(authenticator, key, place, of: user)
            case .some(.offClock):
                Secret.wipe(&question)
                question.append("\nThe key is right, but the app's clock or this machine's is not.")
            case .some(.ignored), .some(.wrong):
                Secret.wipe(&question)
                question.append("\nThat is not the code of this key.")
            }
            question.append(Self.question)
        }
        return givenUp()
    }

    // MARK: Asking

    /// Where the new device goes.
    private struct NewPlace {
        let name: Name
        let replaces: Bool
    }

    /// The place of the only authenticator there is, which is the one that was lost, or one
    /// beside several; `nil` where there is no room.
    private func place(for user: User) throws(StoreError) -> NewPlace? {
        guard let session = try records.open(user) else { return nil }
        defer { session.close() }
        let names = session.withRecord { record in
            record.authenticators.map { $0.name }
        }
        if names.count == 1, let only = names.first { return NewPlace(name: only, replaces: true) }
        guard names.count < Record.maximumAuthenticators else { return nil }
        return Name.free(beside: names).map { NewPlace(name: $0, replaces: false) }
    }

    private static var question: StaticString { "\nCode shown by the app (empty: later): " }

    /// The first question, with the key in groups of four. To be wiped.
    private func introduction(
        _ key: borrowing Secret, _ place: NewPlace, _ user: User
    ) -> [UInt8] {
        var symbols = key.withBytes { Base32.encode($0) }
        defer { Secret.wipe(&symbols) }
        var text: [UInt8] = []
        // At once, so that growing leaves no copies behind.
        text.reserveCapacity(1024)
        text.append("\nEnroll your new device: in an authenticator app, add an account for ")
        text.append(contentsOf: LogLine.visible(user.name).prefix(64))
        text.append("\nwith this key (time based):\n")
        for (position, symbol) in symbols.enumerated() {
            if position % 16 == 0 {
                text.append("\n    ")
            } else if position % 4 == 0 {
                text.append(UInt8(ascii: " "))
            }
            text.append(symbol)
        }
        text.append(place.replaces ? "\n\nIt takes the place of \"" : "\n\nIt will be called \"")
        text.append(copying: place.name.bytes.span)
        text.append(place.replaces ? "\", which ends." : "\" here.")
        text.append(Self.question)
        return text
    }

    /// Asks for a code and judges it; `nil` for somebody who does not want to, or is gone.
    private func ask(
        _ question: [UInt8], _ confirmation: Confirmation, _ key: borrowing Secret
    ) throws(StoreError) -> Confirmation.Verdict? {
        let answer: Answer
        do throws(ConversationError) {
            guard let typed = try conversation.ask(question, echo: true) else {
                return nil
            }
            answer = typed.withBytes { Answer($0) }
        } catch {
            return nil
        }
        let now = try clock.now()
        switch answer {
        case .empty: return nil
        case .malformed: return .wrong
        case .backupCode: return .wrong
        case .temporaryCode: return .wrong
        case .code(let value, let digits):
            return key.withBytes { confirmation.judge(value, digits: digits, key: $0, at: now) }
        }
    }

    // MARK: Keeping

    private func keep(
        _ authenticator: Authenticator, _ key: borrowing Secret, _ place: NewPlace, of user: User
    ) throws(StoreError) -> Name? {
        let now = try clock.now()
        var codes: [String] = []
        try keep(authenticator, key, place, of: user, at: now, &codes)
        let said = "\"\(authenticator.name.text)\" is enrolled."
        if codes.isEmpty { conversation.inform(said) } else { hand(codes, after: said) }
        return authenticator.name
    }

    /// Shows backup codes with a question, so that they are read before anything else comes, and
    /// once: what is only said, some sshd show twice (and `ssh -q` not at all).
    private func hand(_ codes: [String], after said: String) {
        var text =
            "\n\(said)\nBackup codes, each for one login without the device, shown only now:\n"
        for code in codes { text += "\n    \(code)" }
        text += "\n\nPress Return when you have kept them: "
        do throws(ConversationError) {
            _ = try conversation.ask(Array(text.utf8), echo: true)
        } catch {
            // The device is enrolled all the same, and `otp-enroll codes` makes new ones.
        }
    }

    private func keep(
        _ authenticator: Authenticator, _ key: borrowing Secret, _ place: NewPlace, of user: User,
        at now: UInt64, _ codes: inout [String]
    ) throws(StoreError) {
        guard let session = try records.open(user) else {
            throw StoreError(.missing, user.name, "the record was removed meanwhile")
        }
        defer { session.close() }
        let isKept = session.withRecord { record in
            // One of this name that came up meanwhile is somebody else's.
            let isTaken = record.authenticators.contains { $0.name == place.name }
            if isTaken && !place.replaces { return false }
            return key.withBytes { key in
                do throws(Record.ChangeError) {
                    try record.add(authenticator, key: key)
                } catch {
                    return false
                }
                record.note(
                    Event(.added, at: now, detail: authenticator.name.bytes, origin: origin))
                return true
            }
        }
        guard isKept else { throw StoreError(.system, user.name, "there is no room for it") }
        if session.withRecord({ $0.backupCodesLeft == 0 }) {
            codes = try renewBackupCodes(of: session, at: now)
        }
        try session.commit()
    }

    private func renewBackupCodes(
        of session: Records.Session, at now: UInt64
    ) throws(StoreError) -> [String] {
        var codes: [String] = []
        var failure: StoreError?
        session.withRecord { record in
            do throws(StoreError) {
                codes = try record.renewedBackupCodes(at: now, random: random)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return codes
    }

    private func givenUp() -> Name? {
        conversation.inform(UserText.notEnrolled)
        return nil
    }
}
