import OTPCore
import OTPStore

/// Shows a new authenticator on the terminal, and asks for its code until one is right.
struct Interview {
    let access: any Access
    let form: QRForm
    /// What is to be known before it is scanned.
    let notices: [String]

    /// What is known after a right code.
    struct Confirmed {
        /// The first step that may be used after that of the code.
        let nextStep: UInt64
        /// How many seconds the app's clock is ahead at least; 0 for nothing to say.
        let skew: Int
    }

    /// Shows `new` and asks. Throws where the user gives up, or where the app cannot do it; in
    /// either case QR code and key are off the screen.
    func confirm(
        _ new: borrowing NewAuthenticator, _ code: consuming QRSquares,
        _ interruptions: borrowing Interruptions
    ) throws -> Confirmed {
        let drawing: QRDrawing? =
            form == .none ? nil : QRDrawing(code: code, form: form.resolved)
        let sheet = sheet(new)
        var message: String?
        Terminal.enterScreen()
        defer { Terminal.leaveScreen() }
        while true {
            let size = Terminal.size
            var screen = sheet.screen(
                drawing, columns: size.columns, rows: size.rows, message: message)
            Terminal.show(&screen)
            switch Terminal.nextInput(interruptions) {
            case .resized: continue
            case .ended: throw givenUp
            case .line(var typed):
                defer { Secret.wipe(&typed) }
                switch Answer(typed.span) {
                case .empty: throw givenUp
                case .malformed: message = noCode(new.authenticator)
                case .joinedCode: message = noCode(new.authenticator)
                case .temporaryCode: message = noCode(new.authenticator)
                case .backupCode: message = noCode(new.authenticator)
                case .code(let value, let digits):
                    // The judge may be who keeps it, so that this is the last moment to end.
                    if interruptions.endIsAsked() { throw givenUp }
                    switch try judge(typed.span, value, digits, new) {
                    case .confirmed(let confirmed): return confirmed
                    case .again(let words): message = words
                    }
                }
            }
        }
    }

    /// The same for a token that has its key already: nothing is to be scanned, so the questions
    /// follow each other on the screen as it is.
    func confirmToken(_ new: borrowing NewAuthenticator) throws -> Confirmed {
        for notice in notices { Output.note(notice) }
        while true {
            var typed = Terminal.readAnswer("Code shown by the token (empty: give up): ")
            defer { Secret.wipe(&typed) }
            switch Answer(typed.span) {
            case .empty: throw givenUp
            case .malformed: Output.note(noCode(new.authenticator))
            case .joinedCode: Output.note(noCode(new.authenticator))
            case .temporaryCode: Output.note(noCode(new.authenticator))
            case .backupCode: Output.note(noCode(new.authenticator))
            case .code(let value, let digits):
                switch try judge(typed.span, value, digits, new) {
                case .confirmed(let confirmed): return confirmed
                case .again(let words): Output.note(words)
                }
            }
        }
    }

    /// What a code leads to.
    private enum Judgment {
        case confirmed(Confirmed)
        /// Ask again, after these words.
        case again(String)
    }

    private func judge(
        _ typed: Span<UInt8>, _ value: UInt32, _ digits: UInt8,
        _ new: borrowing NewAuthenticator
    ) throws -> Judgment {
        switch try access.judge(typed, value, digits, of: new) {
        case .right(let nextStep, let skew):
            return .confirmed(Confirmed(nextStep: nextStep, skew: skew))
        case .ignored(let settings): throw ignored(settings, new.authenticator)
        case .offClock(let steps): return .again(offClock(steps, new.authenticator))
        case .wrong: return .again(wrong(digits, new.authenticator))
        }
    }

    // MARK: Words

    private func sheet(_ new: borrowing NewAuthenticator) -> Sheet {
        let scan = form == .none ? "add an account to" : "scan this QR code with"
        var key = new.typedKey
        defer { Secret.wipe(&key) }
        return Sheet(
            title: "Enrolling \(access.userName): \(scan) an authenticator app.",
            keyTitle: form == .none ? "The key:" : "Or type the key:",
            keyGroups: Interview.groups(of: key),
            settings: settings(new.authenticator) + [
                "Issuer: \(Output.printable(new.issuer))",
                "Account: \(Output.printable(new.account))",
                "Name here: \(new.authenticator.name.text)",
            ],
            notices: notices + ["An empty line ends it, and nothing is kept."],
            question: "Code shown by the app: ")
    }

    /// The key in groups of four.
    private static func groups(of key: [UInt8]) -> [String] {
        stride(from: 0, to: key.count, by: 4).map {
            String(decoding: key[$0..<min($0 + 4, key.count)], as: UTF8.self)
        }
    }

    /// What has to be set in the app beside the key.
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

    private func wrong(_ digits: UInt8, _ authenticator: Authenticator) -> String {
        digits == authenticator.digits
            ? "That is not the code of this key. Try the next one the app shows."
            : noCode(authenticator)
    }

    private func noCode(_ authenticator: Authenticator) -> String {
        "That is no code of this key, which have \(authenticator.digits) digits."
    }

    private func offClock(_ steps: Int, _ authenticator: Authenticator) -> String {
        let seconds = UInt64(steps.magnitude) * UInt64(authenticator.period)
        return "The key is right, but the app's clock is \(Words.duration(seconds)) "
            + "\(steps > 0 ? "ahead" : "behind"): \(Words.clockAdvice). Then type a new code."
    }

    private func ignored(
        _ settings: [Confirmation.Setting], _ authenticator: Authenticator
    ) -> Failure {
        let names = settings.map { setting in
            switch setting {
            case .algorithm: "--algorithm \(authenticator.algorithm.name)"
            case .digits: "--digits \(authenticator.digits)"
            case .period: "--period \(authenticator.period)"
            }
        }
        let list = names.joined(separator: " and ")
        return Failure(
            "the app ignored \(list), and its codes would never be right; nothing was kept",
            hints: [
                "enroll again without \(list), or with an app that knows it",
                "delete the entry that the app has now",
            ])
    }

    private var givenUp: Failure {
        Failure(
            "no code was confirmed, nothing was kept",
            hint: "delete the entry in the app, if it has one")
    }
}
