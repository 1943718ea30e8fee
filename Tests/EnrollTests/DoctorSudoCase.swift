import Testing

/// A sudoers(5) file, `doctor`'s finding, and whether sudo asks alice for anything.
struct DoctorSudoCase: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// /etc/sudoers, and other files.
    let text: String
    var others: [String: String] = [:]
    let severity: String, says: String, place: String
    /// Whether sudo runs something for alice without a question.
    let isFree: Bool
    /// The command that she runs.
    var command = "/usr/bin/true"

    init(
        _ description: String, _ text: String, others: [String: String] = [:],
        _ severity: String, says: String, in place: String = "/etc/sudoers line 1",
        isFree: Bool = true, command: String = "/usr/bin/true"
    ) {
        testDescription = description
        (self.text, self.others, self.severity) = (text, others, severity)
        (self.says, self.place, self.isFree, self.command) = (says, place, isFree, command)
    }

    private static let all = "sudo does not ask PAM, and so for no code, for any command"
    private static let some = "sudo does not ask PAM, and so for no code, for /usr/bin/true"

    static let unasked = [
        DoctorSudoCase(
            "all commands for everybody who may use sudo", "alice ALL=(ALL) NOPASSWD:ALL\n",
            "problem", says: "NOPASSWD: \(all) (alice)"),
        DoctorSudoCase(
            "all commands, and bob is asked", "alice ALL=(ALL) NOPASSWD:ALL\nbob ALL=(ALL) ALL\n",
            "warning", says: "NOPASSWD: \(all) (alice)"),
        DoctorSudoCase(
            "a group of an image, in a file of its own", "@includedir /etc/other\n",
            others: [
                "/etc/other/90-cloud": "# rules\n%staff ALL=(ALL:ALL) \\\n NOPASSWD: ALL # all\n",
                "/etc/other/no.conf": "bob ALL=(ALL) NOPASSWD: ALL\n",
            ], "problem", says: "NOPASSWD: \(all) (alice, bob)",
            in: "/etc/other/90-cloud line 3"),
        DoctorSudoCase(
            "two lines of a file are told as one",
            "alice ALL=(ALL) NOPASSWD:ALL\nbob ALL=(ALL) NOPASSWD:ALL\n",
            "problem", says: "NOPASSWD: \(all) (alice, bob)",
            in: "/etc/sudoers line 1 and 1 other line"),
        DoctorSudoCase(
            "by aliases and a number",
            "User_Alias A = #4001, !bob : B = bob\nCmnd_Alias C = /bin/ls, ALL\n"
                + "A, B ALL = (ALL) PASSWD: /bin/id, NOPASSWD: C\nbob ALL = ALL\n",
            "warning", says: "NOPASSWD: \(all) (alice)", in: "/etc/sudoers line 3"),
        DoctorSudoCase(
            "a shell is any command", "alice ALL=(root) NOPASSWD: /bin/sh\n",
            "problem", says: "NOPASSWD: \(all) (alice)", command: "/bin/sh -c true"),
        DoctorSudoCase(
            "Defaults for a group", "Defaults:%staff !authenticate\nalice ALL=(ALL) ALL\n",
            "problem", says: "!authenticate: \(all) (alice)"),
        DoctorSudoCase(
            "Defaults for everybody, after others",
            "Defaults authenticate\nDefaults env_reset, !authenticate\nalice ALL=(ALL) ALL\n",
            "problem", says: "!authenticate: \(all) (alice)", in: "/etc/sudoers line 2"),
        DoctorSudoCase(
            "a group of sudo's own that is exempt",
            "Defaults exempt_group=staff\nalice ALL=(ALL) ALL\n",
            "problem", says: "exempt_group=staff: \(all) (alice)"),
        DoctorSudoCase(
            "one command", "alice ALL=(ALL) ALL, NOPASSWD: /usr/bin/true\n", "note",
            says: "NOPASSWD: \(some) (alice)"),
        DoctorSudoCase(
            "one command, behind an option and another host",
            "alice nowhere = ALL : ALL = (root) CWD=/ NOPASSWD: NOEXEC: /usr/bin/true\n", "note",
            says: "NOPASSWD: \(some) (alice)"),
        DoctorSudoCase(
            "Defaults of a command",
            "Defaults!/usr/bin/true !authenticate\nalice ALL=(ALL) ALL\n", "note",
            says: "!authenticate: \(some) (all)"),
        DoctorSudoCase(
            "one of the system's own accounts",
            "www-data ALL=(ALL) NOPASSWD: ALL\nalice ALL=(ALL) ALL\n", "note",
            says: "NOPASSWD: sudo does not ask PAM, and so for no code, for ALL (www-data)",
            isFree: false),
        DoctorSudoCase(
            "root's code is asked, and root is enrolled",
            "Defaults targetpw\nalice ALL=(ALL) ALL\n", "note",
            says: "targetpw: sudo asks for the password and the code of root, not of the user",
            isFree: false),
        DoctorSudoCase(
            "the code of somebody who is not enrolled",
            "Defaults:alice runaspw, runas_default=games\nalice ALL=(ALL) ALL\n", "problem",
            says: "runaspw: sudo asks for the password and the code of games, who is not enrolled,"
                + " and locked out (alice)", isFree: false),
        DoctorSudoCase(
            "a PAM service without the module",
            "Defaults pam_service=cron\nalice ALL=(ALL) ALL\n", "problem",
            says: "pam_service: sudo asks the PAM service cron, which has no pam_swiftotp.so",
            isFree: false),
        DoctorSudoCase(
            "one code until the next start",
            "Defaults timestamp_timeout = -1\nalice ALL=(ALL) ALL\n", "warning",
            says: "timestamp_timeout is below 0: after one code sudo asks for none", isFree: false),
        DoctorSudoCase(
            "one code for all sessions",
            "Defaults:alice timestamp_type=global\nalice ALL=(ALL) ALL\n", "note",
            says: "timestamp_type=global: after a code in one session", isFree: false),
    ]

    /// Files with which alice is asked, so that there is no finding.
    static let asked = [
        "alice ALL=(ALL) NOPASSWD: ALL\nalice ALL=(ALL) ALL\n# bob ALL = NOPASSWD: ALL\n"
            + "Defaults authenticate\n",
        "alice ALL=(ALL) NOPASSWD: /bin/id, PASSWD: ALL\nbob nowhere=(ALL) NOPASSWD: ALL\n",
        "Defaults !authenticate\nDefaults authenticate\nalice ALL=(ALL) ALL\n",
        "Defaults:bob !authenticate\nDefaults targetpw\nDefaults:alice,bob !targetpw\n"
            + "alice ALL=(ALL) ALL\n",
        "ALL, !alice, !bob ALL=(ALL) NOPASSWD: ALL\nalice ALL=(ALL) ALL\n",
        "Defaults !authenticate\nalice ALL=(ALL) PASSWD: ALL\n",
    ]
}
