import OTPCore
import OTPPAM

/// The service's stack: whether our module is in it, and in the right place.
struct StackCheck {
    /// The name of the check.
    static let name = "stack"

    let verdict: StackVerdict
    private let service: String

    init(_ service: String, _ stack: PAMStack, _ people: [User], _ options: LineOptions) {
        self.service = service
        verdict = StackVerdict(
            stack,
            StackVerdict.Circumstances(
                service: service, people: PAMPeople(people, service: service),
                elsewhere: PAMPeople(people, service: service, isElsewhere: true),
                options: options, isSSHD: SSHDaemon.serves(service)))
    }

    /// Whether the stack says yes to a code, or to who is not asked for one, without a first factor
    /// of its own: the program in front of it has to ask for one.
    var needsFirstFactor: Bool { verdict.needsFirstFactor }

    /// The look at the stack. `comesProven` is asked where a change is to be proposed: whether the
    /// program asks for another factor before it asks PAM, as sshd may for a key; `nil` where that
    /// cannot be told.
    func look(comesProven: () -> Bool?) -> Look {
        let stack = verdict.stack
        var about = stack.file
        if let line = verdict.auth.first(where: \.isOurs) {
            about += ": \(StackVerdict.ours) at \(line.place.text)"
            if stack.isOther(than: service) { about += " (\(service) has no file of its own)" }
        }
        var findings = verdict.hasOurs ? verdict.findings : [missing]
        if let index = findings.firstIndex(where: { $0.severity != .note }) {
            findings[index] = mended(findings[index], comesProven())
        }
        return Look(StackCheck.name, about, findings)
    }

    private var missing: Finding {
        let stack = verdict.stack
        if let line = stack.lines.first(where: \.isOurs) {
            return Finding(
                .problem,
                "\(StackVerdict.ours) is in the \(line.kind) lines of \(service) alone, where nobody"
                    + " is asked for a code", in: line.place.text)
        }
        return Finding(
            .problem,
            "\(StackVerdict.ours) is not in the stack of \(service): nobody is asked for a code",
            in: stack.file)
    }

    /// The finding with the change that mends it, and all the others of this stack with it.
    private func mended(_ finding: Finding, _ comesProven: Bool?) -> Finding {
        let with = { (change: String) in
            Finding(finding.severity, finding.text, in: finding.place, change: change)
        }
        if verdict.stack.isOther(than: service) {
            return with("cp \(verdict.stack.file) /etc/pam.d/\(service)")
        }
        guard let proposal = StackProposal(mending: verdict, comesProven: comesProven) else {
            let kind = comesProven == true ? "Key, then code" : "Password, then code"
            return with("no small change mends this: take the stack \"\(kind)\" of LOGIN.md")
        }
        return with(proposal.diff)
    }
}
