import OTPCore
import OTPWire

// What a user is told by mail is the service's to send; these are what this program adds.
extension Context {
    /// Makes the service use the caller's language at logins, unless one was chosen.
    func noteLanguage() {
        guard !Machine.isRoot, !Speech.language.isEnglish else { return }
        // The enrollment is valid, whatever the language.
        _ = try? ask(.speak(language: Speech.language.name, unlessSet: true))
    }

    /// Where mail to the user goes: to the command line's address, or else the policy's.
    func address(_ named: MailAddress?) throws(Failure) -> MailAddress {
        if let named { return named }
        let pattern = try policy().mail ?? "%u"
        do throws(MailAddress.Problem) {
            return try MailAddress(pattern: pattern, user: user)
        } catch {
            switch error {
            case .name:
                throw Failure(
                    "there is no mail address for the name \"\(userName)\"",
                    hint: "give the address with --address")
            case .pattern:
                throw Failure(
                    "\"\(Output.printable(pattern))\" is not a pattern for mail addresses",
                    hint: "use one such as %u@example.com, where %u stands for the user's name")
            }
        }
    }
}
