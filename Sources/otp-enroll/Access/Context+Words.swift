import OTPCore
import OTPWire

// Why something was not done.
extension Context {
    /// A reply for which a command has no words of its own.
    func failure(_ reply: Reply.Result) -> Failure {
        guard case .denied(let reason) = reply else { return .otherVersion }
        return failure(reason)
    }

    private func failure(_ reason: Reply.Denial) -> Failure {
        switch reason {
        case .malformed, .otherVersion, .proofNeeded: .otherVersion
        case .rootOnly: rootOnly
        case .protected:
            Failure(
                Phrase("the help desk may not do this for \(userName)"),
                hint: Phrase("only root may: \(userName) is root, of the help desk, or protected"))
        case .ownProofNeeded:
            Failure("a code counts for five minutes, and those are over", hint: "try again")
        case .helperNotEnrolled:
            Failure(
                "the help desk needs codes of its own, and you are not enrolled",
                hint: "ask root to enroll you: `otp-enroll add`")
        case .helpDeskLimit(let most):
            Failure(
                "you have acted \(Words.count(most, "time")) in 24 hours, which is the limit",
                hint: "helpdesk_daily in swiftotp.conf is that limit; root has none")
        case .unknownUser: Context.noUser(userName)
        case .policy: mayNotDisable
        case .firstEnrollment(let rule): firstEnrollmentIsRoots(rule)
        case .notEnrolled: notEnrolled
        case .noSuchAuthenticator:
            Failure(Phrase("\(userName) has no such authenticator"), hint: listing)
        case .lastAuthenticator: last(nil)
        case .full:
            Failure(
                Phrase("\(userName) has 5 authenticators already"),
                hint: Phrase(
                    """
                    `otp-enroll remove \(userName) NAME` makes room; \
                    `otp-enroll status \(userName)` lists them
                    """))
        case .nameTaken(let name):
            Failure(
                Phrase(
                    """
                    an authenticator "\(Output.printable(name))" was just added by somebody else
                    """))
        case .enrolledMeanwhile:
            Failure(
                Phrase("\(userName) was just enrolled by somebody else; nothing was saved"),
                hint: Phrase("`otp-enroll status` shows what there is"))
        case .ticketVoid:
            Failure(
                Phrase("that took too long, or something else has changed; nothing was saved"),
                hint: Phrase("delete the entry in the app, and enroll again"))
        case .notTrusted: Failure(Phrase("somebody else has already ended that trust"))
        case .noContact: Failure(Phrase("\(userName) gets no codes in this way"))
        case .notDelivered:
            Failure(
                Phrase("codes are not sent in this way here"),
                hint: Phrase("ask your administrator"))
        case .messageWait(let seconds): Failure(UserText.waitForMessage(seconds))
        case .tooManyMessages:
            Failure(Phrase("too many codes are being sent here"), hint: Phrase("try again later"))
        case .unsent:
            Failure(Phrase("the code could not be sent"), hint: Phrase("ask your administrator"))
        case .noTemporaryCode: Failure("\(userName) has no valid temporary code")
        case .validity(let hours):
            Failure(
                "the configuration allows at most \(Words.count(hours, "hour"))",
                hint: "temporary_hours in swiftotp.conf is that limit, in a fleet on its servers")
        case .keyIsThere(let name):
            Failure(
                "\"\(Output.printable(name))\" of \(userName) already has this key",
                hint: "a key has only one name: omit --name, or remove"
                    + " \"\(Output.printable(name))\" first")
        case .counterIsUsed(let next):
            Failure(
                "codes of this key below counter \(next) are used up",
                hint: "use --counter \(next), or where the device is")
        case .badKey: Failure("its key cannot be stored")
        case .shortKey:
            Failure(
                "its key has fewer than 128 bits",
                hint: "--allow-short-keys imports keys from 80 bits on")
        case .noName: Failure("no name is left for it")
        case .noRecord: Failure("there is no such record")
        case .isHere(let name): Failure("\(Output.printable(name)) is a user here")
        case .isEnrolled: Failure("\(userName) is enrolled already", hint: meaning)
        case .wasEnrolled: Failure("\(userName) was enrolled before", hint: meaning)
        case .fleetRole:
            Failure(
                Phrase("the fleet does not let you do this, or not at this host"),
                hints: [
                    Phrase("it takes a role in the fleet, and is for others; root has no role"),
                    Phrase(
                        """
                        on a server, `swiftotp-server role` gives roles, and \
                        `swiftotp-server hosts NAME --rights` hosts where they count
                        """),
                ])
        case .fleetProtected:
            Failure(
                Phrase("the help desk may not do this for \(userName)"),
                hint: Phrase(
                    "\(userName) has a role in the fleet: somebody with the role `admin` may"))
        case .hostRight(let name):
            Failure(
                Phrase("the fleet does not allow this at this host"),
                hint: Phrase("do it at a host that has the right \"\(Output.printable(name))\""))
        }
    }

