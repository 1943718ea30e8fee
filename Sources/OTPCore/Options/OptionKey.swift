/// One option: what a line or an argument may say. Tests compare the manual with this table.
public enum OptionKey: UInt8, CaseIterable, Sendable {
    case configurationFile, store, nullok, language, prompt, echo, retry, window, closedFor
    case exemptGroup, exemptNetworks
    case userMayDisable, temporaryHours, afterTemporary, notify, mail, firstEnrollment
    case helpdeskGroup, helpdeskProtected, helpdeskDaily, mayVerify
    case deliver, deliverFor, deliverHourly
    case fleet, fleetUsers, localUsers, offline, offlineHours, offlineLogins
    case enroll, enrollUntil, enrollGrace, issuer, qrServices, afterFirstFactor
    case trust, trustDays, trustMaximum
    case tryFirstPass, useFirstPass, forwardPass, socket, program, debug

    /// What values it takes, and if they are stored.
    public enum Kind: Sendable {
        /// `yes` or `no`; as an argument, the name alone means `yes`.
        case flag(@Sendable (inout Options, Bool) -> Void)
        /// A whole number in this range.
        case number(ClosedRange<UInt8>, @Sendable (inout Options, UInt8) -> Void)
        /// A whole number of hours in this range, such as `24h`; stored in seconds.
        case hours(ClosedRange<UInt64>, @Sendable (inout Options, UInt64) -> Void)
        /// A text of 1 to `maximum` bytes of printable ASCII.
        case text(maximum: Int, @Sendable (inout Options, [UInt8]) -> Void)
        /// One of two or three words, the default first; stored as its index.
        case choice(String, String, String?, @Sendable (inout Options, Int) -> Void)
        /// A path that begins with `/`.
        case path(@Sendable (inout Options, [UInt8]) -> Void)
        /// A date such as `2026-11-21`, from 1970 to 9999; stored as the start of that day in UTC.
        case date(@Sendable (inout Options, UInt64) -> Void)
        /// Text shown by apps: 1 to 64 bytes of UTF-8 that are valid in a key URI.
        case label(@Sendable (inout Options, [UInt8]) -> Void)
        /// One or more networks, separated by blanks or commas.
        case networks(@Sendable (inout Options, [IPNetwork]) -> Void)
        /// A language, named as in gettext, such as `sv` or `pt_BR`.
        case language(@Sendable (inout Options, Language) -> Void)
        /// One or more PAM service names, separated by blanks or commas.
        case services(@Sendable (inout Options, [[UInt8]]) -> Void)
        /// One or more users, each perhaps with a PAM service, separated by blanks or commas.
        case verifiers(@Sendable (inout Options, [Options.Verifier]) -> Void)
        /// `mail`, `sms` or both, separated by blanks or commas.
        case messages(@Sendable (inout Options, [MessageKind]) -> Void)
        /// UIDs: `1000-`, or `1000-59999`.
        case numbers(@Sendable (inout Options, ClosedRange<UInt32>) -> Void)
        /// One or more users, separated by blanks or commas.
        case users(@Sendable (inout Options, [[UInt8]]) -> Void)
    }

    /// The key.
    public var name: String { look { name, _, _, _ in name } }
    /// What values it takes, and if they are stored.
    public var kind: Kind { look { _, kind, _, _ in kind } }
    /// The default, as the manual writes it.
    public var fallback: String { look { _, _, fallback, _ in fallback } }
    /// One line of documentation.
    public var doc: String { look { _, _, _, doc in doc } }
    /// Whether swiftotp.conf may have it. Options about one place in one stack are arguments only.
    public var inFile: Bool {
        switch self {
        case .configurationFile, .afterFirstFactor, .tryFirstPass, .useFirstPass, .forwardPass,
            .socket, .program:
            false
        default: true
        }
    }

    /// Which programs may set it by a PAM line.
    ///
    /// A program that is not root's could say anything. It may decide what is asked and how, and
    /// what follows for its own login. It may not decide where codes are looked up. For everything
    /// else, the service's own configuration applies.
    var claim: Claim {
        switch self {
        case .configurationFile, .store: .denied
        case .nullok, .language, .prompt, .echo, .retry, .exemptGroup, .enroll, .enrollUntil,
            .enrollGrace,
            .qrServices, .afterFirstFactor, .tryFirstPass, .useFirstPass, .forwardPass:
            .believed
        default: .passedOver
        }
    }

    /// How an option counts in the PAM line of a program that is not root's.
    enum Claim {
        /// It applies.
        case believed
        /// It must be valid, and has no effect.
        case passedOver
        /// It denies the login.
        case denied
    }

