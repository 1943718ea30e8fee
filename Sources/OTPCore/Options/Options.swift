/// What the admin configures, by module arguments or in swiftotp.conf(5).
public struct Options: Equatable, Sendable {
    /// Another configuration file, if an argument names one.
    public var configurationFile: [UInt8]?
    /// The folder of the store, if an argument or the file names one.
    public var store: [UInt8]?
    /// Let users without a record pass without asking.
    public var nullok = false
    /// The language before the user is known.
    public var language = Language.english
    /// The admin's own question.
    public var prompt: [UInt8]?
    /// Whether typing is echoed, if the admin says; `showsTyping` has the result.
    public var echo: Bool?
    /// Tries in one call, 1 to 3.
    public var retry: UInt8 = 1
    /// Steps accepted on each side of the current one.
    public var window: UInt8 = 1
    /// The largest `window`.
    public static let widestWindow: UInt8 = 10
    /// The seconds after which a closed account opens by itself; `nil` for never.
    public var closedFor: UInt64?
    /// Members of this group are not asked.
    public var exemptGroup: [UInt8]?
    /// ssh logins from these, after a first factor, are not asked.
    public var exemptNetworks: [IPNetwork]?
    /// Whether users may turn off their own second factor.
    public var userMayDisable = true
    /// The longest validity of a temporary code, in hours, 1 to 72.
    public var temporaryHours: UInt8 = 72
    /// Whether a login with a temporary code asks to enroll a new device.
    public var enrollsAfterTemporary = false
    /// Whether users get a mail when something about their second factor changes.
    public var notifiesByMail = false
    /// A user's address, with `%u` for the user's name; `nil` for that name itself.
    public var mail: [UInt8]?
    /// Who may make a user's first enrollment.
    public var firstEnrollment = FirstEnrollment.open
    /// Members of this group are the help desk.
    public var helpdeskGroup: [UInt8]?
    /// The help desk cannot act on members of this group.
    public var helpdeskProtected: [UInt8]?
    /// How often a member of the help desk may act in 24 hours, 1 to 250.
    public var helpdeskDaily: UInt8 = 50
    /// Whose programs may check the codes of other users.
    public var mayVerify: [Verifier]?
    /// How codes may be sent to users who ask for one; `nil` for in no way.
    public var deliver: [MessageKind]?
    /// Codes are sent only to members of this group.
    public var deliverFor: [UInt8]?
    /// How many codes may be sent in an hour, 1 to 250.
    public var deliverHourly: UInt8 = 100
    /// Whether the servers of a fleet are asked about users in `fleetUsers`.
    public var fleet = false
    /// The UIDs of users whom the fleet knows.
    public var fleetUsers: ClosedRange<UInt32> = 1000 ... .max
    /// Users whom it does not, whatever their UIDs.
    public var localUsers: [[UInt8]]?
    /// Who gets in while no server of the fleet is reached.
    public var offline = Offline.deny
    /// For how many hours after a code an SSH key gets in without one, 1 to 72.
    public var offlineHours: UInt8 = 12
    /// How often a user gets in so until a server is reached, 1 to 20.
    public var offlineLogins: UInt8 = 3
    /// Whether logins ask users without an authenticator to enroll one.
    public var enroll = Enroll.off
    /// With `require`: enrolling may be put off until then, in Unix seconds.
    public var enrollUntil: UInt64?
    /// How many logins after that may still put it off, 0 to 100.
    public var enrollGrace: UInt8 = 0
    /// The issuer that apps show, if the admin has set one.
    public var issuer: [UInt8]?
    /// The PAM services whose prompts reach a terminal unchanged, if the admin lists them.
    public var qrServices: [[UInt8]]?
    /// Whether the modules before this one have authenticated the user, so that enrolling is
    /// allowed.
    public var followsFirstFactor = false
    /// Which SSH keys log in without a code.
    public var trust = Trust.off
    /// How many days a key is trusted, 1 to 90; never extended.
    public var trustDays: UInt8 = 30
    /// How many keys a user may trust, 1 to 8.
    public var trustMaximum: UInt8 = 8
    /// Whether to try what an earlier module was given before asking.
    public var triesFirstPass = false
    /// Whether to use what an earlier module was given and never ask.
    public var usesFirstPass = false
    /// Whether the answer is password and code joined; the password is passed on to the next
    /// module.
    public var forwardsPass = false
    /// The socket of swiftotpd, if an argument names one.
    public var socket: [UInt8]?
    /// The program to start if nothing listens, if an argument names one.
    public var program: [UInt8]?
    /// Whether to log which options are in force.
    public var debug = false

