/// The text messages to users, in words: short, with the code first, where telephones look for it.
public enum TextMessage {
    /// A code for a login.
    public static func code(_ code: String, for user: String, on host: String) -> Phrase {
        Phrase("\(code) logs in \(user) on \(host), once. Tell it to nobody.")
    }

    /// A code that shows that a number is the user's.
    public static func contactCode(_ code: String, of user: String, on host: String) -> Phrase {
        Phrase("\(code) confirms this number for codes of \(user) on \(host).")
    }

    /// To a number that gets no codes any more.
    public static func contactEnded(of user: String, on host: String) -> Phrase {
        Phrase(
            """
            Codes for \(user) on \(host) no longer go to this number. If this was not you, tell your \
            administrator.
            """)
    }
}
