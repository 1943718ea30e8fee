import OTPCore
import OTPStore
import OTPWire

// Asking swiftotpd, and the words for what it does not do.
extension HelperAccess {
    /// A new connection.
    func connect() throws(Failure) -> ServiceClient {
        do throws(StoreError) {
            return try ServiceClient(path: workplace.socket)
        } catch {
            guard error.code == .missing else { throw Failure(error) }
            let path = workplace.socket ?? ServiceClient.defaultPath
            throw Failure(
                "swiftotpd does not listen at \(Output.printable(path))",
                hints: [
                    "`systemctl start swiftotpd.socket` starts it (as root)",
                    "without it, only root can do this; use sudo",
                ])
        }
    }

    /// Sends a question, which is wiped, and waits for the answer. Where none comes, it is not
    /// known whether what was asked for, a change perhaps, was done.
    func ask(
        _ message: inout [UInt8], on client: ServiceClient, isChange: Bool = false
    ) throws(Failure) -> HelperReply {
        do throws(StoreError) {
            return try client.ask(&message)
        } catch {
            throw Failure(
                Output.printable(error.text),
                hint: isChange
                    ? "it may be done or not: `otp-enroll status` tells" : "try again in a moment")
        }
    }

    // MARK: Words

    /// Why something was not done, where the command has no words of its own.
    func failure(_ reply: consuming HelperReply) -> Failure {
        switch consume reply {
        case .denied(.notEnrolled, _): workplace.notEnrolled
        case .denied(.full, _): full
        case .denied(.unavailable, let text):
            Failure(
                Output.printable(text),
                hint: "your administrator finds the same line in the system's log")
        case .denied(.policy, _):
            Failure("the policy here leaves this to root", hint: "ask your administrator")
        default: otherLanguage
        }
    }

    /// The helper does not understand, or is not understood.
    var otherLanguage: Failure {
        Failure(
            "swiftotpd and otp-enroll do not understand each other",
            hint: "they have to be of one version; ask your administrator")
    }

    /// What can be told of the policy about first enrollments: users need not be able to read it.
    var firstEnrollmentIsRoots: Failure {
        switch workplace.options.firstEnrollment {
        case .atLogin:
            Failure(
                "the policy here lets users enroll first at a login alone"
                    + " (first_enrollment = at_login)",
                hint: "log in, where you are asked to enroll; or ask your administrator")
        case .root:
            Failure(
                "the policy here lets only root enroll users first (first_enrollment = root)",
                hint: "ask your administrator")
        case .open:
            Failure(
                "the policy here does not let you enroll yourself first (first_enrollment)",
                hint: "ask your administrator")
        }
    }

    /// An option that only root may use.
    func isRoots(_ option: String) -> Failure {
        Failure(
            "only root may use \(option)",
            hint: "leave it out: the QR code is shown, and a code of the app asked for")
    }
}
