/// What the admin decides: module arguments and the keys of swiftotp.conf(5) alike.
public struct Options: Sendable {
    /// Another configuration file, where an argument names one.
    public var configurationFile: [UInt8]?
    /// Where the store is, where an argument or the file says so.
    public var store: [UInt8]?
    /// Let a user without a record pass without asking.
    public var nullok = false
    /// The question.
    public var prompt = Array(UserText.question.utf8)
    /// Whether what is typed is seen.
    public var echo = true
    /// Tries in one call, 1 to 3.
    public var retry: UInt8 = 1
    /// Steps accepted on each side of the current one, 0 to 10.
    public var window: UInt8 = 1
    /// Members of this group are not asked.
    public var exemptGroup: [UInt8]?
    /// Whether users may end their own second factor.
    public var userMayDisable = true
    /// The longest validity of a temporary code, in hours, 1 to 72.
    public var temporaryHours: UInt8 = 72
    /// Whether a login with a temporary code asks to enroll a new device.
    public var enrollsAfterTemporary = false
    /// Whether users get a mail when something about their second factor changes.
    public var notifiesByMail = false
    /// The address of a user, where `%u` stands for the user's name; `nil` for that name itself.
    public var mail: [UInt8]?
    /// Who may make a user's first enrollment.
    public var firstEnrollment = FirstEnrollment.open
    /// Where swiftotp-helper listens, where something says so.
    public var helper: [UInt8]?
    /// Log which options are in force.
    public var debug = false

    public init() {}

    /// Who may make a user's first enrollment.
    public enum FirstEnrollment: Sendable {
        /// The user, by swiftotp-helper.
        case open
        /// The user, at a login.
        case atLogin
        /// Root alone.
        case root
    }
}

/// One option: what a line or an argument may say. The manual is checked against this table.
public struct Option: Sendable {
    /// What values it takes, and where they go.
    public enum Kind: Sendable {
        /// `yes` or `no`; as an argument, its name alone is `yes`.
        case flag(@Sendable (inout Options, Bool) -> Void)
        /// A whole number in this range.
        case number(ClosedRange<UInt8>, @Sendable (inout Options, UInt8) -> Void)
        /// A text of 1 to so many bytes of printable ASCII.
        case text(maximum: Int, @Sendable (inout Options, [UInt8]) -> Void)
        /// One of two or three words, the default first; which, is counted from 0.
        case choice(String, String, String?, @Sendable (inout Options, Int) -> Void)
        /// A path that begins with `/`.
        case path(@Sendable (inout Options, [UInt8]) -> Void)
    }

    /// The key.
    public let name: String
    /// What values it takes, and where they go.
    public let kind: Kind
    /// The default, as the manual writes it.
    public let fallback: String
    /// One line of doc.
    public let doc: String
    /// Whether swiftotp.conf may have it; `conf` itself is an argument only.
    public let inFile: Bool

    init(_ name: String, _ kind: Kind, _ fallback: String, _ doc: String, inFile: Bool = true) {
        self.name = name
        self.kind = kind
        self.fallback = fallback
        self.doc = doc
        self.inFile = inFile
    }

    /// Every option there is.
    ///
    /// Computed, as is every constant here that needs the heap: what a lazily made global holds
    /// would be lost at each dlclose(3) of the module.
    public static var all: [Option] {
        [
            Option(
                "conf", .path { $0.configurationFile = $1 }, "/etc/security/swiftotp.conf",
                "Read the options from this file; it must be there.", inFile: false),
            Option(
                "store", .path { $0.store = $1 }, "/var/lib/swiftotp",
                "Keep the records here. The seal key is then looked for in the same folder."),
            Option(
                "nullok", .flag { $0.nullok = $1 }, "no",
                "Let users who have not enrolled pass without being asked."),
            Option(
                "prompt", .text(maximum: 128) { $0.prompt = $1 },
                UserText.question,
                "The question. It must not look like a password prompt."),
            Option(
                "echo", .flag { $0.echo = $1 }, "yes",
                "Show what is typed. With no, sshd's password method would spend tries on it."),
            Option(
                "retry", .number(1...3) { $0.retry = $1 }, "1", "How many tries one login has."),
            Option(
                "window", .number(0...10) { $0.window = $1 }, "1",
                "How many steps a code may be early or late. More than 1 makes guessing easier."),
            Option(
                "exempt_group", .text(maximum: 64) { $0.exemptGroup = $1 }, "none",
                "Members of this group log in without a code."),
            Option(
                "user_may_disable", .flag { $0.userMayDisable = $1 }, "yes",
                "Let users end their own second factor, with a code; with no, root does it."),
            Option(
                "temporary_hours", .number(1...72) { $0.temporaryHours = $1 }, "72",
                "The longest validity of a temporary code, in hours."),
            Option(
                "after_temporary",
                .choice("tell", "enroll", nil) { $0.enrollsAfterTemporary = $1 == 1 }, "tell",
                "After a temporary code: tell the user to enroll a new device, or do so at once."),
            Option(
                "notify", .choice("login", "mail", nil) { $0.notifiesByMail = $1 == 1 }, "login",
                "Tell users of changes to their second factor at the next login, or by mail too."),
            Option(
                "mail", .text(maximum: 128) { $0.mail = $1 }, "%u",
                "Where mail for a user goes; %u stands for the user's name."),
            Option(
                "first_enrollment",
                .choice("open", "at_login", "root") {
                    $0.firstEnrollment = $1 == 0 ? .open : $1 == 1 ? .atLogin : .root
                }, "open",
                "Who enrolls a user first: the user, the user at a login, or root."),
            Option(
                "helper", .path { $0.helper = $1 }, "/run/swiftotp/helper.sock",
                "Where swiftotp-helper listens, for programs that are not root."),
            Option(
                "debug", .flag { $0.debug = $1 }, "no",
                "Log which options are in force at each login; never a secret."),
        ]
    }
}
