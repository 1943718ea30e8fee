import OTPCore
import OTPPAM

/// The service's stack: whether our module is in it, and in the right place.
final class StackCheck {
    /// The name of the check.
    static let name = "stack"

    let service: String
    private let verdict: StackVerdict
    /// The change that fixes it; `nil` if nothing is wrong, or no small change helps.
    private lazy var proposal: StackProposal? =
        verdict.hasOurs && verdict.serious.isEmpty ? nil : StackProposal(mending: verdict)

    /// `enrolled` are the UIDs of enrolled users; `nil` if unknown.
    init(
        _ member: ServiceStacks.Member, _ people: [User], _ options: LineOptions,
        enrolled: Set<UInt32>?
    ) {
        service = member.service
        verdict = StackVerdict(
            member.stack,
            StackVerdict.Circumstances(
                service: service, people: PAMPeople(people, service: service),
                elsewhere: PAMPeople(people, service: service, isElsewhere: true),
                options: options,
                passwordless: StackCheck.passwordless(people, enrolled: enrolled ?? []),
                door: StackDoor(service, people.first), isSSHD: SSHDaemon.serves(service)))
    }

    /// Enrolled users who do not have a password.
    private static func passwordless(_ people: [User], enrolled: Set<UInt32>) -> [String] {
        people.filter { $0.uid != 0 && enrolled.contains($0.uid) }.map(\.shownName)
            .filter(LocalNames.locked.contains)
    }

    /// The names of the users whom the stack never asks for a code.
    var unasked: Set<String> { verdict.runs.unasked }

    /// Whether the stack accepts a code, or a user who is not asked for one, without a first factor
    /// of its own, so that the program in front of it must require one. This is about the corrected
    /// stack: what is wrong with it is fixed first.
    var needsFirstFactor: Bool {
        guard verdict.hasOurs, !verdict.serious.isEmpty else { return verdict.needsFirstFactor }
        return proposal?.verdict.needsFirstFactor
            ?? (verdict.needsFirstFactor && !verdict.hasFirstFactor)
    }

    /// The result of the check.
    var look: Look {
        let stack = verdict.stack
        var about = stack.file
        if let line = verdict.auth.first(where: \.isOurs) {
            about += ": \(StackVerdict.ours) at \(line.place.text)"
            if stack.isOther(than: service) { about += " (\(service) has no file of its own)" }
        }
        var findings = verdict.hasOurs ? verdict.findings : [missing]
        if let index = findings.firstIndex(where: { $0.severity != .note }) {
            findings[index] = mended(findings[index])
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

    /// The finding with the change that fixes it, and with it all others of this stack.
    private func mended(_ finding: Finding) -> Finding {
        let with = { (change: String) in
            Finding(finding.severity, finding.text, in: finding.place, change: change)
        }
        if verdict.stack.isOther(than: service) {
            return with("cp \(verdict.stack.file) /etc/pam.d/\(service)")
        }
        guard let proposal else {
            let kind =
                verdict.circumstances.door.comesProven == true
                ? "Key, then code" : "Password, then code"
            return with("no small change fixes this: use the stack \"\(kind)\" of LOGIN.md")
        }
        return with(proposal.diff)
    }
}
