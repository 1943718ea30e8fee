/// Enrolls a device during a login: shows a QR code and the key to type, asks for the first code,
/// and gives backup codes if none are left.
///
/// Nothing is stored before a code was right. The user was authenticated earlier, by a first factor
/// or a temporary code.
struct EnrollmentDialog<
    Talk: Conversation, Time: Clock, Random: Randomness, Keeper: EnrollmentKeeper, Codes: QREncoder
> {
    let conversation: Talk
    let clock: Time
    let random: Random
    /// Where it is stored.
    let keeper: Keeper
    let codes: Codes
    let options: Options
    /// The origin of the event, for the event log.
    let origin: [UInt8]
    /// What apps show next to the user's name.
    let issuer: [UInt8]
    /// Whether the user can see a QR code.
    let showsPicture: Bool
    /// Whether typing is echoed.
    let echo: Bool

    /// How many codes may be wrong before it ends.
    private static var tries: Int { 3 }
    /// The most questions, including those for another drawing.
    private static var questions: Int { 12 }

    /// How it ended.
    enum Ending: Equatable {
        /// The device logs in from now on.
        case enrolled(Name)
        /// Nothing was typed.
        case putOff
        /// Too many wrong codes.
        case failed
        /// Somebody else enrolled the user meanwhile.
        case taken
        /// No answer came.
        case gone
    }

    /// Enrolls the device called `name` with a new key, if nothing of the user's ends meanwhile:
    /// the record must still have this epoch.
    func run(
        _ user: User, _ name: Name, for purpose: EnrollmentPurpose, in epoch: UInt64
    ) throws(StoreError) -> Ending {
        let now = try clock.now()
        guard now >= MachineTime.earliest,
            var authenticator = Authenticator(name: name, added: now)
        else { throw StoreError(.clock, [], "this machine's clock is years behind") }
        var bytes = try random.bytes(Authenticator.keyLength)
        let asked = EnrollmentPrompt(
            authenticator: authenticator, key: Secret(wiping: &bytes),
            label: KeyLabel(
                issuer: issuer, user: user.name,
                device: purpose == .beside(others: true) ? name : nil),
            purpose: purpose, words: conversation.words)
        let confirmation = Confirmation(authenticator: authenticator, window: options.window)
        var form: QRText.Form? = showsPicture ? .blocks : nil
        var question = asked.question(codes, as: form)
        defer { Secret.wipe(&question.text) }
        var tries = 0
        for _ in 0..<Self.questions {
            let reply = try ask(question, confirmation, asked.key)
            Secret.wipe(&question.text)
            switch reply {
            case .none: return .gone
            case .empty: return .putOff
            case .invert:
                form = form.map { $0 == .blocks ? .invertedBlocks : .blocks }
                question = asked.question(codes, as: form)
                continue
            case .ascii:
                form = form.map { $0 == .ascii ? .blocks : .ascii }
                question = asked.question(codes, as: form)
                continue
            case .code(.right(let nextStep, let skew)):
                authenticator.nextStep = nextStep
                let new = Enrollment(
                    authenticator, key: asked.key.withBytes { Secret(copying: $0) },
                    hasWishedName: false, replaced: purpose.replaced, isFirst: purpose.isFirst,
                    epoch: epoch)
                return try keep(new, of: user, skew: skew)
            case .code(.offClock):
                question = asked.again(
                    Phrase(
                        "The key is right, but the clock of the app or of this machine is wrong."),
                    hasPicture: question.hasPicture)
            case .code(.ignored), .code(.wrong):
                question = asked.again(
                    Phrase("That is not a code for this key."), hasPicture: question.hasPicture)
            }
            tries += 1
            if tries == Self.tries { return .failed }
        }
        return .failed
    }

    // MARK: Asking

    private enum Reply {
        case none
        case empty
        case invert
        case ascii
        case code(Confirmation.Verdict)
    }

    private func ask(
        _ question: EnrollmentPrompt.Question, _ confirmation: Confirmation,
        _ key: borrowing Secret
    ) throws(StoreError) -> Reply {
        let answer: Answer
        do throws(ConversationError) {
            guard let typed = try conversation.ask(question.text, echo: echo) else { return .none }
            if let letter = typed.withBytes({ EnrollmentDialog.letter($0) }), question.hasPicture {
                if letter == UInt8(ascii: "i") { return .invert }
                if letter == UInt8(ascii: "a") { return .ascii }
            }
            answer = typed.withBytes { Answer($0) }
        } catch {
            return .none
        }
        let now = try clock.now()
        switch answer {
        case .empty: return .empty
        case .code(let value, let digits):
            return .code(
                key.withBytes { confirmation.judge(value, digits: digits, key: $0, at: now) })
        case .malformed: return .code(.wrong)
        case .joinedCode: return .code(.wrong)
        case .backupCode: return .code(.wrong)
        case .temporaryCode: return .code(.wrong)
        }
    }

    /// The only letter of an answer, in lower case.
    private static func letter(_ typed: Span<UInt8>) -> UInt8? {
        typed.count == 1 ? typed[0] | 0x20 : nil
    }

    // MARK: Storing

    private func keep(
        _ new: borrowing Enrollment, of user: User, skew: Int
    ) throws(StoreError) -> Ending {
        guard let kept = try keeper.enroll(new, of: user, from: origin) else { return .taken }
        let name = kept.authenticator.name
        let said =
            Phrase("\"\(name.text)\" is enrolled.")
            + UserText.trustEnded(kept.trustEnded.map(\.text))
        if kept.backupCodes.isEmpty {
            conversation.inform(said)
        } else {
            hand(kept.backupCodes, after: said)
        }
        if skew != 0 { conversation.inform(UserText.clockIsOff(name, by: skew)) }
        return .enrolled(name)
    }

    /// Shows backup codes with a question, so that they are read before anything else comes, and
    /// only once: some sshds show plain messages twice (and `ssh -q` never).
    private func hand(_ codes: [String], after said: Phrase) {
        let end = UserText.lineEnd
        let title = Phrase(
            "Backup codes, each for one login without the device. They are shown only now:")
        var text = "\n\(conversation.words(said))\(end)\(conversation.words(title))\(end)\n"
        for code in codes { text += "    \(code)\(end)" }
        text += "\n\(conversation.words(Phrase("Press Return when you have saved them:"))) "
        do throws(ConversationError) {
            _ = try conversation.ask(Array(text.utf8), echo: echo)
        } catch {
            // The device is enrolled anyway, and `otp-enroll codes` makes new ones.
        }
    }
}
