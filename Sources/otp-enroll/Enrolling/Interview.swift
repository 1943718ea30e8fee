import OTPCore
import OTPStore
import OTPWire

/// Shows a new authenticator on the terminal, and asks for its code until one is right; then it is
/// stored.
struct Interview {
    let context: Context
    let form: QRForm
    /// What the user should know before scanning.
    let notices: [String]

    /// Shows `new` and asks. Throws if the user gives up, or if the app cannot do it; in either
    /// case QR code and key are removed from the screen.
    func confirm(
        _ new: borrowing NewAuthenticator, _ code: consuming QRSquares?,
        _ interruptions: borrowing Interruptions
    ) throws -> ChangeDocument {
        let drawing: QRDrawing? =
            if form != .none, let code = code.take() {
                QRDrawing(code: code, form: form.resolved)
            } else { nil }
        let screen = screen(new, isScanned: drawing != nil)
        var message: String?
        Terminal.enterScreen()
        defer { Terminal.leaveScreen() }
        while true {
            let size = Terminal.size
            var text = screen.text(
                drawing, columns: size.columns, rows: size.rows, message: message)
            Terminal.show(&text)
            switch Terminal.nextInput(interruptions) {
            case .resized: continue
            case .ended: throw givenUp
            case .line(var typed):
                defer { Secret.wipe(&typed) }
                // A right code stores it: this is the last moment to quit.
                if interruptions.endIsAsked() { throw givenUp }
                switch try judge(typed, new) {
                case .kept(let change): return change
                case .again(let words): message = words
                }
            }
        }
    }

    /// The same for a token that already has its key: nothing is scanned, so the questions simply
    /// follow each other on the screen. `show` gets what was stored, and Ctrl-C cannot keep it from
    /// being shown.
    func confirmToken(
        _ new: borrowing NewAuthenticator, _ show: (ChangeDocument) throws -> Void
    ) throws {
        for notice in notices { Output.note(notice) }
        while true {
            var typed = Terminal.readAnswer("Code shown by the token (empty: give up): ")
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
        _ typed: [UInt8], _ new: borrowing NewAuthenticator
    ) throws -> Judgment {
        let wrong = "Codes for this key have \(new.authenticator.digits) digits."
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
                        ? "That is not a code for this key. Try the next one the app shows."
                        : wrong)
            case let other: throw context.failure(other)
            }
        }
    }

    // MARK: Words

    private func screen(
        _ new: borrowing NewAuthenticator, isScanned: Bool
    ) -> EnrollmentScreen {
        let scan = isScanned ? "scan this QR code with" : "add an account to"
        var key = new.typedKey
        defer { Secret.wipe(&key) }
        return EnrollmentScreen(
            title: "Enrolling \(context.userName): \(scan) an authenticator app.",
            keyTitle: isScanned ? "Or type the key:" : "The key:",
            keyGroups: Interview.groups(of: key),
            settings: settings(new.authenticator) + [
                "Issuer: \(Output.printable(new.issuer))",
                "Account: \(Output.printable(new.account))",
                "Name here: \(new.authenticator.name.text)",
            ],
            notices: notices + ["Press Return alone to give up; nothing is saved then."],
            question: "Code shown by the app: ")
    }

    /// The key in groups of four.
    private static func groups(of key: [UInt8]) -> [String] {
        stride(from: 0, to: key.count, by: 4).map {
            String(decoding: key[$0..<min($0 + 4, key.count)], as: UTF8.self)
        }
    }

    /// What must be set in the app besides the key.
    private func settings(_ authenticator: Authenticator) -> [String] {
        var lines: [String] = []
        if authenticator.algorithm != .sha1 {
            lines.append("Algorithm: \(authenticator.algorithm.name)")
        }
        if authenticator.digits != 6 { lines.append("Digits: \(authenticator.digits)") }
        if authenticator.kind == .hotp {
            lines.append("Kind: counter (HOTP), from \(authenticator.nextStep) on")
        } else if authenticator.period != 30 {
            lines.append("Period: \(authenticator.period) seconds")
        }
        return lines
    }

    private func offClock(_ steps: Int, _ authenticator: Authenticator) -> String {
        let off = Words.duration(of: steps, period: authenticator.period).text
        return "The key is right, but the app's clock is \(off) "
            + "\(steps > 0 ? "ahead" : "behind"). \(Words.clockAdvice.text) Then type a new code."
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
        let list = names.joined(separator: " and ")
        return Failure(
            "the app ignored \(list), so its codes would always be wrong; nothing was saved",
            hints: [
                "enroll again without \(list), or with an app that supports it",
                "delete the entry that the app has now",
            ])
    }

    private var givenUp: Failure {
        Failure(
            "no code was confirmed; nothing was saved",
            hint: "delete the entry in the app, if there is one")
    }
}
