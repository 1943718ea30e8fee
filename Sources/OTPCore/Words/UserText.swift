/// The sentences that a user may see while logging in. Vague on purpose: the log has the rest.
public enum UserText {
    /// The question, unless the admin has another: google-authenticator's words, because clients
    /// and scripts look for them (`Vectors/prompt-rules.txt` of the tests).
    public static let question = Phrase("Verification code: ")
    /// The same where codes can be sent by message.
    public static let helpedQuestion = Phrase("Verification code (? to have one sent): ")
    /// The question for password and code together, unless the admin has another. Also
    /// google-authenticator's words.
    public static let joinedQuestion = Phrase("Password & verification code: ")
    /// The end of a line in a question. The blank separates words if a client removes newlines, as
    /// Dropbear's does.
    public static let lineEnd = " \n"
    /// A refused code, for any reason.
    public static let refused = Phrase("That code was not accepted.")
    /// The same, with another try to come.
    public static let again = Phrase("That code was not accepted. Please try again.")
    /// A code that was right but used before, by anybody.
    public static let alreadyUsed = Phrase("That code was already used. Wait for the next one.")
    /// Trouble with the store, the key, the configuration or the clock.
    public static let unavailable = Phrase(
        "The code cannot be checked right now. Please tell your administrator.")
    /// After 15 minutes without an answer.
    public static let tooLate = Phrase("That took too long. Please try again.")
    /// A hundred failures.
    public static let closed = Phrase(
        "Too many wrong codes. Use a backup code, or have your administrator unlock you.")

    /// For a user who is let in while that has closed the way for others.
    public static let closedElsewhere = Phrase(
        "Too many wrong codes from elsewhere. Ask your administrator to unlock you.")

    /// The throttle's wait, in seconds. Minutes are rounded up, so that waiting that long is
    /// enough.
    public static func wait(_ seconds: UInt64) -> Phrase {
        if seconds < 60 {
            return Phrase(
                seconds, one: "Too many wrong codes. Try again in \(seconds) second.",
                other: "Too many wrong codes. Try again in \(seconds) seconds.")
        }
        let minutes = minutes(seconds)
        return Phrase(
            minutes, one: "Too many wrong codes. Try again in \(minutes) minute.",
            other: "Too many wrong codes. Try again in \(minutes) minutes.")
    }

    /// Whole minutes that cover this number of seconds.
    public static func minutes(_ seconds: UInt64) -> UInt64 {
        seconds / 60 + (seconds % 60 == 0 ? 0 : 1)
    }

    /// After a backup code, when few are left.
    public static func backupCodesLeft(_ left: Int) -> Phrase {
        guard left > 0 else {
            return Phrase("You have no backup codes left. Run `otp-enroll codes` for new ones.")
        }
        return Phrase(
            left, one: "You have \(left) backup code left.",
            other: "You have \(left) backup codes left.")
    }

    // MARK: Without the fleet's servers

    /// The question for an answer of the help desk's, or from paper.
    public static func offlineQuestion(_ number: UInt64, at host: String) -> Phrase {
        Phrase("Offline. Answer \(number) of \(host): ")
    }

    /// After a login by a recent SSH key; how often that is still possible.
    public static func offline(left: UInt8) -> Phrase {
        let left = UInt64(left)
        return Phrase(
            left,
            one: "Offline: your SSH key let you in without a code. That works \(left) more time.",
            other: "Offline: your SSH key let you in without a code. That works \(left) more times."
        )
    }

    // MARK: Codes by message

    /// How a code can be asked for.
    public static func offer(_ contact: Contact) -> Phrase {
        let place = contact.masked
        return switch contact.kind {
        case .mail: Phrase("m: have a code sent by mail to \(place)")
        case .sms: Phrase("s: have a code sent by text message to \(place)")
        }
    }

    /// If a code cannot be sent in this way, or in any.
    public static let noContact = Phrase(
        "There is nowhere to send you a code. Use your device or a backup code.")

    /// After a code has been handed to the mailer or the gateway.
    public static func sent(to contact: Contact) -> Phrase {
        let (place, minutes) = (contact.masked, MessageCode.validity / 60)
        return Phrase(
            minutes, one: "A code is on its way to \(place). It is good for \(minutes) minute.",
            other: "A code is on its way to \(place). It is good for \(minutes) minutes.")
    }

    /// If it could not.
    public static let notSent = Phrase(
        "The code could not be sent. Use your device or a backup code.")

    /// If all users together have had too many.
    public static let tooManyMessages = Phrase(
        "Too many codes are being sent here. Use your device or a backup code.")

