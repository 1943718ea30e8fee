/// What is wrong with an sshd for a login.
struct SSHFault: Hashable {
    let severity: Finding.Severity
    /// What is wrong, in one line.
    let text: String
    /// What sshd_config should say; empty where nothing mends it.
    let lines: [String]
    /// The Match line above them, where they are for some alone.
    let block: String?

    init(_ severity: Finding.Severity, _ text: String, _ lines: String..., block: String? = nil) {
        (self.severity, self.text, self.lines, self.block) = (severity, text, lines, block)
    }

    /// Whether it is the same thing, however bad for whom.
    func isLike(_ other: SSHFault) -> Bool { text == other.text }
}
