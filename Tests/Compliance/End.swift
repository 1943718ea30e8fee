/// How a login ended: PAM's result, and how many questions the module asked.
///
/// Written as `yes`, `no`, `unknown`, `ignore`, `unavailable`, `broken` (PAM_CONV_ERR) or `refused`
/// (nobody is enrolled in this way), with `/` and the number of questions if that is not one.
struct End: Equatable, Sendable, CustomStringConvertible {
    let word: String
    let questions: Int

    private static let words = [
        "PAM_SUCCESS": "yes", "PAM_AUTH_ERR": "no", "PAM_USER_UNKNOWN": "unknown",
        "PAM_ACCT_EXPIRED": "ignore", "PAM_AUTHINFO_UNAVAIL": "unavailable",
        "PAM_CONV_ERR": "broken",
    ]

    init(word: String, questions: Int) {
        self.word = word
        self.questions = questions
    }

    init(result: String, questions: Int) {
        self.init(word: End.words[result] ?? result, questions: questions)
    }

    var description: String { questions == 1 ? word : "\(word)/\(questions)" }

    /// Parses the ends in a cell of a table: `no*5` are five of them, and `yes/3` is one after
    /// three questions.
    static func list(_ text: String) -> [End] {
        text.split(separator: " ").flatMap { token -> [End] in
            let parts = token.split(separator: "*"), cell = parts[0].split(separator: "/")
            let end = End(
                word: String(cell[0]), questions: cell.count > 1 ? Int(cell[1]) ?? -1 : 1)
            return Array(repeating: end, count: parts.count > 1 ? Int(parts[1]) ?? 0 : 1)
        }
    }
}
