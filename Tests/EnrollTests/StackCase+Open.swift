extension StackCase {
    private static let everybody = "lets everybody past pam_swiftotp.so"

    /// Ways past the code.
    static let open = [
        StackCase(
            "pam_faillock's own recipe above the code",
            [
                "auth required pam_faillock.so preauth", "auth [success=1 default=bad] pam_unix.so",
                "auth [default=die] pam_faillock.so authfail",
                "auth sufficient pam_faillock.so authsucc", ours,
            ], says: "pam_faillock " + everybody, in: [.both, .passwordAlone],
            proposes: "+auth required pam_faillock.so authsucc"),
        StackCase(
            "a program that says yes to everybody",
            ["@include common-auth", "auth sufficient pam_exec.so quiet /bin/true", ours],
            says: "pam_exec " + everybody, in: [.both, .passwordAlone],
            proposes: "+auth required pam_exec.so quiet /bin/true"),
        StackCase(
            "a number that everybody has",
            [
                "@include common-auth",
                "auth [success=1 default=ignore] pam_succeed_if.so uid >= 0 quiet", ours,
            ], says: "pam_succeed_if " + everybody, in: [.both, .passwordAlone],
            proposes: "+auth required pam_succeed_if.so uid >= 0 quiet"),
        StackCase(
            "a number that everybody but root has",
            [
                "@include common-auth", "auth sufficient pam_succeed_if.so uid >= 1000 quiet", ours,
            ], says: "pam_succeed_if " + everybody, in: [.both, .passwordAlone],
            proposes: "+auth optional pam_succeed_if.so uid >= 1000 quiet"),
        StackCase(
            "a group that nobody is in, and so nobody is asked",
            [
                "@include common-auth",
                "auth [success=1 default=ignore] pam_succeed_if.so user notingroup nosuch", ours,
            ], says: "pam_succeed_if " + everybody, in: [.both, .passwordAlone],
            proposes: "+auth required pam_succeed_if.so user notingroup nosuch"),
        StackCase(
            "a yes to all", ["@include common-auth", "auth sufficient pam_permit.so", ours],
            says: "pam_permit " + everybody, in: [.both, .passwordAlone],
            proposes: "+auth required pam_permit.so"),
        StackCase(
            "a jump over the code for all",
            ["@include common-auth", "auth [success=1 default=ignore] pam_permit.so", ours],
            says: "pam_permit " + everybody, in: [.both, .passwordAlone],
            proposes: "+auth required pam_permit.so"),
        StackCase(
            "everybody with a shell",
            ["@include common-auth", "auth sufficient pam_shells.so", ours],
            says: "pam_shells " + everybody, in: [.both, .passwordAlone],
            proposes: "+auth required pam_shells.so"),
        StackCase(
            "everybody in the passwd file",
            ["@include common-auth", "auth sufficient pam_localuser.so", ours],
            says: "pam_localuser " + everybody, in: [.both, .passwordAlone],
            proposes: "+auth optional pam_localuser.so"),
        StackCase(
            "everybody who is no system user",
            ["@include common-auth", "auth sufficient pam_usertype.so isregular", ours],
            says: "pam_usertype " + everybody, in: [.both, .passwordAlone],
            proposes: "+auth optional pam_usertype.so isregular"),
        StackCase(
            "everybody while the machine is up",
            ["@include common-auth", "auth sufficient pam_nologin.so successok", ours],
            says: "pam_nologin " + everybody, in: [.both, .passwordAlone],
            proposes: "+auth required pam_nologin.so successok"),
        StackCase(
            "everybody who is greeted",
            ["@include common-auth", "auth sufficient pam_echo.so welcome", ours],
            says: "pam_echo " + everybody, in: [.both, .passwordAlone],
            proposes: "+auth required pam_echo.so welcome"),
        StackCase(
            "everybody whose capabilities are set",
            ["@include common-auth", "auth sufficient pam_cap.so", ours],
            says: "pam_cap " + everybody, in: [.both, .passwordAlone],
            proposes: "+auth required pam_cap.so"),
        StackCase(
            "everybody but root, wherever they come from",
            ["@include common-auth", "auth sufficient pam_securetty.so", ours],
            says: "pam_securetty " + everybody, in: [.both, .passwordAlone],
            proposes: "+auth required pam_securetty.so"),
        StackCase(
            "a list of places that has none",
            [
                "@include common-auth",
                "auth [success=1 default=ignore] pam_access.so accessfile=/etc/otp-access", ours,
            ], says: "pam_access " + everybody, in: [.both, .passwordAlone],
            proposes: "+auth required pam_access.so accessfile=/etc/otp-access"
        ) { $0.texts["/etc/otp-access"] = "# - : ALL : ALL\n" },
        StackCase(
            "a list of those who are asked that has nobody",
            [
                "@include common-auth",
                "auth sufficient pam_listfile.so item=user sense=deny file=/etc/otp-users", ours,
            ], says: "pam_listfile " + everybody, in: [.both, .passwordAlone],
            proposes: "+auth required pam_listfile.so item=user sense=deny file=/etc/otp-users"
        ) { $0.texts["/etc/otp-users"] = "dave\n" },
        StackCase(
            "a module that nobody knows, above the code",
            ["@include common-auth", "auth sufficient pam_site.so", ours],
            says: "a yes of pam_site (doctor does not know this module) ends the stack",
            in: [.both, .passwordAlone], proposes: "+auth requisite pam_site.so"),
        StackCase(
            "a sufficient password", ["auth sufficient pam_unix.so", ours],
            says: "a yes of pam_unix ends the stack", in: [.both, .passwordAlone, .codeAlone],
            proposes: "+auth requisite pam_unix.so"),
        StackCase(
            "a sufficient password with a no behind it",
            [
                "auth required pam_env.so", "auth sufficient pam_unix.so",
                "auth required pam_deny.so", ours,
            ],
            says: "a yes of pam_unix ends the stack", in: [.both, .passwordAlone],
            proposes: "+auth [success=1 default=ignore] pam_unix.so"),
        StackCase(
            "Fedora's file taken in as if it were ours", ["auth include password-auth", ours],
            says: "a yes of pam_unix ends the stack", in: [.both, .passwordAlone],
            proposes: "+auth substack password-auth"
        ) { $0.files["password-auth"] = fedora },
        StackCase(
            "FreeIPA's file taken in as if it were ours", ["auth include system-auth", ours],
            says: "a yes of pam_unix ends the stack", in: [.both, .passwordAlone],
            proposes: "+auth substack system-auth"
        ) { $0.files["system-auth"] = freeIPA },
        StackCase(
            "a password that jumps over the code",
            [
                "auth [success=2 default=ignore] pam_unix.so", ours, "auth requisite pam_deny.so",
                "auth required pam_permit.so",
            ], says: "a yes of pam_unix jumps over", in: [.both, .passwordAlone],
            proposes: "+auth required pam_swiftotp.so"),
        StackCase(
            "not in the stack", ["@include common-auth"], says: "is not in the stack of trial",
            in: [.both, .passwordAlone], proposes: "+auth required pam_swiftotp.so"),
        StackCase(
            "not in sshd's stack, by key", ["@include common-auth"],
            says: "is not in the stack of sshd", in: [.both, .passwordAlone],
            proposes: "+auth required pam_swiftotp.so"
        ) { $0.comesByKey() },
        StackCase(
            "in sudo's file alone", ["@include common-auth"],
            says: "is not in the stack of sudo-i", in: [.both, .passwordAlone],
            proposes: "+auth required pam_swiftotp.so"
        ) {
            ($0.service, $0.examined) = ("sudo-i", "sudo")
            $0.files = [
                "sudo-i": ["@include common-auth"], "sudo": ["@include common-auth", ours],
            ]
        },
        StackCase(
            "in su's file alone", [], says: "is not in the stack of su-l",
            in: [.both, .passwordAlone], proposes: "+auth required pam_swiftotp.so"
        ) {
            ($0.service, $0.examined) = ("su-l", "su")
            $0.files = [
                "su-l": ["auth requisite pam_unix.so"], "su": ["@include common-auth", ours],
            ]
        },
    ]
}
