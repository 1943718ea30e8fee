/// One of the eight ways to ask that google-authenticator's own tests go through: by options, and
/// by what an earlier module was given.
struct Mode: Sendable {
    /// What the earlier module, pam_unix, was given.
    enum Earlier { case nothing, password, passwordAndCode }

    /// How many questions a module asks by itself, and how it refuses.
    struct Manner: Equatable, Sendable {
        var yes = 1
        var no = 1
        /// Where the trouble is with the file.
        var file = 1
        /// What its no is.
        var refusal = "no"
        /// Whether it takes no code in this mode.
        var isDeaf = false
    }

    let name: String
    /// Options of google-authenticator and of ours; pam_oath knows no `forward_pass`.
    let words: [String]
    var earlier = Earlier.nothing
    /// Whether what is typed at the module's own question begins with the password.
    var isJoined = false
    var manner = Each(all: Manner())
    /// Why the modules do not agree in this mode in whatever case.
    var because: [Difference] = []

    /// Whether what is typed at the module's own question is the code and nothing else.
    var asksForCodeAlone: Bool { !isJoined && earlier != .passwordAndCode }

    /// What google-authenticator's tests take as the password.
    static let password = "0123456789"

    /// The words behind a module.
    func words(of module: Module) -> String {
        guard module == .oath else { return words.joined(separator: " ") }
        let isSplit = isJoined || earlier == .passwordAndCode
        return (words.filter { $0 != "forward_pass" } + (isSplit ? ["digits=6"] : []))
            .joined(separator: " ")
    }

    /// What is typed at each question of the whole stack, where `texts` are typed alone otherwise.
    func answers(_ texts: [String?]) -> [String?] {
        let asked = isJoined ? texts.map { $0.map { Mode.password + $0 } } : texts
        return switch earlier {
        case .nothing: asked
        case .password: [Mode.password] + asked
        case .passwordAndCode: texts.map { Mode.password + ($0 ?? "") }
        }
    }
}

extension Mode {
    static let plain = Mode(name: "asking for the code", words: [])

    private static let silent = Manner(yes: 0, no: 0, file: 0)

    static let all = [
        plain,
        Mode(name: "asking for password and code", words: ["forward_pass"], isJoined: true),
        Mode(
            name: "use_first_pass, with password and code", words: ["use_first_pass"],
            earlier: .passwordAndCode,
            manner: Each(
                google: silent, oath: silent,
                ours: Manner(yes: 0, no: 0, file: 0, isDeaf: true)),
            because: [.passwordBefore]),
        Mode(
            name: "use_first_pass and forward_pass, with password and code",
            words: ["use_first_pass", "forward_pass"], earlier: .passwordAndCode,
            manner: Each(all: silent)),
        Mode(
            name: "try_first_pass, with password and code, and nothing more",
            words: ["try_first_pass"], earlier: .passwordAndCode,
            manner: Each(
                google: Manner(yes: 0, no: 2, file: 0), oath: silent,
                ours: Manner(yes: 0, file: 0, refusal: "broken", isDeaf: true)),
            because: [.passwordBefore, .noAnswer, .triesOnce]),
        Mode(
            name: "try_first_pass and forward_pass, with password and code, and nothing more",
            words: ["try_first_pass", "forward_pass"], earlier: .passwordAndCode,
            manner: Each(
                google: Manner(yes: 0, no: 2, file: 0), oath: silent,
                ours: Manner(yes: 0, file: 0, refusal: "broken")),
            because: [.noAnswer, .triesOnce]),
        Mode(
            name: "try_first_pass, with the password, then asking for the code",
            words: ["try_first_pass"], earlier: .password,
            manner: Each(
                google: Manner(file: 0), oath: Manner(yes: 0, no: 0, file: 0, isDeaf: true),
                ours: Manner(file: 0)),
            because: [.triesOnce]),
        Mode(
            name: "try_first_pass and forward_pass, with the password, then asking for both",
            words: ["try_first_pass", "forward_pass"], earlier: .password, isJoined: true,
            manner: Each(
                google: Manner(file: 0), oath: Manner(yes: 0, no: 0, file: 0, isDeaf: true),
                ours: Manner(file: 0)),
            because: [.triesOnce]),
    ]
}