    /// Every option, for the manual.
    public static var all: [OptionKey] { allCases }

    /// The option with this name.
    static func named(_ name: ArraySlice<UInt8>) -> OptionKey? { byName[Array(name)] }

    /// Made once: each login looks up every option of the configuration.
    private static let byName = Dictionary(
        uniqueKeysWithValues: allCases.map { (Array($0.name.utf8), $0) })

    /// A part of the option's row: name, kind, default, doc.
    private func look<Part>(_ part: (String, Kind, String, String) -> Part) -> Part {
        switch self {
        case .configurationFile:
            part(
                "conf", .path { $0.configurationFile = $1 }, "/etc/security/swiftotp.conf",
                "Read the options from this file; it must exist.")
        case .store:
            part(
                "store", .path { $0.store = $1 }, "/var/lib/swiftotp",
                "Keep the records here. The seal key is then looked for in the same folder.")
        case .nullok:
            part(
                "nullok", .flag { $0.nullok = $1 }, "no",
                "Let users who are not enrolled in without a code.")
        case .language:
            part(
                "language", .language { $0.language = $1 }, "en",
                "What a login says, until it knows who is there and their own language.")
        case .prompt:
            part(
                "prompt", .text(maximum: 128) { $0.prompt = $1 }, UserText.question.english,
                "The question. It must not look like a password prompt.")
        case .echo:
            part(
                "echo", .flag { $0.echo = $1 }, "yes at sshd, no elsewhere",
                "Show what is typed. With no, sshd's password method would spend tries on it.")
        case .retry:
            part(
                "retry", .number(1...3) { $0.retry = $1 }, "1", "How many tries one login has.")
        case .window:
            part(
                "window", .number(0...Options.widestWindow) { $0.window = $1 }, "1",
                "How many steps a code may be early or late. More than 1 makes guessing easier.")
        case .closedFor:
            part(
                "closed_for", .hours(1...720) { $0.closedFor = $1 }, "none",
                "How long 100 wrong codes close an account; without it, until root unlocks it.")
        case .exemptGroup:
            part(
                "exempt_group", .text(maximum: 64) { $0.exemptGroup = $1 }, "none",
                "Members of this group log in without a code.")
        case .exemptNetworks:
            part(
                "exempt_networks", .networks { $0.exemptNetworks = $1 }, "none",
                "From these networks an ssh login needs no code after its first factor.")
        case .userMayDisable:
            part(
                "user_may_disable", .flag { $0.userMayDisable = $1 }, "yes",
                "Let users end their own second factor, with a code; with no, root does it.")
        case .temporaryHours:
            part(
                "temporary_hours", .number(1...72) { $0.temporaryHours = $1 }, "72",
                "The longest validity of a temporary code, in hours.")
        case .afterTemporary:
            part(
                "after_temporary",
                .choice("tell", "enroll", nil) { $0.enrollsAfterTemporary = $1 == 1 }, "tell",
                "After a temporary code: tell the user to enroll a new device, or do so at once.")
        case .notify:
            part(
                "notify", .choice("login", "mail", nil) { $0.notifiesByMail = $1 == 1 }, "login",
                "Tell users of changes to their second factor at the next login, or by mail too.")
        case .mail:
            part(
                "mail", .text(maximum: 128) { $0.mail = $1 }, "%u",
                "Where mail for a user goes; %u stands for the user's name.")
        case .firstEnrollment:
            part(
                "first_enrollment",
                .choice("open", "at_login", "root") {
                    $0.firstEnrollment = $1 == 0 ? .open : $1 == 1 ? .atLogin : .root
                }, "open", "Who enrolls a user first: the user, the user at a login, or root.")
        case .helpdeskGroup:
            part(
                "helpdesk_group", .text(maximum: 64) { $0.helpdeskGroup = $1 }, "none",
                "Members of this group help users without being root, after a code of their own.")
        case .helpdeskProtected:
            part(
                "helpdesk_protected", .text(maximum: 64) { $0.helpdeskProtected = $1 }, "none",
                "The help desk cannot act on members of this group; nor on root, or on its own.")
        case .helpdeskDaily:
            part(
                "helpdesk_daily", .number(1...250) { $0.helpdeskDaily = $1 }, "50",
                "How often one member of the help desk may act in 24 hours.")
        case .mayVerify:
            part(
                "may_verify", .verifiers { $0.mayVerify = $1 }, "none",
                "Programs of these users may check others' codes, though they are not root's.")
        case .deliver:
            part(
                "deliver", .messages { $0.deliver = $1 }, "none",
                "Send codes by mail, sms or both to users who ask after their first factor.")
        case .deliverFor:
            part(
                "deliver_for", .text(maximum: 64) { $0.deliverFor = $1 }, "everybody",
                "Send codes only to members of this group.")
        case .deliverHourly:
            part(
                "deliver_hourly", .number(1...250) { $0.deliverHourly = $1 }, "100",
                "How many codes all users together may be sent in an hour.")
        case .fleet:
            part(
                "fleet", .flag { $0.fleet = $1 }, "no",
                "Ask the servers of a fleet about the users of fleet_users.")
        case .fleetUsers:
            part(
                "fleet_users", .numbers { $0.fleetUsers = $1 }, "1000-",
                "The UIDs of users whom the fleet knows; others have their records here.")
        case .localUsers:
            part(
                "local_users", .users { $0.localUsers = $1 }, "none",
                "Users who have their records here all the same.")
        case .offline:
            part(
                "offline",
                .choice("deny", "answer", "recent") {
                    $0.offline = $1 == 0 ? .deny : $1 == 1 ? .answer : .recent
                }, "deny",
                "While no server is reached: nobody, an answer of the help desk, a recent SSH key.")
        case .offlineHours:
            part(
                "offline_hours", .number(1...72) { $0.offlineHours = $1 }, "12",
                "With offline = recent: for how many hours after a code an SSH key gets in.")
        case .offlineLogins:
            part(
                "offline_logins", .number(1...20) { $0.offlineLogins = $1 }, "3",
                "With offline = recent: how often a user gets in so until a server is reached.")
        case .enroll:
            part(
                "enroll",
                .choice("off", "offer", "require") {
                    $0.enroll = $1 == 0 ? .off : $1 == 1 ? .offer : .require
                }, "off",
                "At a login, users without an authenticator are not asked, may, or must enroll one."
            )
        case .enrollUntil:
            part(
                "enroll_until", .date { $0.enrollUntil = $1 }, "none",
                "With enroll = require: enrolling may be put off until this day begins, in UTC.")
        case .enrollGrace:
            part(
                "enroll_grace", .number(0...100) { $0.enrollGrace = $1 }, "0",
                "With enroll = require: how many logins after that day may still put it off.")
        case .issuer:
            part(
                "issuer", .label { $0.issuer = $1 }, "this machine's name",
                "What apps show beside the user's name, so that they know where a code is for.")
        case .qrServices:
            part(
                "qr_services", .services { $0.qrServices = $1 }, Options.usualQRServices,
                "Enrolling there shows a QR code; elsewhere users are told to run otp-enroll.")
        case .afterFirstFactor:
            part(
                "after_first_factor", .flag { $0.followsFirstFactor = $1 }, "no",
                "The modules above have authenticated the user, so enrolling is allowed.")
        case .trust:
            part(
                "trust",
                .choice("off", "key", "sk") {
                    $0.trust = $1 == 0 ? .off : $1 == 1 ? .key : .securityKey
                }, "off",
                "Skip the code with an SSH key: one trusted after a code, or any security key.")
        case .trustDays:
            part(
                "trust_days", .number(1...90) { $0.trustDays = $1 }, "30",
                "How many days a key is trusted. Logins do not extend it.")
        case .trustMaximum:
            part(
                "trust_max", .number(1...8) { $0.trustMaximum = $1 }, "8",
                "How many keys of one user may be trusted.")
        case .tryFirstPass:
            part(
                "try_first_pass", .flag { $0.triesFirstPass = $1 }, "no",
                "Try what an earlier module was given, and prompt if it is not a valid code.")
        case .useFirstPass:
            part(
                "use_first_pass", .flag { $0.usesFirstPass = $1 }, "no",
                "Use only what an earlier module was given; never prompt.")
        case .forwardPass:
            part(
                "forward_pass", .flag { $0.forwardsPass = $1 }, "no",
                "Ask for password and code in one; the password goes on to the next module.")
        case .socket:
            part(
                "socket", .path { $0.socket = $1 }, "/run/swiftotp/swiftotpd.sock",
                "Where swiftotpd listens.")
        case .program:
            part(
                "program", .path { $0.program = $1 }, "/usr/libexec/swiftotpd",
                "What root's programs start for one login if nothing listens.")
        case .debug:
            part(
                "debug", .flag { $0.debug = $1 }, "no",
                "Log the options that apply at each login; never a secret.")
        }
    }
}
