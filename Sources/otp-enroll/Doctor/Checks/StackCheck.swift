import OTPCore
import OTPPAM

/// The service's stack: whether our module is in it, and in the right place.
final class StackCheck {
    /// The name of the check.
    static let name = "stack"

    let service: String
    private let verdict: StackVerdict
    /// What mends it; `nil` where nothing is wrong, or no small change helps.
    private lazy var proposal: StackProposal? =
        verdict.hasOurs && verdict.serious.isEmpty ? nil : StackProposal(mending: verdict)

    /// `enrolled` are the numbers of those who are; `nil` where nobody can tell.
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

    /// Those who are enrolled, and whom no password proves.
    private static func passwordless(_ people: [User], enrolled: Set<UInt32>) -> [String] {
        people.filter { $0.uid != 0 && enrolled.contains($0.uid) }.map(\.shownName)
            .filter(LocalNames.locked.contains)
    }

    /// The names of those whom the stack never asks for a code.
    var unasked: Set<String> { verdict.runs.unasked }

    /// Whether the stack says yes to a code, or to who is not asked for one, without a first factor
    /// of its own: the program in front of it has to ask for one. It is the stack as it should be:
    /// what is wrong with it is mended first.
    var needsFirstFactor: Bool {
        guard verdict.hasOurs, !verdict.serious.isEmpty else { return verdict.needsFirstFactor }
        return proposal?.verdict.needsFirstFactor
            ?? (verdict.needsFirstFactor && !verdict.hasFirstFactor)
    }

    /// The look at the stack.
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

    /// The finding with the change that mends it, and all the others of this stack with it.
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
