/// One case: who is enrolled and how, what is typed and when, and how that must end in each module.
struct Case: Sendable {
    /// Whose case it is, its number there, and its subject.
    let name: String
    var enrolled = Enrollment()
    /// Each module's arguments, apart from the path of its file.
    var options = Each(all: "")
    /// Whether the user is enrolled anew before each try.
    var isFresh = false
    let tries: [Try]
    /// How each try ends, as parsed by `End.list`.
    let ends: Each<String>
    /// Why the modules differ, if they do.
    let because: [Difference]

    /// A case in which all modules end in the same way.
    init(
        _ name: String, of enrolled: Enrollment = Enrollment(),
        options: Each<String> = Each(all: ""),
        fresh: Bool = false, _ tries: [Try], all: String
    ) {
        self.init(
            name, of: enrolled, options: options, fresh: fresh, tries, ends: (all, all, all),
            because: [])
    }

    /// A case in which they do not, with the reasons: google-authenticator's end, then pam_oath's,
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

/// An enrollment, the same for all modules: the key of RFC 4226 and the following.
struct Enrollment: Sendable {
    /// The token's counter; nil for TOTP.
    var counter: Int?
    /// Seconds per step.
    var period = 30
    /// Whether the key has 80 bits, like old ones.
    var hasShortKey = false
    /// A second device with its own key.
    var hasSecond = false
    /// Whether there are backup codes.
    var hasBackup = false
    /// Lines of google-authenticator's file, besides the key.
    var google: [String] = []
    /// The password in pam_oath's file: `-` for none, `+` for any.
    var column = "-"
    /// What is wrong.
    var damage: Damage?

    /// What can be wrong with the file that a module keeps its state in.
    enum Damage: Sendable {
        /// The user is not enrolled, and everything else is in order.
        case notEnrolled
        /// There is no such file, or no store.
        case noFile
        /// It is a folder, or another user's, or everybody may change it.
        case folder, foreign, open
        /// It is empty, or garbage.
        case empty, garbled
    }
}

/// One login.
struct Try: Sendable {
    /// What is typed.
    enum Answer: Sendable {
        /// The device's code of a step, counted from the start.
        case code(Int)
        /// A code of the second device.
        case second(Int)
        /// The code of a step, padded with zeros or truncated to this length.
        case resized(Int, Int)
        /// The token's code of a counter.
        case counter(Int)
        /// A backup code by its number; if a module has none, one of google-authenticator's.
        case backup(Int)
        case text(String)
        /// The application has no answer.
        case nothing
    }

    /// Seconds since the start.
    var time: Int
    /// What precedes the answer in the same field.
    var password = ""
    var answers: [Answer]
    var user = "daemon"
    var host: String?

    /// The code of a step, typed this many steps after the start; by default in that step.
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

    /// This many seconds later.
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
