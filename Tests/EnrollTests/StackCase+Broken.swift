extension StackCase {
    /// Stacks where codes do not count, or answers lead nowhere.
    private static let lost = [
        StackCase(
            "a sufficient code below the password",
            ["@include common-auth", "auth sufficient pam_swiftotp.so"],
            says: "a wrong code keeps nobody out", in: [.both, .passwordAlone],
            proposes: "+auth required pam_swiftotp.so"),
        StackCase(
            "an optional code", ["@include common-auth", "auth optional pam_swiftotp.so"],
            says: "a wrong code keeps nobody out", in: [.both, .passwordAlone],
            proposes: "+auth required pam_swiftotp.so"),
        StackCase(
            "a code or a password", ["auth sufficient pam_swiftotp.so", "@include common-auth"],
            says: "a wrong code keeps nobody out", in: [.both, .passwordAlone, .codeAlone],
            proposes: "+auth required pam_swiftotp.so"),
        StackCase(
            "a no that is forgotten",
            [
                "auth requisite pam_unix.so", "auth [success=ok default=reset] pam_swiftotp.so",
                "auth required pam_permit.so",
            ], says: "a wrong code keeps nobody out", in: [.both, .passwordAlone],
            proposes: "+auth required pam_swiftotp.so"),
        StackCase(
            "in the middle of Debian's lines",
            [
                "auth [success=1 default=ignore] pam_unix.so", ours, "auth requisite pam_deny.so",
                "auth required pam_permit.so",
            ], says: "nobody can log in", in: [], proposes: "+auth required pam_swiftotp.so"),
        StackCase(
            "a jump that is too far",
            [
                "auth [success=3 default=ignore] pam_unix.so", "auth requisite pam_deny.so",
                "auth required pam_permit.so", ours,
            ], says: "nobody can log in", in: [],
            proposes: "+auth [success=1 default=ignore] pam_unix.so"),
        StackCase(
            "a no behind everything",
            ["@include common-auth", ours, "auth required pam_deny.so"],
            says: "nobody can log in", in: [], proposes: "-auth required pam_deny.so"),
        StackCase(
            "a password that nobody is asked for",
            [ours, "auth required pam_unix.so use_first_pass"], says: "nobody can log in", in: [],
            proposes: "+auth required pam_swiftotp.so forward_pass"),
        StackCase(
            "a control value that is none",
            ["@include common-auth", "auth requierd pam_swiftotp.so"],
            says: "is no control value", in: [], proposes: "+auth required pam_swiftotp.so"),
        StackCase(
            "nullok and nobody who says yes", [ours + " nullok"],
            says: "no other module says yes", in: [.both, .codeAlone],
            proposes: "+auth required pam_permit.so"
        ) {
            $0.comesByKey()
            $0.admitsOthers = true
        },
    ]

    /// What is asked for before the code.
    private static let firstFactors = [
        StackCase(
            "a code alone", [ours], says: "a code alone logs in", in: [.both, .codeAlone],
            proposes: "+@include common-auth"
        ) { $0.severity = "warning" },
        StackCase(
            "a password whose no does not count", ["auth optional pam_unix.so", ours],
            says: "a code alone logs in", in: [.both, .codeAlone],
            proposes: "+auth requisite pam_unix.so"
        ) { $0.severity = "warning" },
        StackCase(
            "a module that nobody knows in the place of the password",
            ["auth required pam_site.so", ours],
            says: "a code alone logs in if a yes of pam_site, which doctor does not know",
            in: [.both, .codeAlone], proposes: "+@include common-auth"
        ) { $0.severity = "warning" },
        StackCase(
            "nothing at all", [ours + " nullok", "auth required pam_permit.so"],
            says: "gets in without anything", in: [.both, .codeAlone],
            proposes: "+@include common-auth"
        ) { $0.admitsOthers = true },
        StackCase(
            "enrolling below a password whose no does not end it",
            ["auth required pam_unix.so", ours + " after_first_factor enroll=require"],
            says: "a no of pam_unix does not end the stack", in: [.both],
            proposes: "+auth requisite pam_unix.so"
        ) {
            $0.enrolls()
            $0.offersKey = true
        },
        StackCase(
            "enrolling below Debian's substack",
            ["auth substack common-auth", ours + " after_first_factor enroll=require"],
            says: "a no of pam_unix does not end the stack", in: [.both],
            proposes: "+auth include common-auth"
        ) {
            $0.enrolls()
            $0.offersKey = true
        },
        StackCase(
            "enrolling below Fedora's substack",
            ["auth substack password-auth", ours + " after_first_factor enroll=require"],
            says: "a no of pam_unix does not end the stack", in: [.both],
            proposes: "+auth [success=1 default=ignore] pam_unix.so nullok"
        ) {
            $0.files["password-auth"] = fedora
            $0.enrolls()
            $0.offersKey = true
        },
        StackCase(
            "enrolling below a module that nobody knows",
            ["auth requisite pam_site.so", ours + " after_first_factor enroll=require"],
            says: "doctor does not know pam_site", in: [.both, .codeAlone],
            proposes: "+@include common-auth"
        ) {
            $0.enrolls()
            $0.offersKey = true
        },
        StackCase(
            "enrolling below a substack of other files",
            ["auth substack system-auth", ours + " after_first_factor enroll=require"],
            says: "a no of pam_unix does not end the stack", in: [.both], proposes: nil
        ) {
            $0.files["system-auth"] = ["auth include base-auth"]
            $0.files["base-auth"] = fedora
            $0.enrolls()
            $0.offersKey = true
        },
        StackCase(
            "enrolling that nobody can",
            ["@include common-auth", ours + " enroll=require"],
            says: "nobody can enroll here", in: [.both],
            proposes: "+auth required pam_swiftotp.so enroll=require after_first_factor"
        ) { $0.severity = "warning" },
    ]

    static let broken = open + lost + firstFactors + blind
}
