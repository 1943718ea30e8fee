extension StackCase {
    /// Stacks that let users in with nothing, or refuse them with everything.
    static let blind = [
        StackCase(
            "somebody is let past the password too",
            ["auth sufficient pam_succeed_if.so user = alice", "@include common-auth", ours],
            says: "lets people in with nothing at all", in: Set(Attempt.allCases),
            proposes: "+auth sufficient pam_succeed_if.so user = alice"
        ) { $0.wanted = [.both, .passwordAlone] },
        StackCase(
            "an included file lets somebody past the password too",
            ["auth include otp", "@include common-auth"],
            says: "lets people in with nothing at all", in: Set(Attempt.allCases),
            proposes: "+auth substack otp"
        ) {
            $0.files["otp"] = ["auth sufficient pam_succeed_if.so user = alice", ours]
            $0.wanted = [.both, .passwordAlone]
        },
        StackCase(
            "a jump over one line of a file",
            [
                "auth [success=1 default=ignore] pam_succeed_if.so user = alice",
                "@include common-auth", ours,
            ], says: "alice cannot log in, whatever they have", in: [],
            proposes: "+auth [success=2 default=ignore] pam_succeed_if.so user = alice"
        ) { $0.comesByKey() },
        StackCase(
            "a jump that ends at a no for those whom another module does not prove",
            [
                "auth [success=2 default=ignore] pam_unix.so", ours,
                "auth [success=1 default=ignore] pam_userdb.so db=/etc/otp-people use_first_pass",
                "auth requisite pam_deny.so", "auth required pam_permit.so",
            ], says: "whom pam_unix says yes to cannot log in", in: [],
            proposes: "+auth required pam_swiftotp.so"),
        StackCase(
            "a password that is taken for the code",
            ["@include common-auth", ours + " use_first_pass"],
            says: "nobody can log in", in: [], proposes: "+auth required pam_swiftotp.so"),
        // This token uses a counter: its next code is there at once.
        StackCase(
            "asked twice", ["@include common-auth", ours, ours],
            says: "asks twice in one login", in: [.both],
            proposes: "-auth required pam_swiftotp.so"),
        StackCase(
            "above root's own way", [],
            says: "root, and each script of root's, is asked", in: [.both, .codeAlone],
            proposes: "+auth required pam_swiftotp.so"
        ) {
            $0.severity = "warning"
            $0.service = "su"
            $0.files = ["su": [ours, "auth sufficient pam_rootok.so", "auth required pam_unix.so"]]
            // Root is the one who tries.
            ($0.wanted, $0.admitsOthers) = (Set(Attempt.allCases), true)
        },
        StackCase(
            "two questions for one field", [], says: "has one field and the stack asks twice",
            in: [.both], proposes: "+auth requisite pam_swiftotp.so forward_pass"
        ) {
            $0.service = "i3lock"
            $0.files = ["i3lock": ["@include common-auth", ours]]
        },
        StackCase(
            "two questions for one field by a common file", [],
            says: "has one field and the stack asks twice",
            in: [.both], proposes: "+auth requisite pam_swiftotp.so forward_pass"
        ) {
            $0.service = "swaylock"
            $0.files = [
                "swaylock": ["auth include two"], "two": ["auth requisite pam_unix.so", ours],
            ]
        },
        StackCase(
            "a code that ends the stack above the password",
            ["auth [success=done default=die] pam_swiftotp.so", "@include common-auth"],
            says: "a code alone logs in: the stack says yes without a right password",
            in: [.both, .codeAlone], proposes: "+auth required pam_swiftotp.so"
        ) { $0.comesByPAM() },
        StackCase(
            "a password whose no does not count, at sshd",
            ["auth substack password-auth", ours],
            says: "a code alone logs in: the stack says yes without a right password",
            in: [.both, .codeAlone], proposes: "+auth requisite pam_unix.so"
        ) {
            $0.files["password-auth"] = [
                "auth required pam_env.so", "auth sufficient pam_unix.so",
            ]
            $0.comesByPAM()
        },
        StackCase(
            "a module that passes over everybody where somebody has to say yes",
            ["auth required pam_sepermit.so", ours + " nullok"],
            says: "no other module says yes", in: [.both, .codeAlone],
            proposes: "+auth required pam_permit.so"
        ) {
            $0.comesByKey()
            $0.admitsOthers = true
        },
        StackCase(
            "a no that is left behind a code that is sufficient",
            [
                "auth required pam_sepermit.so", "auth sufficient pam_swiftotp.so nullok",
                "auth required pam_deny.so",
            ], says: "no other module says yes", in: [.both, .codeAlone],
            proposes: "+auth required pam_permit.so"
        ) {
            $0.comesByKey()
            $0.admitsOthers = true
        },
        StackCase(
            "an account line", ["@include common-auth", ours, "account required pam_swiftotp.so"],
            says: "has nothing for account lines", in: [.both],
            proposes: "-account required pam_swiftotp.so"),
        StackCase(
            "an account line alone", ["@include common-auth", "account required pam_swiftotp.so"],
            says: "in the account lines of trial alone", in: [.both, .passwordAlone],
            proposes: "-account required pam_swiftotp.so"),
    ]

    /// The same lines for sshd, which leaves all authentication to PAM.
    private mutating func comesByPAM() {
        files["sshd"] = files.removeValue(forKey: "trial")
        service = "sshd"
        ssh = ["AuthenticationMethods keyboard-interactive:pam", "LoginGraceTime 300"]
    }
}
