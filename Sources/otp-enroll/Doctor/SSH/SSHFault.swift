/// What is wrong with an sshd for a login.
struct SSHFault: Hashable {
    let severity: Finding.Severity
    /// What is wrong, in one line.
    let text: String
    /// The lines for sshd_config; empty if nothing fixes it.
    let lines: [String]
    /// The Match line above them, if they are for some users only.
    let block: String?

    init(_ severity: Finding.Severity, _ text: String, _ lines: String..., block: String? = nil) {
        (self.severity, self.text, self.lines, self.block) = (severity, text, lines, block)
    }

    /// Whether it is the same fault, though its severity may differ.
    func isLike(_ other: SSHFault) -> Bool { text == other.text }
}
