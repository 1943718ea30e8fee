import OTPPAM

/// Every way in which a stack can go: libpam's own rules (pam.conf(5)), tried with each answer that
/// its modules may give.
struct PAMOutcomes {
    /// How a way through the stack has gone so far.
    struct Run: Hashable {
        /// What our module has said.
        enum Code: Hashable {
            case notAsked, right, passed, wrong
        }

        /// How libpam sees it.
        fileprivate var state = PAMRun()
        /// What our module has said.
        var code = Code.notAsked
        /// Whether a first factor has said yes.
        var isProven = false
        /// The line of a first factor that said no, and after which the stack went on.
        var refusal: Int?
        /// The line that passed over our module.
        var skipper: Int?

        fileprivate var isAccepted: Bool { state.isAccepted }
    }

    /// The ways that end in a yes.
    private(set) var accepted: Set<Run> = []
    /// The ways on which our module was asked, as they were before it, by its line.
    private(set) var asked: [Int: Set<Run>] = [:]

    private let lines: [PAMLine]
    private let mayPass: Bool

    /// Tries the lines of one kind; `mayPass` says whether our module lets some pass unasked.
    init(_ lines: [PAMLine], mayPass: Bool) {
        self.lines = lines
        self.mayPass = mayPass
        var waiting = [Run()]
        var seen: [Set<Run>] = Array(repeating: [], count: lines.count)
        while let run = waiting.popLast() {
            let index = run.state.next
            guard index < lines.count else {
                if run.isAccepted { accepted.insert(run) }
                continue
            }
            guard seen[index].insert(run).inserted else { continue }
            if lines[index].isOurs { asked[index, default: []].insert(run) }
            for answer in fixedAnswer(of: lines[index]) ?? answers(of: lines[index]) {
                waiting.append(after(answer, at: index, run))
            }
        }
    }

    // MARK: What modules answer

    private static let failures = [
        "auth_err", "authinfo_unavail", "user_unknown", "conv_err", "perm_denied", "maxtries",
    ]

    private func answers(of line: PAMLine) -> [String] {
        if line.isOurs { return ["success"] + (mayPass ? ["ignore"] : []) + PAMOutcomes.failures }
        switch line.name {
        case "pam_permit": return ["success"]
        // Root, who may become anybody, is not whom this is about.
        case "pam_deny", "pam_rootok": return PAMOutcomes.failures
        case "pam_faildelay", "pam_cap": return ["ignore"]
        default: return ["success"] + PAMOutcomes.failures
        }
    }

    /// Whether a module proves who somebody is. What is not known is taken for one that does.
    static func provesUser(_ line: PAMLine) -> Bool { !companions.contains(line.name) }

    private static let companions: Set = [
        "pam_access", "pam_cap", "pam_debug", "pam_deny", "pam_echo", "pam_env", "pam_exec",
        "pam_faildelay", "pam_faillock", "pam_group", "pam_issue", "pam_keyinit", "pam_lastlog",
        "pam_limits", "pam_listfile", "pam_localuser", "pam_loginuid", "pam_mail", "pam_mkhomedir",
        "pam_motd", "pam_namespace", "pam_nologin", "pam_permit", "pam_rhosts", "pam_rootok",
        "pam_securetty", "pam_selinux", "pam_sepermit", "pam_setquota", "pam_shells",
        "pam_succeed_if", "pam_systemd", "pam_tally2", "pam_time", "pam_timestamp", "pam_tty_audit",
        "pam_umask", "pam_usertype", "pam_warn", "pam_wheel", "pam_xauth",
    ]

    // MARK: libpam's rules

    /// What libpam takes for the answer without asking. That our module is missing is told by
    /// `ModuleCheck`; here it is the stack around it that counts.
    private func fixedAnswer(of line: PAMLine) -> [String]? {
        line.isOurs && line.role == .missing ? nil : line.fixedAnswer.map { [$0.rawValue] }
    }

    /// What it is after an answer.
    private func after(_ answer: String, at index: Int, _ before: Run) -> Run {
        let line = lines[index]
        var run = before
        if line.isOurs {
            run.code = answer == "success" ? .right : answer == "ignore" ? .passed : .wrong
        } else if line.role == .module, PAMOutcomes.provesUser(line) {
            if answer == "success" { run.isProven = true }
            if answer != "success" && run.refusal == nil { run.refusal = index }
        }
        run.state.take(PAMAnswer(rawValue: answer) ?? .systemError, in: lines)
        if run.code == .notAsked,
            lines[(index + 1)..<max(index + 1, run.state.next)].contains(where: \.isOurs)
        {
            run.skipper = run.skipper ?? index
        }
        return run
    }
}
