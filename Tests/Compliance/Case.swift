/// One case: who is enrolled and how, what is typed when, and how that has to end in each module.
struct Case: Sendable {
    /// Whose case it is, its number there, and what it is about.
    let name: String
    var enrolled = Enrollment()
    /// The words behind each module, beside where its file is.
    var options = Each(all: "")
    /// Whether each try is made by somebody freshly enrolled.
    var isFresh = false
    let tries: [Try]
    /// How each try ends, as `End.list` reads it.
    let ends: Each<String>
    /// Why the modules do not agree, where they do not.
    let because: [Difference]

    /// A case in which all modules end alike.
    init(
        _ name: String, of enrolled: Enrollment = Enrollment(),
        options: Each<String> = Each(all: ""),
        fresh: Bool = false, _ tries: [Try], all: String
    ) {
        self.init(
            name, of: enrolled, options: options, fresh: fresh, tries, ends: (all, all, all),
            because: [])
    }

    /// A case in which they do not, with the reasons: first google-authenticator, then pam_oath,
    /// then ours.
    init(
        _ name: String, of enrolled: Enrollment = Enrollment(),
        options: Each<String> = Each(all: ""),
        fresh: Bool = false, _ tries: [Try], ends: (String, String, String),
        because: [Difference]
    ) {
        self.name = name
        self.enrolled = enrolled
        self.options = options
        isFresh = fresh
        self.tries = tries
        self.ends = Each(google: ends.0, oath: ends.1, ours: ends.2)
        self.because = because
    }
}

/// Who is enrolled, alike for all modules: the key of RFC 4226 and what follows.
struct Enrollment: Sendable {
    /// The token's counter; nil for a clock.
    var counter: Int?
    /// Seconds of a step.
    var period = 30
    /// Whether the key has 80 bits, as those of old.
    var hasShortKey = false
    /// A second device with a key of its own.
    var hasSecond = false
    /// Whether there are backup codes.
    var hasBackup = false
    /// Lines of google-authenticator's file, beside the key.
    var google: [String] = []
    /// The password in pam_oath's file: `-` for none, `+` for any.
    var column = "-"
    /// What is wrong.
    var damage: Damage?

    /// What can be wrong with the file that a module keeps its state in.
    enum Damage: Sendable {
        /// The user is not enrolled, and everything else is as it should be.
        case notEnrolled
        /// There is no such file, or no store.
        case noFile
        /// It is a folder, or another user's, or all may change it.
        case folder, foreign, open
        /// It is empty, or not what it should be.
        case empty, garbled
    }
}

/// One login.
struct Try: Sendable {
    /// What is typed.
    enum Answer: Sendable {
        /// The device's code of a step, so many from the start.
        case code(Int)
        /// A code of the second device.
        case second(Int)
        /// The code of a step with zeros before it or without its first digits, to this length.
        case resized(Int, Int)
        /// The token's code of a counter.
        case counter(Int)
        /// A backup code by its number; where a module has none, one of google-authenticator's.
        case backup(Int)
        case text(String)
        /// The application has no answer.
        case nothing
    }

    /// Seconds since the start.
    var time: Int
    /// What comes before the answer in the same field.
    var password = ""
    var answers: [Answer]
    var user = "daemon"
    var host: String?

    /// The code of a step, typed so many steps after the start: in that step, unless told
    /// otherwise.
    static func code(_ step: Int, at moment: Int? = nil, of period: Int = 30) -> Try {
        Try(time: (moment ?? step) * period, answers: [.code(step)])
    }

    static func counter(_ number: Int) -> Try { Try(time: 0, answers: [.counter(number)]) }

    /// A code of the second device, now.
    static func second(_ step: Int) -> Try { Try(time: 0, answers: [.second(step)]) }

    static func backup(_ number: Int) -> Try { Try(time: 0, answers: [.backup(number)]) }

    static func text(_ text: String) -> Try { Try(time: 0, answers: [.text(text)]) }

    static let nothing = Try(time: 0, answers: [.nothing])

    /// With a password before the answer.
    func after(_ password: String) -> Try {
        var copy = self
        copy.password = password
        return copy
    }

    /// So many seconds later.
    func later(_ seconds: Int) -> Try {
        var copy = self
        copy.time += seconds
        return copy
    }

    /// By another user.
    func by(_ user: String) -> Try {
        var copy = self
        copy.user = user
        return copy
    }

    /// From another machine.
    func from(_ host: String) -> Try {
        var copy = self
        copy.host = host
        return copy
    }

    /// Again and again.
    static func * (one: Try, times: Int) -> [Try] { Array(repeating: one, count: times) }
}