    public init() {}

    /// Who may make a user's first enrollment.
    public enum FirstEnrollment: Sendable {
        /// The user, with otp-enroll.
        case open
        /// The user, at a login.
        case atLogin
        /// Only root.
        case root
    }

    /// A user whose programs may check the codes of others, such as a database server's.
    public struct Verifier: Equatable, Sendable {
        /// The user's name.
        public let user: [UInt8]
        /// The only PAM service for which they may; `nil` for every one.
        public let service: [UInt8]?

        public init(user: [UInt8], service: [UInt8]?) {
            (self.user, self.service) = (user, service)
        }
    }

    /// Whether a program of this user may check others' codes for this service.
    public func mayVerify(_ user: [UInt8], for service: [UInt8]) -> Bool {
        (mayVerify ?? []).contains { $0.user == user && $0.service.map { $0 == service } ?? true }
    }

    /// The options for a program that checks others' codes: it asks for a code and learns whether
    /// it is right. Nothing is enrolled or trusted, and no exemption that it claims counts.
    public func restrictedToVerifying(of admin: Options) -> Options {
        var options = self
        options.enroll = .off
        options.trust = .off
        options.deliver = nil
        options.enrollsAfterTemporary = false
        options.followsFirstFactor = false
        options.nullok = admin.nullok
        options.exemptGroup = admin.exemptGroup
        return options
    }

    /// Whether the fleet's servers are asked about `user`, or about a name that is nobody's here.
    public func belongsToFleet(_ user: User?) -> Bool {
        guard fleet else { return false }
        guard let user else { return true }
        return fleetUsers.contains(user.uid) && localUsers?.contains(user.name) != true
    }

    /// Who gets in while no server of the fleet is reached.
    public enum Offline: Sendable {
        /// Nobody.
        case deny
        /// Who has the answer to a question, from the help desk or from paper.
        case answer
        /// Who has an SSH key that passed a code here lately.
        case recent
    }

    /// Whether codes may be sent by this kind of message.
    public func delivers(by kind: MessageKind) -> Bool { deliver?.contains(kind) ?? false }

    /// What a login says about enrolling to a user without an authenticator.
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
        /// Those that their users chose to trust after a code.
        case key
        /// Those in a FIDO authenticator.
        case securityKey = "sk"
    }

    /// Whether to offer to skip the code with the SSH key that logged in.
    public var trustsKeys: Bool { trust == .key }

    /// Whether an SSH key in a FIDO authenticator logs in without a code.
    public var admitsSecurityKeys: Bool { trust == .securityKey }

    /// The services that show a QR code if the admin lists none: those that pass a prompt on
    /// unchanged.
    static let usualQRServices = "sshd login su su-l sudo sudo-i doas"

    /// Whether prompts of this service reach a terminal unchanged, so that a QR code can be
    /// scanned.
    func showsQRCode(at service: [UInt8]) -> Bool {
        guard let qrServices else {
            return Options.usualQRServices.utf8.split(separator: UInt8(ascii: " "))
                .contains { $0.elementsEqual(service) }
        }
        return qrServices.contains(service)
    }

    /// The question of a login: the admin's own, or the one that fits the answer, in `words`.
    public func question(isHelped: Bool = false, _ words: (Phrase) -> String) -> [UInt8] {
        let question =
            forwardsPass
            ? UserText.joinedQuestion : isHelped ? UserText.helpedQuestion : UserText.question
        return prompt ?? Array(words(question).utf8)
    }

    /// Whether typing is echoed at a question for a code. By default only at sshd, whose method
    /// `password` answers every hidden question with the password. Other programs may replace our
    /// question by their own, at which people type a password (`sudo -p`).
    public func showsTyping(atSSHD: Bool) -> Bool { echo ?? atSSHD }

    /// The same for the question of a login; never if a password is typed with the code.
    public func echoes(atSSHD: Bool) -> Bool { showsTyping(atSSHD: atSSHD) && !forwardsPass }
}
