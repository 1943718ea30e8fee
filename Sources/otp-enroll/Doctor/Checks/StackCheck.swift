import OTPCore
import OTPPAM

/// The service's stack: whether our module is in it, and in the right place.
struct StackCheck {
    /// The name of the check.
    static let name = "stack"
    private static let ours = "pam_swiftotp.so"

    let service: String
    let stack: PAMStack
    /// Our lines.
    let lines: [PAMLine]
    /// The options that hold for the first of them, as far as they can be read.
    let options: Options
    private let runs: PAMOutcomes
    /// Whether some users pass without a code.
    private let mayPass: Bool

    init(_ service: String, _ stack: PAMStack, _ options: Options) {
        self.service = service
        self.stack = stack
        self.options = options
        lines = stack.auth.filter(\.isOurs)
        mayPass = StackCheck.mayPass(options, service)
        runs = PAMOutcomes(stack.auth, mayPass: mayPass)
    }

    private static func mayPass(_ options: Options, _ service: String) -> Bool {
        // Networks are for logins by ssh alone.
        options.nullok || options.enroll != .off || options.exemptGroup != nil
            || options.exemptNetworks != nil && SSHDaemon.serves(service)
    }

    /// Whether the stack says yes to a code, or to who is not asked for one, without a first factor
    /// of its own: the program in front of it has to ask for one.
    var needsFirstFactor: Bool { runs.accepted.contains { !$0.isProven && $0.code != .notAsked } }

    /// The look at the stack.
    var look: Look {
        guard let line = lines.first else { return Look(StackCheck.name, stack.file, [missing]) }
        var about = "\(stack.file): \(StackCheck.ours) at \(line.place.text)"
        if stack.isOther(than: service) { about += " (\(service) has no file of its own)" }
        let unreadable =
            stack.troubles.map { Finding(.problem, $0.text, in: $0.place) } + unknownControls
        if !unreadable.isEmpty { return Look(StackCheck.name, about, unreadable) }
        return Look(
            StackCheck.name, about,
            detours + refusals + order + (SSHDaemon.serves(service) ? [] : alone))
    }

    // MARK: There, and readable

    private var missing: Finding {
        if let line = stack.lines.first(where: \.isOurs) {
            return Finding(
                .problem,
                "\(StackCheck.ours) is in the \(line.kind) lines of \(service) alone, where nobody"
                    + " is asked for a code", in: line.place.text,
                change: "auth required \(StackCheck.ours)")
        }
        return Finding(
            .problem,
            "\(StackCheck.ours) is not in the stack of \(service): nobody is asked for a"
                + " code", in: stack.file, change: "auth required \(StackCheck.ours)")
    }

    private var unknownControls: [Finding] {
        stack.auth.filter { $0.control == nil }.map { line in
            Finding(
                .problem,
                "\"\(line.written)\" is no control value: libpam refuses every login here",
                in: line.place.text, change: line.text(control: "required"))
        }
    }

    // MARK: Ways round

    /// Ways to a yes on which nobody is asked for a code.
    private var detours: [Finding] {
        let skippers = Set(runs.accepted.filter { $0.code == .notAsked }.compactMap(\.skipper))
        return skippers.sorted().map { index in
            let line = stack.auth[index]
            guard PAMOutcomes.provesUser(line) || line.name == "pam_permit" else {
                return Finding(
                    .note, "\(line.name) lets some users past \(StackCheck.ours) without a code",
                    in: line.place.text)
            }
            let isJump = line.written.hasPrefix("[")
            guard isJump, let ours = lines.first else {
                return Finding(
                    .problem,
                    "a yes of \(line.name) ends the stack before \(StackCheck.ours): no"
                        + " code is asked for", in: line.place.text,
                    change: line.text(control: "requisite"))
            }
            return Finding(
                .problem,
                "a yes of \(line.name) (\(line.place.text)) jumps over \(StackCheck.ours):"
                    + " no code is asked for; move this line below what it jumps to",
                in: ours.place.text, change: ours.text(control: ours.written))
        }
    }

    /// Answers of our module that do not lead where they should.
    private var refusals: [Finding] {
        guard let line = lines.first else { return [] }
        if runs.accepted.contains(where: { $0.code == .wrong }) {
            return [
                Finding(
                    .problem, "a wrong code keeps nobody out: the stack says yes all the same",
                    in: line.place.text, change: line.text(control: "required"))
            ]
        }
        if !runs.accepted.contains(where: { $0.code == .right }) {
            // Where a way round is open, what comes behind is of no account.
            guard detours.isEmpty else { return [] }
            return [
                Finding(
                    .problem, "nobody can log in: the stack says no even after a right code",
                    in: line.place.text)
            ]
        }
        if mayPass, !runs.accepted.contains(where: { $0.code == .passed }) {
            return [
                Finding(
                    .problem,
                    "whoever passes without a code is refused, because no other module"
                        + " says yes; below this line, add the other one",
                    in: line.place.text, change: "auth required pam_permit.so")
            ]
        }
        return []
    }

    // MARK: The first factor

    /// What is before our module, where that matters.
    private var order: [Finding] {
        let auth = stack.auth
        guard options.followsFirstFactor else {
            guard !SSHDaemon.serves(service), options.enroll != .off, let line = lines.first else {
                return []
            }
            return [
                Finding(
                    .warning,
                    "enroll is on, but nobody can enroll here: nothing says that the lines"
                        + " above have proven the user", in: line.place.text,
                    change: line.text(control: line.written) + " after_first_factor")
            ]
        }
        for (index, runs) in asked where auth[index].arguments.contains("after_first_factor") {
            let unproven = runs.filter { !$0.isProven }
            if let refusal = unproven.compactMap(\.refusal).min() {
                let line = auth[refusal]
                return [
                    Finding(
                        .problem,
                        "after_first_factor is set, but a no of \(line.name) does not end"
                            + " the stack: a stranger could enroll a device",
                        in: line.place.text, change: line.text(control: "requisite"))
                ]
            }
            if !unproven.isEmpty {
                return [
                    Finding(
                        .problem,
                        "after_first_factor is set, but no line above proves the user: a"
                            + " stranger could enroll a device", in: auth[index].place.text,
                        change: "auth requisite pam_unix.so")
                ]
            }
        }
        return []
    }

    private var asked: [(Int, Set<PAMOutcomes.Run>)] { runs.asked.sorted { $0.key < $1.key } }

    /// What logs in without a password, where no program asks for another factor first.
    private var alone: [Finding] {
        guard let line = lines.first, detours.isEmpty else { return [] }
        let alone = runs.accepted.filter { !$0.isProven }
        if alone.contains(where: { $0.code == .passed }) {
            return [
                Finding(
                    .problem,
                    "whoever is not asked for a code gets in without anything: put the"
                        + " password above this line", in: line.place.text,
                    change: "@include common-auth")
            ]
        }
        guard alone.contains(where: { $0.code == .right }) else { return [] }
        return [
            Finding(
                .warning, "a code alone logs in, without a password above this line",
                in: line.place.text, change: "@include common-auth")
        ]
    }
}
