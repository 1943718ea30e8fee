/// The sentences that a person who logs in may see. Vague on purpose: the log has the rest.
public enum UserText {
    /// The question, where the admin has no other: google-authenticator's words, since clients and
    /// scripts look for them (`Vectors/prompt-rules.txt` of the tests).
    public static let question = "Verification code: "
    /// The question where a password and a code are joined, and the admin has no other.
    /// google-authenticator's words as well.
    public static let joinedQuestion = "Password & verification code: "
    /// The end of a line in a question. The blank keeps words apart where a client takes newlines
    /// away, as Dropbear's does.
    static let lineEnd = " \n"
    /// A refused code, whatever the reason.
    public static let refused = "That code was not accepted."
    /// The same, with another try to come.
    public static let again = "That code was not accepted. Please try again."
    /// A code that was right once, whoever used it.
    public static let alreadyUsed = "That code was already used. Wait for the next one."
    /// Trouble with the store, the key, the configuration or the clock.
    public static let unavailable =
        "The code cannot be checked right now. Please tell your administrator."
    /// After a quarter of an hour without an answer.
    public static let tooLate = "That took too long. Please try again."
    /// A hundred failures.
    public static let closed =
        "Too many wrong codes. Use a backup code, or ask your administrator to unlock you."

    /// For somebody who is let in while that has closed the way for others.
    public static let closedElsewhere =
        "Too many wrong codes from elsewhere. Ask your administrator to unlock you."

    /// The throttle's wait, in seconds.
    public static func wait(_ seconds: UInt64) -> String {
        "Too many wrong codes. Try again in \(duration(seconds))."
    }

    /// After a backup code, while it matters how many are left.
    public static func backupCodesLeft(_ left: Int) -> String {
        switch left {
        case 0: "You have no backup codes left. Run `otp-enroll codes` for new ones."
        case 1: "You have 1 backup code left."
        default: "You have \(left) backup codes left."
        }
    }

    /// After a temporary code.
    public static let temporaryCodeUsed =
        "That was a temporary code, and it has ended. Run `otp-enroll` to enroll your new device."

    /// Where the device of somebody who is let in could not be enrolled.
    public static let notEnrolled = "Nothing was enrolled. Run `otp-enroll` to enroll your device."

    /// For who logs in without an authenticator where the login cannot show a key.
    public static let enrollElsewhere =
        "You have no authenticator yet. Run `otp-enroll` in a terminal to enroll one."
    /// The same, where it is needed.
    public static let mustEnrollElsewhere =
        "You need an authenticator to log in here. Run `otp-enroll` in a terminal first."
    /// For who would not enroll, and must.
    public static let mustEnroll = "You need an authenticator to log in. Nothing was enrolled."
    /// For who was slower than another session that enrolled the same user.
    public static let enrolledMeanwhile =
        "Another session has enrolled you meanwhile. This key is void: log in with a code of that one."
    /// Where a key that somebody wanted to trust is not.
    public static let notTrusted =
        "The key could not be trusted. You are asked for codes as before."

    /// Said behind that something was enrolled or removed, where trust in SSH keys ended with what
    /// is gone; nothing for none.
    public static func trustEnded(_ names: [String]) -> String {
        guard !names.isEmpty else { return "" }
        let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
        return " SSH keys that are asked for a code again: \(list)."
    }

    /// After enrolling was put off; `nil` where that can be done as often as one likes.
    public static func putOff(left: UInt8?) -> String {
        switch left {
        case nil: "Nothing was enrolled."
        case 0: "Nothing was enrolled. At the next login you must enroll."
        case 1: "Nothing was enrolled. You can put it off 1 more time."
        case .some(let left): "Nothing was enrolled. You can put it off \(left) more times."
        }
    }

    /// A clock that is so many seconds ahead (negative: behind) that codes are nearly refused.
    public static func clockIsOff(_ name: Name, by skew: Int) -> String {
        let way = skew < 0 ? "behind" : "ahead"
        return
            "The clock of \"\(name.text)\" is \(skew.magnitude) s \(way). Set it right, or codes fail."
    }

    /// After a key was trusted until `end`.
    public static func trusted(_ name: Name, until end: UInt64) -> String {
        "The key \"\(name.text)\" logs in without a code until \(CivilTime(end).date).\(lineEnd)"
            + "`otp-enroll trusted --revoke-all` ends that."
    }

    /// When something was: `Tuesday 14:02 UTC` within the last six days, else with the date.
    public static func moment(_ then: UInt64, now: UInt64) -> String {
        let civil = CivilTime(then)
        let isRecent = then <= now && now - then < 6 * 86_400
        return "\(isRecent ? civil.dayName : civil.date) \(civil.timeOfDay) UTC"
    }

    /// `30 seconds`, `1 minute`, `4 minutes`: minutes are rounded up, so that waiting is enough.
    public static func duration(_ seconds: UInt64) -> String {
        if seconds < 60 { return seconds == 1 ? "1 second" : "\(seconds) seconds" }
        let minutes = seconds / 60 + (seconds % 60 == 0 ? 0 : 1)
        return minutes == 1 ? "1 minute" : "\(minutes) minutes"
    }
}
