import OTPCore
import OTPPAM

/// What is wrong with a stack for the users who log in with it.
struct StackVerdict {
    /// What is known apart from the stack.
    struct Circumstances {
        let service: String
        /// The users who log in, and the same users as if they were in a directory and in no file
        /// here.
        let people: PAMPeople, elsewhere: PAMPeople
        let options: LineOptions

        /// The names of enrolled users who have no password in the shadow file.
        let passwordless: [String]
        let door: StackDoor
        /// Whether sshd's own methods may replace a password in PAM.
        let isSSHD: Bool
    }

    static let ours = "pam_swiftotp.so"

    let stack: PAMStack
    let circumstances: Circumstances
    /// The lines of `auth`.
    let auth: [PAMLine]
    /// What is wrong; only the worst, if one thing follows from another.
    private(set) var findings: [Finding] = []
    /// Whether libpam cannot parse a line, so that nothing else was checked.
    private(set) var isUnreadable = false
    let runs: StackRuns
    /// Whether our module lets some users pass without a code.
    let mayPass: Bool

    init(_ stack: PAMStack, _ circumstances: Circumstances) {
        self.stack = stack
        self.circumstances = circumstances
        auth = stack.auth
        let passes = auth.map { line in
            line.isOurs
                && Self.mayPass(circumstances.options.options(of: line), circumstances.isSSHD)
        }
        mayPass = passes.contains(true)
        runs = StackRuns(
            auth, for: circumstances.people, elsewhere: circumstances.elsewhere,
            passes: passes)
        findings = unreadable
        isUnreadable = !findings.isEmpty
        if findings.isEmpty && hasOurs {
            findings = strangers
            let open = detours
            let isOpen = open.contains { $0.severity != .note }
            findings += open + refusals(isOpen: isOpen) + order
            if serious.isEmpty { findings += lockouts }
            if serious.isEmpty, asksForBoth { findings += alone }
            findings += misplaced
        }
    }

    private static func mayPass(_ options: Options, _ isSSHD: Bool) -> Bool {
        let putsOff =
            options.enroll == .offer
            || options.enroll == .require
                && (options.enrollUntil != nil || options.enrollGrace > 0)
        // Networks apply only to logins by ssh.
        return options.nullok || putsOff || options.exemptGroup != nil
            || options.exemptNetworks != nil && isSSHD
    }

    /// Whether our module is in it.
    var hasOurs: Bool { auth.contains(where: \.isOurs) }

    /// Whether the stack accepts a code, or a user who is not asked for one, without a first factor
    /// of its own, so that the program in front of it must require one.
    var needsFirstFactor: Bool { runs.accepted.contains { !$0.isProven && $0.code != .notAsked } }

    /// Whether a right code lets a user in, after a right password if one is asked for.
    var admits: Bool {
        runs.accepted.contains { $0.code == .right && ($0.isProven || !hasFirstFactor) }
    }

    /// The names of the modules that authenticate users.
    var provers: Set<String> { Set(runs.provers.map { auth[$0].name }) }

    /// The lines that skip our module for users whom they should not.
    var openings: Set<Int> {
        let serious = serious
        return Set(
            runs.detours.keys.filter { index in
                serious.contains { $0.place == auth[index].place.text }
            })
    }

    /// Whether a module asks for a first factor.
    var hasFirstFactor: Bool { auth.contains { !$0.isOurs && PAMModule($0).proof == .password } }

    /// Problems and warnings.
    var serious: [Finding] { findings.filter { $0.severity != .note } }

    private var ourLine: Int? { auth.firstIndex(where: \.isOurs) }

    func finding(
        _ severity: Finding.Severity, _ text: String, at index: Int
    ) -> Finding {
        Finding(severity, text, in: auth[index].place.text)
    }

    // MARK: What our module's answers lead to

    private func refusals(isOpen: Bool) -> [Finding] {
        guard let index = ourLine else { return [] }
        if runs.accepted.contains(where: { $0.code == .wrong }) {
            return [
                finding(
                    .problem, "a wrong code keeps nobody out: the stack says yes all the same",
                    at: index)
            ]
        }
        if let again = repeater {
            return [
                finding(
                    .problem,
                    "\(Self.ours) asks twice in one login, at \(auth[index].place.text) first: a"
                        + " code counts once, so that the same code is refused here", at: again)
            ]
        }
        if !runs.accepted.contains(where: { $0.code == .right }) {
            // If there is a way past the module, what follows does not matter.
            guard !isOpen else { return [] }
            return [
                finding(
                    .problem, "nobody can log in: the stack says no even after a right code",
                    at: index)
            ]
        }
        if mayPass, !runs.accepted.contains(where: { $0.code == .passed }) {
            return [
                finding(
                    .problem,
                    "whoever passes without a code is refused, because no other module says yes",
                    at: index)
            ]
        }
        return []
    }

    // MARK: The first factor

    /// Whether PAM must ask for both factors.
    private var asksForBoth: Bool {
        !circumstances.isSSHD || hasFirstFactor && circumstances.door.comesProven == false
    }

    /// What comes before our module, if that matters.
    private var order: [Finding] {
        for (index, before) in runs.asked.sorted(by: { $0.key < $1.key })
        where circumstances.options.options(of: auth[index]).followsFirstFactor {
            let unproven = before.filter { !$0.isProven }
            if let doubt = unproven.compactMap(\.doubt).min(),
                unproven.allSatisfy({ $0.doubt != nil })
            {
                return [
                    finding(
                        .problem,
                        "after_first_factor is set, and doctor does not know \(auth[doubt].name): if"
                            + " its yes proves nobody, a stranger could enroll a device", at: doubt)
                ]
            }
            if let refusal = unproven.compactMap(\.refusal).min() {
                return [
                    finding(
                        .problem,
                        "after_first_factor is set, but a no of \(auth[refusal].name) does not end"
                            + " the stack: a stranger could enroll a device", at: refusal)
                ]
            }
            if !unproven.isEmpty {
                return [
                    finding(
                        .problem,
                        "after_first_factor is set, but no line above proves the user: a"
                            + " stranger could enroll a device", at: index)
                ]
            }
        }
        guard !circumstances.isSSHD, let index = ourLine else { return [] }
        let options = circumstances.options.options(of: auth[index])
        guard options.enroll != .off, !options.followsFirstFactor else { return [] }
        return [
            finding(
                .warning,
                "enroll is on, but nobody can enroll here: nothing says that the lines"
                    + " above have proven the user", at: index)
        ]
    }

    /// What logs users in without a password, if no program asks for another factor first.
    private var alone: [Finding] {
        guard let index = ourLine else { return [] }
        let alone = runs.accepted.filter { !$0.isProven }
        if alone.contains(where: { $0.code == .passed }) {
            return [
                finding(
                    .problem,
                    "whoever is not asked for a code gets in without anything: no line asks for"
                        + " a password, or its no does not count", at: index)
            ]
        }
        let coded = alone.filter { $0.code == .right }
        guard !coded.isEmpty else { return [] }
        if let doubt = coded.compactMap(\.doubt).min(), coded.allSatisfy({ $0.doubt != nil }) {
            return [
                finding(
                    .warning,
                    "a code alone logs in if a yes of \(auth[doubt].name), which doctor does not"
                        + " know, proves nobody", at: doubt)
            ]
        }
        return [
            finding(
                circumstances.isSSHD ? .problem : .warning,
                hasFirstFactor
                    ? "a code alone logs in: the stack says yes without a right password"
                    : "a code alone logs in, without a password above this line", at: index)
        ]
    }
}
