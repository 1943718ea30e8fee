/// Every way in which a stack can go: libpam's own rules (pam.conf(5)), tried with each answer that
/// its modules may give.
struct PAMOutcomes {
    /// How a way through the stack has gone so far.
    struct Run: Hashable {
        /// What our module has said.
        enum Code: Hashable {
            case notAsked, right, passed, wrong
        }

        fileprivate enum Impression: Hashable {
            case undefined, positive, negative
        }

        fileprivate var impression = Impression.undefined
        fileprivate var isGood = false
        /// What our module has said.
        var code = Code.notAsked
        /// Whether a first factor has said yes.
        var isProven = false
        /// The line of a first factor that said no, and after which the stack went on.
        var refusal: Int?
        /// The line that passed over our module.
        var skipper: Int?

        fileprivate var isAccepted: Bool { impression == .positive && isGood }
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
        var waiting = [(0, Run())]
        var seen: [Set<Run>] = Array(repeating: [], count: lines.count)
        while let (index, run) = waiting.popLast() {
            guard index < lines.count else {
                if run.isAccepted { accepted.insert(run) }
                continue
            }
            guard seen[index].insert(run).inserted else { continue }
            if lines[index].isOurs { asked[index, default: []].insert(run) }
            for answer in answers(of: lines[index]) {
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

    /// Where it goes on after an answer, and as what.
    private func after(_ answer: String, at index: Int, _ before: Run) -> (Int, Run) {
        let line = lines[index]
        var run = before
        if line.isOurs {
            run.code = answer == "success" ? .right : answer == "ignore" ? .passed : .wrong
        } else if PAMOutcomes.provesUser(line) {
            if answer == "success" { run.isProven = true }
            if answer != "success" && run.refusal == nil { run.refusal = index }
        }
        // libpam takes a line that it cannot read for one that has to, and does not, say yes.
        let action = line.control?.action(for: answer) ?? .bad
        var next = index + 1
        switch action {
        case .ignore: break
        case .ok, .done:
            if run.impression == .undefined || (run.impression == .positive && run.isGood),
                answer != "ignore"
            {
                run.isGood = answer == "success"
                if run.isGood { run.impression = .positive }
            }
            if action == .done && run.impression == .positive { next = end(of: index) }
        case .bad, .die:
            if run.impression != .negative {
                run.impression = .negative
                run.isGood = false
            }
            if action == .die { next = end(of: index) }
        case .reset:
            run.impression = .undefined
            run.isGood = false
        case .jump(let count):
            if let target = target(of: index, over: count) {
                next = target
            } else {
                run.impression = .negative
                run.isGood = false
            }
        }
        if run.code == .notAsked,
            lines[(index + 1)..<max(index + 1, next)].contains(where: \.isOurs)
        {
            run.skipper = run.skipper ?? index
        }
        return (next, run)
    }

    /// Where it goes on when the rest of this stack or substack is not asked.
    private func end(of index: Int) -> Int {
        let level = lines[index].level
        guard level > 0 else { return lines.count }
        return lines[(index + 1)...].firstIndex { $0.level < level } ?? lines.count
    }

    /// Where a jump over `count` modules leads, a substack being one; `nil` where it leads out.
    private func target(of index: Int, over count: Int) -> Int? {
        let level = lines[index].level
        var next = index + 1
        for _ in 0..<min(count, lines.count) {
            guard next < lines.count, lines[next].level >= level else { return nil }
            let isSubstack = lines[next].level > level
            next += 1
            while isSubstack, next < lines.count, lines[next].level > level { next += 1 }
        }
        return next
    }
}