    /// What root alone may do, or the help desk as well.
    private var rootOnly: Failure {
        // Nothing but a fleet says that to root.
        guard !Machine.isRoot else {
            return Failure(
                "\(userName) belongs to a fleet, where nobody may do this",
                hint: "--local acts on the record here")
        }
        guard !service.isOwn else {
            return Failure(Phrase("only root may do this"), hint: Phrase("use sudo"))
        }
        return user.uid == Machine.caller ? storeIsRoots : othersAreRoots
    }

    var othersAreRoots: Failure {
        Failure(
            Phrase("only root may do this for \(userName)"),
            hint: Phrase("omit the name to do it for yourself, or use sudo"))
    }

    var storeIsRoots: Failure {
        Failure(
            Phrase("only root can open \(OptionKey.store.fallback)"),
            hint: Phrase("use sudo, or --store with a folder of your own"))
    }

    private var meaning: String { "--user \(userName) adds to what is there" }

    /// Nobody has this name; it may have meant one of these.
    static func noUser(_ name: String, among names: [String] = []) -> Failure {
        Failure(
            Phrase("there is no user \"\(Output.printable(name))\""),
            hint: Words.proposal(for: name, among: names)
                ?? Phrase("`getent passwd` lists the users, `otp-enroll --help` the commands"))
    }

    /// There is nothing to log in with.
    var notEnrolled: Failure {
        Failure(
            Phrase("\(userName) is not enrolled"),
            hint: Phrase("`otp-enroll add \(userName)` enrolls"))
    }

    /// There is no authenticator of this name; these exist.
    func unknown(_ name: String, among names: [String]) -> Failure {
        Failure(
            Phrase("\(userName) has no authenticator \"\(Output.printable(name))\""),
            hint: Words.proposal(for: name, among: names) ?? listing)
    }

    private var listing: Phrase { Phrase("`otp-enroll status \(userName)` lists them") }

    /// It is the last authenticator.
    func last(_ name: String?) -> Failure {
        let which = name.map { Output.printable($0) }
        return Failure(
            which.map { Phrase("\"\($0)\" is the last authenticator of \(userName)") }
                ?? Phrase("it is the last authenticator of \(userName)"),
            hint: Phrase("`otp-enroll disable \(userName)` ends the second factor"))
    }

    /// The policy does not let users disable.
    var mayNotDisable: Failure {
        Failure(
            Phrase("users may not do this here (user_may_disable = no)"),
            hint: Phrase("ask your administrator"))
    }

    private func firstEnrollmentIsRoots(_ rule: String) -> Failure {
        switch rule {
        case "helpdesk":
            Failure(
                Phrase("only root may enroll members of the help desk"),
                hint: Phrase("ask your administrator"))
        case "root":
            Failure(
                Phrase("users may not enroll themselves here (first_enrollment = root)"),
                hint: Phrase("ask your administrator"))
        default:
            Failure(
                Phrase("users can only enroll at a login here (first_enrollment = at_login)"),
                hint: Phrase("log in and enroll there, or ask your administrator"))
        }
    }

    /// An option that only root may use.
    func isRoots(_ option: String) -> Failure {
        Failure(
            Phrase("only root may use \(option)"),
            hint: Phrase("omit it: the QR code is shown, and you are asked for a code"))
    }
}
