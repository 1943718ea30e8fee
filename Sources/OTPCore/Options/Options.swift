/// What the admin decides: module arguments and the keys of swiftotp.conf(5) alike.
public struct Options: Sendable {
    /// Another configuration file, where an argument names one.
    public var configurationFile: [UInt8]?
    /// Where the store is, where an argument or the file says so.
    public var store: [UInt8]?
    /// Let a user without a record pass without asking.
    public var nullok = false
    /// The language of what is said before somebody is known.
    public var language = Language.english
    /// The admin's own question.
    public var prompt: [UInt8]?
    /// Whether what is typed may be seen, where the admin says so; `showsTyping` says whether it is.
    public var echo: Bool?
    /// Tries in one call, 1 to 3.
    public var retry: UInt8 = 1
    /// Steps accepted on each side of the current one, 0 to 10.
    public var window: UInt8 = 1
    /// After how many seconds a closed account opens by itself; `nil` for never.
    public var closedFor: UInt64?
    /// Members of this group are not asked.
    public var exemptGroup: [UInt8]?
    /// Who comes from these by ssh, and has proven something, is not asked.
    public var exemptNetworks: [IPNetwork]?
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
    /// Whether a login asks who has no authenticator to enroll one.
    public var enroll = Enroll.off
    /// With `require`: until this moment enrolling may still be put off, in seconds since 1970.
    public var enrollUntil: UInt64?
    /// How many logins after that moment may still put it off, 0 to 100.
    public var enrollGrace: UInt8 = 0
    /// Who apps say that codes are from, where the admin says so.
    public var issuer: [UInt8]?
    /// The PAM services whose prompts reach a terminal as they are, where the admin names them.
    public var qrServices: [[UInt8]]?
    /// Whether the modules before this one have proven the user, so that enrolling is allowed.
    public var followsFirstFactor = false
    /// Which SSH keys log in without a code.
    public var trust = Trust.off
    /// How many days a key is trusted, 1 to 90; never lengthened.
    public var trustDays: UInt8 = 30
    /// How many keys of a user may be trusted, 1 to 8.
    public var trustMaximum: UInt8 = 8
    /// Whether to try what an earlier module was given, before asking.
    public var triesFirstPass = false
    /// Whether to take what an earlier module was given, and never ask.
    public var usesFirstPass = false
    /// Whether the answer is password and code joined, and the password goes on to the next module.
    public var forwardsPass = false
    /// Where swiftotpd listens, where an argument says so.
    public var socket: [UInt8]?
    /// What is started where nothing listens, where an argument says so.
    public var program: [UInt8]?
    /// Log which options are in force.
    public var debug = false

    public init() {}

    /// Who may make a user's first enrollment.
    public enum FirstEnrollment: Sendable {
        /// The user, by otp-enroll.
        case open
        /// The user, at a login.
        case atLogin
        /// Root alone.
        case root
    }

    /// What a login says about enrolling to who has no authenticator.
    public enum Enroll: Sendable {
        /// Nothing.
        case off
        /// That they may.
        case offer
        /// That they must.
        case require
    }

    /// Which SSH keys log in without a code.
    public enum Trust: String, Sendable {
        /// None.
        case off
        /// Those that their users have trusted after a code.
        case key
        /// Those that lie in a FIDO authenticator.
        case securityKey = "sk"
    }

    /// Whether to offer to skip the code with the SSH key that logged in.
    public var trustsKeys: Bool { trust == .key }

    /// Whether an SSH key that lies in a FIDO authenticator needs no code beside it.
    public var admitsSecurityKeys: Bool { trust == .securityKey }

    /// The services that show a QR code where the admin names none: those that hand a prompt on as
    /// it was written.
    static let usualQRServices = "sshd login su su-l sudo sudo-i doas"

    /// Whether a prompt of this service reaches a terminal as it was written, so that a QR code in
    /// it can be read.
    func showsQRCode(at service: [UInt8]) -> Bool {
        guard let qrServices else {
            return Options.usualQRServices.utf8.split(separator: UInt8(ascii: " "))
                .contains { $0.elementsEqual(service) }
        }
        return qrServices.contains(service)
    }

    /// What a login asks: the admin's own question, or the one that fits the answer, in `words`.
    public func question(_ words: (Phrase) -> String) -> [UInt8] {
        prompt ?? Array(words(forwardsPass ? UserText.joinedQuestion : UserText.question).utf8)
    }

    /// Whether what is typed at a question for a code is seen. By default that is so at sshd alone,
    /// whose method `password` answers every hidden question with the password. Others may put a
    /// question of their own in the place of ours, at which people type a password (`sudo -p`).
    public func showsTyping(atSSHD: Bool) -> Bool { echo ?? atSSHD }

    /// The same for the question of a login; never where a password is typed with the code.
    public func echoes(atSSHD: Bool) -> Bool { showsTyping(atSSHD: atSSHD) && !forwardsPass }
}
