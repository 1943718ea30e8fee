import OTPCore
import OTPStore
import OTPWire

/// Shows a new authenticator on the terminal, and asks for its code until one is right; then it is
/// stored.
struct Interview {
    let context: Context
    /// What the user should know before scanning.
    let notices: [String]

    /// Shows `new` and asks. Throws if the user gives up, or if the app cannot do it; in either
    /// case QR code and key are removed from the screen.
    func confirm(
        _ new: NewAuthenticator, _ codes: QRCodes?, _ form: QRForm,
        _ interruptions: borrowing Interruptions
    ) throws -> ChangeDocument {
        var page = EnrollmentScreen.Page.picture
        var message: String?
        Terminal.enterScreen()
        let looks = QRLook.all(form, form.asksForPictures ? TerminalQuestion.ask() : nil)
        let removal = looks.first?.removal ?? ""
        defer { Terminal.leaveScreen(removal) }
        while true {
            var view = screen(new, looks, form).view(codes, looks, page: page, message: message)
            Terminal.show(&view.text, removal)
            switch Terminal.nextInput(interruptions) {
            case .resized: continue
            case .ended: throw givenUp
            case .line(var typed):
                defer { Secret.wipe(&typed) }
                var answer = TerminalAnswers.removed(from: typed)
                defer { Secret.wipe(&answer) }
                // A right code stores it: this is the last moment to quit.
                if interruptions.endIsAsked() { throw givenUp }
                if view.hasPages, case .empty = Answer(answer.span) {
                    page = page == .picture ? .key : .picture
                    message = nil
                    continue
                }
                switch try judge(answer, new) {
                case .kept(let change): return change
                // The message is shown next to the key.
                case .again(let words): (message, page) = (words, .key)
                }
            }
        }
    }

    /// The same for a token that already has its key: nothing is scanned, so the questions simply
    /// follow each other on the screen. `show` gets what was stored, and Ctrl-C cannot keep it from
    /// being shown.
    func confirmToken(
        _ new: NewAuthenticator, _ show: (ChangeDocument) throws -> Void
    ) throws {
        for notice in notices { Output.note(notice) }
        while true {
            var typed = Terminal.readAnswer(
                Phrase("Code shown by the token (empty: give up):").text + " ")
            defer { Secret.wipe(&typed) }
            // Held from here: an exit between storing and showing would lose the backup codes.
            let interruptions = try Interruptions()
            switch try judge(typed, new) {
            case .kept(let change): return try show(change)
            case .again(let words): Output.note(words)
            }
            if interruptions.endIsAsked() { throw givenUp }
        }
    }

    /// The result of a code.
    private enum Judgment {
        case kept(ChangeDocument)
        /// Ask again, after these words.
        case again(String)
    }

    private func judge(
        _ typed: [UInt8], _ new: NewAuthenticator
    ) throws -> Judgment {
        let wrong = Phrase("Codes for this key have \(new.authenticator.digits) digits.").text
        switch Answer(typed.span) {
        case .empty: throw givenUp
        case .malformed: return .again(wrong)
        case .joinedCode: return .again(wrong)
        case .temporaryCode: return .again(wrong)
        case .backupCode: return .again(wrong)
        case .code(_, let digits):
            let code = String(decoding: typed, as: UTF8.self)
            switch try context.ask(.confirm(ticket: new.ticket, code: code)) {
            case .done(let change): return .kept(change)
            case .verdict(.ignored(let settings)): throw ignored(settings, new.authenticator)
            case .verdict(.offClock(let steps)):
                return .again(offClock(steps, new.authenticator))
            case .verdict(.wrong):
                return .again(
                    digits == new.authenticator.digits
                        ? Phrase(
                            "That is not a code for this key. Try the next one the app shows."
                        ).text : wrong)
            case let other: throw context.failure(other)
            }
        }
    }

    // MARK: Words

    private func screen(
        _ new: NewAuthenticator, _ looks: [QRLook], _ form: QRForm
    ) -> EnrollmentScreen {
        var key = new.typedKey
        defer { Secret.wipe(&key) }
        return EnrollmentScreen(
            user: context.userName,
            keyGroups: Interview.groups(of: key),
            settings: settings(new).map(\.text),
            notices: notices + QRLook.notices(looks, form), terminal: Terminal.size)
    }

    /// The key in groups of four.
    private static func groups(of key: [UInt8]) -> [String] {
        stride(from: 0, to: key.count, by: 4).map {
            String(decoding: key[$0..<min($0 + 4, key.count)], as: UTF8.self)
        }
    }

    /// What must be set in the app besides the key.
    private func settings(_ new: NewAuthenticator) -> [Phrase] {
        let authenticator = new.authenticator
        var lines: [Phrase] = []
        if authenticator.algorithm != .sha1 {
            lines.append(Phrase("Algorithm: \(authenticator.algorithm.name)"))
        }
        if authenticator.digits != 6 { lines.append(Phrase("Digits: \(authenticator.digits)")) }
        if authenticator.kind == .hotp {
            lines.append(Phrase("Kind: counter (HOTP), from \(authenticator.nextStep) on"))
        } else if authenticator.period != 30 {
            lines.append(Phrase("Period: \(authenticator.period) s"))
        }
        return lines + [
            Phrase("Issuer: \(Output.printable(new.label.issuer))"),
            Phrase("Account: \(Output.printable(new.label.account))"),
            Phrase("Name here: \(authenticator.name.text)"),
        ]
    }

    private func offClock(_ steps: Int, _ authenticator: Authenticator) -> String {
        let off = Words.duration(of: steps, period: authenticator.period)
        let found =
            steps > 0
            ? Phrase("The key is right, but the app's clock is \(off) ahead.")
            : Phrase("The key is right, but the app's clock is \(off) behind.")
        return (found + Words.clockAdvice + Phrase("Then type a new code.")).text
    }

    private func ignored(
        _ settings: [String], _ authenticator: Authenticator
    ) -> Failure {
        let names = settings.map { setting in
            switch setting {
            case "algorithm": "--algorithm \(authenticator.algorithm.name)"
            case "digits": "--digits \(authenticator.digits)"
            default: "--period \(authenticator.period)"
            }
        }
        let list = names.joined(separator: " ")
        let what = Phrase(
            "the app ignored \(list), so its codes would always be wrong; nothing was saved")
        return Failure(
            what,
            hints: [
                Phrase("enroll again without \(list), or with an app that supports it"),
                Phrase("delete the entry that the app has now"),
            ])
    }

    private var givenUp: Failure {
        Failure(
            Phrase("no code was confirmed; nothing was saved"),
            hint: Phrase("delete the entry in the app, if there is one"))
    }
}
