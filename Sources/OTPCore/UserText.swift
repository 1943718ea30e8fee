/// The sentences that a person who logs in may see. Vague on purpose: the log has the rest.
public enum UserText {
    /// The question, where the admin has no other.
    public static let question = "Code from your app (or a backup code): "
    /// A refused code, whatever the reason.
    public static let refused = "That code was not accepted."
    /// The same, with another try to come.
    public static let again = "That code was not accepted. Please try again."
    /// Trouble with the store, the key, the configuration or the clock.
    public static let unavailable =
        "The code cannot be checked right now. Please tell your administrator."
    /// A hundred failures.
    public static let closed = "Too many wrong codes. Ask your administrator to unlock you."

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
