import OTPCore
import OTPStore

// Codes by message, as far as the configuration alone tells.
extension ConfigurationCheck {
    private static let messenger = "/etc/security/swiftotp-messenger.conf"

    /// A group that is not there, and kinds of message that nothing sends.
    static func messages(_ options: Options, _ path: String) -> [Finding] {
        guard let kinds = options.deliver else { return [] }
        var findings: [Finding] = []
        if let group = options.deliverFor, (try? SystemUsers().group(named: group)) == nil {
            let name = Output.printable(group)
            findings.append(
                Finding(
                    .problem, "there is no group \(name) (deliver_for): nobody is sent a code",
                    in: path, change: "groupadd \(name)"))
        }
        // In a fleet the servers send them.
        for kind in kinds where !options.fleet && !isSent(kind) {
            findings.append(
                Finding(
                    .problem,
                    "deliver has codes sent by \(kind.word), and swiftotp-messenger has no program"
                        + " for it",
                    in: messenger, change: example(of: kind)))
        }
        return findings
    }

    /// Whether the messenger's configuration names a program; for mail there is a default.
    private static func isSent(_ kind: MessageKind) -> Bool {
        guard case .text(let text) = SystemFiles.read(messenger) else { return kind == .mail }
        let values = text.split(separator: "\n").compactMap { line -> Substring? in
            let parts = line.split(separator: "=", maxSplits: 1)
            guard let key = parts.first, let value = parts.last, parts.count == 2,
                key.filter({ $0 != " " && $0 != "\t" }) == kind.word
            else { return nil }
            return value.drop { $0 == " " || $0 == "\t" }
        }
        return values.last.map { !$0.hasPrefix("none") } ?? (kind == .mail)
    }

    private static func example(of kind: MessageKind) -> String {
        switch kind {
        case .mail: "mail = /usr/sbin/sendmail -i -- {to}"
        case .sms: "sms = /usr/local/sbin/swiftotp-smstools {to}"
        }
    }
}