    /// If the user has had too many; how long to wait, in seconds.
    public static func waitForMessage(_ seconds: UInt64) -> Phrase {
        let time = span(seconds)
        return Phrase("You can have another code sent in \(time).")
    }

    /// After a temporary code.
    public static let temporaryCodeUsed = Phrase(
        "That temporary code is now used up. Run `otp-enroll` to enroll your new device.")

    /// If the device of a user who is let in could not be enrolled.
    public static let notEnrolled = Phrase(
        "Nothing was enrolled. Run `otp-enroll` to enroll your device.")

    /// For a user without an authenticator, if the login cannot show a key.
    public static let enrollElsewhere = Phrase(
        "You have no authenticator yet. Run `otp-enroll` in a terminal to enroll one.")
    /// The same, if one is required.
    public static let mustEnrollElsewhere = Phrase(
        "You need an authenticator to log in here. Run `otp-enroll` in a terminal first.")
    /// For a user who did not enroll, but must.
    public static let mustEnroll = Phrase(
        "You need an authenticator to log in. Nothing was enrolled.")
    /// For a user whom another session enrolled first.
    public static let enrolledMeanwhile = Phrase(
        "Another session has enrolled you. Discard this key, and use a code from there.")
    /// If a key that the user wanted to trust is not trusted.
    public static let notTrusted = Phrase(
        "The key could not be trusted. You will be asked for codes as before.")

    /// Added after something was enrolled or removed, if trust in SSH keys ended with it; empty if
    /// not.
    public static func trustEnded(_ names: [String]) -> Phrase? {
        guard !names.isEmpty else { return nil }
        let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
        return Phrase("These SSH keys need a code again: \(list).")
    }

    /// After enrolling was put off; `nil` if that is possible any number of times.
    public static func putOff(left: UInt8?) -> Phrase {
        switch left {
        case nil: Phrase("Nothing was enrolled.")
        case 0: Phrase("Nothing was enrolled. You must enroll at the next login.")
        case .some(let left):
            Phrase(
                left, one: "Nothing was enrolled. You can put it off \(left) more time.",
                other: "Nothing was enrolled. You can put it off \(left) more times.")
        }
    }

    /// A clock that is so many seconds ahead (negative: behind) that codes are nearly refused.
    public static func clockIsOff(_ name: Name, by skew: Int) -> Phrase {
        let (name, seconds) = (name.text, skew.magnitude)
        return skew < 0
            ? Phrase(
                """
                The clock of "\(name)" is \(seconds) s behind. Correct it, or codes will fail.
                """)
            : Phrase(
                """
                The clock of "\(name)" is \(seconds) s ahead. Correct it, or codes will fail.
                """)
    }

    /// After a key was trusted until `end`.
    public static func trusted(_ name: Name, until end: UInt64) -> [Phrase] {
        let (name, date) = (name.text, CivilTime(end).date)
        return [
            Phrase("The key \"\(name)\" logs in without a code until \(date)."),
            Phrase("`otp-enroll trusted --revoke-all` ends that."),
        ]
    }

    /// When something happened: `Tuesday 14:02 UTC` within the last six days, otherwise with the
    /// date.
    public static func moment(_ then: UInt64, now: UInt64) -> Phrase {
        let civil = CivilTime(then)
        let (date, time) = (civil.date, civil.timeOfDay)
        let isRecent = then <= now && now - then < 6 * 86_400
        guard isRecent else { return Phrase("\(date) \(time) UTC") }
        switch civil.weekday {
        case .monday: return Phrase("Monday \(time) UTC")
        case .tuesday: return Phrase("Tuesday \(time) UTC")
        case .wednesday: return Phrase("Wednesday \(time) UTC")
        case .thursday: return Phrase("Thursday \(time) UTC")
        case .friday: return Phrase("Friday \(time) UTC")
        case .saturday: return Phrase("Saturday \(time) UTC")
        case .sunday: return Phrase("Sunday \(time) UTC")
        }
    }

    /// `30 seconds`, `1 minute`, `4 minutes`: minutes are rounded up.
    public static func span(_ seconds: UInt64) -> Phrase {
        if seconds < 60 {
            return Phrase(seconds, one: "\(seconds) second", other: "\(seconds) seconds")
        }
        let minutes = minutes(seconds)
        return Phrase(minutes, one: "\(minutes) minute", other: "\(minutes) minutes")
    }

    /// The same in English, for the log and for admins.
    public static func duration(_ seconds: UInt64) -> String { span(seconds).english }
}
