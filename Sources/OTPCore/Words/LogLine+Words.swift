// The words that the module, swiftotpd and otp-enroll share in the system log.

extension LogLine {
    /// A line about a code that was tested without a login, and the reason for its result.
    public init(trying outcome: Outcome) {
        guard case .granted(let factor) = outcome else {
            self.init("authentication failure")
            add("reason", outcome.reason)
            return
        }
        self.init("code accepted")
        add("reason", outcome.reason)
        if case .backupCode(let index, let left) = factor { addBackupCode(index, left: left) }
    }

    /// A line about a change to a second factor, with the name of what changed.
    public init(_ event: Event) {
        let isAboutAll = event.kind == .trustRevoked && event.detail.isEmpty
        self.init(isAboutAll ? "trust in all SSH keys revoked" : LogLine.title(event.kind))
        // For a move, the old name and UID are in separate fields.
        if event.kind != .moved, let name = Name(event.subject.utf8) {
            switch event.kind {
            case .unlocked: add("when", quoted: name)
            case .restored: add("backup", quoted: name)
            default: add("name", quoted: name)
            }
        }
    }

    /// A line about a record that got another name or UID; `old` is whose it was.
    public init(_ event: Event, from old: User) {
        self.init(event)
        add("from", outside: old.name)
        add("number", "\(old.uid)")
    }

    /// A line about a user who could not be told of a change.
    public init(untold user: User, because why: String) {
        self.init("user not told")
        add("user", outside: user.name)
        add("error", sentence: Array(why.utf8))
    }

    /// Adds what let somebody in.
    public mutating func add(_ factor: Outcome.Factor) {
        switch factor {
        case .code(let authenticator, let offset):
            add("factor", "code")
            add("authenticator", quoted: authenticator)
            add("step", LogLine.signed(offset))
        case .backupCode(let index, let left):
            add("factor", "backup-code")
            addBackupCode(index, left: left)
        case .temporaryCode: add("factor", "temporary-code")
        case .messageCode(let kind):
            add("factor", "message-code")
            add("sent", kind.word)
        }
    }

    /// Adds what there is to know about a refusal besides its reason.
    public mutating func add(_ refusal: Outcome.Refusal) {
        switch refusal {
        case .outsideWindow(let offset): add("off", LogLine.signed(offset))
        case .throttled(let seconds): add("wait", "\(seconds)s")
        case .clockMovedBack(let seconds): add("back", "\(seconds)s")
        default: break
        }
    }

    /// Which one it was: whoever restores an older store reads here what was used since.
    private mutating func addBackupCode(_ index: Int, left: Int) {
        add("index", "\(index)")
        add("left", "\(left)")
    }

    private static func signed(_ number: Int) -> String {
        number < 0 ? "\(number)" : "+\(number)"
    }

    /// What the line of an event of this kind begins with; each kind has a title of its own.
    public static func title(_ kind: Event.Kind) -> StaticString {
        switch kind {
        case .login: "login"
        case .failure: "authentication failure"
        case .added: "authenticator added"
        case .removed: "authenticator removed"
        case .codesRenewed: "backup codes renewed"
        case .verified: "code accepted"
        case .unlocked: "unlocked"
        case .reset: "second factor reset"
        case .disabled: "second factor disabled"
        case .temporaryCodeIssued: "temporary code issued"
        case .temporaryCodeUsed: "temporary code used"
        case .temporaryCodeRevoked: "temporary code revoked"
        case .resynchronized: "authenticator resynchronized"
        case .imported: "authenticator imported"
        case .exported: "key exported"
        case .keyTrusted: "SSH key trusted"
        case .trustRevoked: "trust in SSH key revoked"
        case .moved: "second factor moved"
        case .codeSent: "code sent"
        case .contactChanged: "contact changed"
        case .messageCodeUsed: "code by message used"
        case .restored: "second factor restored"
        }
    }
}
