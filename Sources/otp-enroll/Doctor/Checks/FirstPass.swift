import OTPCore
import OTPPAM

/// Whether our module takes for a code what another asked for as the password.
enum FirstPass {
    /// Modules that take all that is typed for the password.
    private static let askers: Set<String> = [
        "pam_unix", "pam_sss", "pam_ldap", "pam_krb5", "pam_winbind", "pam_pwdfile", "pam_userdb",
    ]

    /// What is wrong in a stack: with `use_first_pass` below such a module nobody is asked for a
    /// code, and the password is none.
    static func findings(_ stack: PAMStack, _ reader: LineOptions) -> [Finding] {
        var asker: PAMLine?
        var findings: [Finding] = []
        for line in stack.auth where line.role == .module {
            if line.isOurs {
                let options = reader.options(of: line)
                guard let asker, options.usesFirstPass, !options.forwardsPass else { continue }
                let arguments = line.arguments.filter { !$0.hasPrefix("use_first_pass") }
                findings.append(
                    Finding(
                        .problem,
                        "use_first_pass takes the password that \(asker.name) asks for as the code,"
                            + " and asks for none: nobody gets in", in: line.place.text,
                        change: arguments.count < line.arguments.count
                            ? line.text(control: line.written, arguments: arguments)
                            : "use_first_pass = no"))
            } else if asker == nil, askers.contains(line.name) {
                asker = line
            }
        }
        return findings
    }
}
