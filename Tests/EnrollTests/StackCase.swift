import TestSupport
import Testing

/// PAM files, doctor's finding about them, and the results of logins with them, before and after
/// doctor's proposal.
struct StackCase: CustomTestStringConvertible, Sendable {
    /// Who tries, by what they know and have.
    enum Attempt: CaseIterable {
        case both, passwordAlone, codeAlone, neither
    }

    let testDescription: String
    var service = "trial"
    /// The service that doctor examines; nil for the same.
    var examined: String?
    /// The `auth` lines by file; files other than the service's are included.
    var files: [String: [String]]
    /// Other files.
    var texts: [String: String] = [:]
    /// The lines of sshd's drop-in, if the case is about sshd.
    var ssh: [String] = []
    /// Part of the finding and its severity; nil if nothing is wrong.
    var finding: String?
    var severity = "problem"
    /// Who gets in before the change.
    var before: Set<Attempt> = [.both]
    /// Who gets in when nothing is wrong.
    var wanted: Set<Attempt> = [.both]
    /// Whether carol, who is not enrolled, gets in with her password.
    var admitsOthers = false
    /// Whether a stranger is offered enrollment before the change, which must never happen after
    /// it.
    var offersKey = false
    /// A line of the proposal; nil if no small change helps.
    var proposal: String?
}

extension StackCase {
    static let ours = "auth required pam_swiftotp.so"

    /// A case of a service with these lines.
    init(_ description: String, _ lines: [String], _ more: (inout StackCase) -> Void = { _ in }) {
        self.init(testDescription: description, files: ["trial": lines])
        more(&self)
    }

    /// A case in which something is wrong.
    init(
        _ description: String, _ lines: [String], says finding: String, in before: Set<Attempt>,
        proposes proposal: String?, _ more: (inout StackCase) -> Void = { _ in }
    ) {
        self.init(testDescription: description, files: ["trial": lines])
        (self.finding, self.before, self.proposal) = (finding, before, proposal)
        more(&self)
    }

    /// The same lines for a service that shows users what to scan.
    mutating func enrolls() {
        files["login"] = files.removeValue(forKey: "trial")
        service = "login"
    }

    /// The same lines for sshd, which asks for a key first.
    mutating func comesByKey() {
        files["sshd"] = files.removeValue(forKey: "trial")
        service = "sshd"
        ssh = [DoctorPatient.keyMethods, "LoginGraceTime 300"]
        wanted = [.both, .codeAlone]
    }
}
