/// How a login ended: PAM's result, and how many questions the module asked.
///
/// Written as `yes`, `no`, `unknown`, `ignore`, `unavailable`, `broken` (PAM_CONV_ERR) or `refused`
/// (nobody is enrolled so), with `/` and the number of questions where that is not one.
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

    // MARK: As the tables write it

    /// The ends that a cell of a table says for the plain mode, as they are in a mode where a
    /// module has that manner.
    ///
    /// `no*5` are five of them. `no:seen` is about a code that the module knows, so that it asks as
    /// often as for a good one; `no:file` and `unavailable:file` are about its file. With a number
    /// of questions, a word is the same in all modes.
    static func list(_ text: String, _ manner: Mode.Manner) -> [End] {
        text.split(separator: " ").flatMap { token -> [End] in
            let parts = token.split(separator: "*")
            let times = parts.count > 1 ? Int(parts[1]) ?? 0 : 1
            return Array(repeating: End(cell: parts[0], manner), count: times)
        }
    }

    private init(cell: Substring, _ manner: Mode.Manner) {
        let fixed = cell.split(separator: "/")
        if fixed.count > 1, let questions = Int(fixed[1]) {
            self.init(word: String(fixed[0]), questions: questions)
            return
        }
        let parts = cell.split(separator: ":")
        let word = String(parts[0])
        let isSeen = parts.last == "seen" && !manner.isDeaf && manner.refusal == "no"
        if parts.last == "file" {
            self.init(word: word, questions: manner.file)
        } else if word == "yes" && !manner.isDeaf {
            self.init(word: word, questions: manner.yes)
        } else if word == "no" || word == "yes" {
            self.init(word: manner.refusal, questions: isSeen ? manner.yes : manner.no)
        } else {
            self.init(word: word, questions: manner.no)
        }
    }
}
