import OTPCore
import OTPPAM

/// sudo's own settings: whether its prompt stands in the place of the question for a code.
enum SudoCheck {
    static let name = "sudo"

    /// What a look at sudo's stack found; `nil` where another service is asked about.
    static func look(_ service: String, _ options: Options, _ lines: [PAMLine]) -> Look? {
        guard ["sudo", "sudo-i"].contains(service), let line = lines.first else { return nil }
        var file = SudoersFile()
        file.read()
        if let trouble = file.trouble { return .skipped(name, trouble) }
        var findings = file.overrides.map { place in
            Finding(
                .note,
                "passprompt_override is set: sudo asks for the code with its prompt for the"
                    + " password, and shows no QR code", in: place)
        }
        if options.showsTyping(atSSHD: false), !options.forwardsPass {
            findings.append(
                Finding(
                    .warning,
                    "echo is on: with a prompt of sudo's own (sudo -p, passprompt_override) a"
                        + " password that is typed for the code is seen", in: line.place.text,
                    change: "echo = no"))
        }
        return Look(name, SudoersFile.path, findings)
    }
}
