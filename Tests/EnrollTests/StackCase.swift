import TestSupport
import Testing

/// PAM files, what doctor has to say about them, and how logins end with them: before, and after
/// what doctor proposes.
struct StackCase: CustomTestStringConvertible, Sendable {
    /// Who tries: with what they know and have.
    enum Attempt: CaseIterable {
        case both, passwordAlone, codeAlone, neither
    }

    let testDescription: String
    var service = "trial"
    /// The service that doctor is asked about; nil for the same.
    var examined: String?
    /// The lines of `auth` by file; what is none of the service's is included.
    var files: [String: [String]]
    /// Other files.
    var texts: [String: String] = [:]
    /// What sshd's drop-in says, where it is about sshd.
    var ssh: [String] = []
    /// Part of the finding and how bad it is; nil where all is well.
    var finding: String?
    var severity = "problem"
    /// Who gets in before.
    var before: Set<Attempt> = [.both]
    /// Who gets in when all is well.
    var wanted: Set<Attempt> = [.both]
    /// Whether carol, who is not enrolled, gets in by her password.
    var admitsOthers = false
    /// Whether a stranger is offered to enroll before, which must never be afterwards.
    var offersKey = false
    /// A line that the proposal has; nil where no small change helps.
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

    /// The same lines for a service that shows people what to scan.
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
