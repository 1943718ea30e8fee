extension StackCase {
    /// Fedora's password-auth as authselect writes it for local users.
    static let fedora = [
        "auth        required                                     pam_env.so",
        "auth        required                                     pam_faildelay.so delay=2000000",
        "auth        sufficient                                   pam_unix.so nullok",
        "auth        required                                     pam_deny.so",
    ]

    /// The same with SSSD, whose module is not installed here.
    static let fedoraSSSD = [
        "auth        required                                     pam_env.so",
        "auth        required                                     pam_faildelay.so delay=2000000",
        "auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular",
        "auth        [default=1 ignore=ignore success=ok]         pam_localuser.so",
        "auth        sufficient                                   pam_unix.so nullok",
        "auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular",
        "-auth       sufficient                                   pam_sss.so forward_pass",
        "auth        required                                     pam_deny.so",
    ]

    /// What ipa-client-install leaves on older systems.
    static let freeIPA = [
        "auth        required      pam_env.so",
        "auth        [default=1 success=ok] pam_localuser.so",
        "auth        [success=done ignore=ignore default=die] pam_unix.so nullok try_first_pass",
        "auth        requisite     pam_succeed_if.so uid >= 1000 quiet_success",
        "-auth       sufficient    pam_sss.so forward_pass",
        "auth        required      pam_deny.so",
    ]

    static let arch = [
        "auth       required                    pam_faillock.so      preauth",
        "-auth      [success=2 default=ignore]  pam_systemd_home.so",
        "auth       [success=1 default=bad]     pam_unix.so          try_first_pass nullok",
        "auth       [default=die]               pam_faillock.so      authfail",
        "auth       optional                    pam_permit.so",
        "auth       required                    pam_env.so",
        "auth       required                    pam_faillock.so      authsucc",
    ]

    static let suse = [
        "auth    required        pam_env.so", "-auth   optional        pam_gnome_keyring.so",
        "auth    required        pam_unix.so     try_first_pass",
    ]

    /// Debian's with SSSD.
    static let debianSSSD = [
        "auth\t[success=2 default=ignore]\tpam_unix.so nullok",
        "-auth\t[success=1 default=ignore]\tpam_sss.so use_first_pass",
        "auth\trequisite\t\t\tpam_deny.so", "auth\trequired\t\t\tpam_permit.so",
        "auth\toptional\t\t\tpam_cap.so",
    ]

    static let good = [
        StackCase(
            "a second line that nobody comes to",
            ["@include common-auth", "auth [success=done default=die] pam_swiftotp.so", ours]),
        StackCase(
            "a way in with nothing for a group that nobody is in",
            [
                "auth sufficient pam_succeed_if.so user ingroup nosuch", "@include common-auth",
                ours,
            ]),
        StackCase(
            "a list of places that is not there says no",
            [
                "@include common-auth",
                "auth [success=1 default=ignore] pam_access.so accessfile=/etc/nosuch", ours,
            ]),
        StackCase(
            "README's password, then code",
            ["@include common-auth", ours + " nullok after_first_factor"]
        ) { $0.admitsOthers = true },
        StackCase("README's key, then code", [ours + " nullok", "auth required pam_permit.so"]) {
            $0.comesByKey()
            $0.admitsOthers = true
        },
        StackCase("key, then code, when all are enrolled", [ours]) { $0.comesByKey() },
        StackCase(
            "LOGIN's enrolling after a password",
            ["@include common-auth", ours + " after_first_factor enroll=require"]
        ) { $0.enrolls() },
        StackCase(
            "LOGIN's one field",
            [
                "auth requisite pam_swiftotp.so forward_pass",
                "auth required pam_unix.so use_first_pass",
            ]
        ),
        StackCase(
            "LOGIN's lines where a file is taken in as a substack",
            [
                "auth [success=1 default=ignore] pam_unix.so nullok", "auth requisite pam_deny.so",
                "auth required pam_permit.so", ours + " after_first_factor enroll=require",
            ]
        ) { $0.enrolls() },
        StackCase("a code before the password", [ours + " nullok", "@include common-auth"]) {
            $0.admitsOthers = true
        },
        StackCase("Debian with SSSD", ["@include common-auth", ours]) {
            $0.files["common-auth"] = debianSSSD
        },
        StackCase("Fedora", ["auth substack password-auth", ours]) {
            $0.files["password-auth"] = fedora
        },
        StackCase("Fedora with SSSD", ["auth substack password-auth", ours]) {
            $0.files["password-auth"] = fedoraSSSD
        },
        StackCase("FreeIPA", ["auth substack system-auth", ours]) {
            $0.files["system-auth"] = freeIPA
        },
        StackCase("Arch", ["auth include system-remote-login", ours]) {
            $0.files["system-remote-login"] = ["auth include system-login"]
            $0.files["system-login"] = [
                "auth required pam_shells.so", "auth requisite pam_nologin.so",
                "auth include system-auth",
            ]
            $0.files["system-auth"] = arch
        },
        StackCase("openSUSE", ["auth include common-auth", ours]) {
            $0.files["common-auth"] = suse
        },
        StackCase(
            "pam_faillock as its manual says, with a code",
            [
                "auth required pam_faillock.so preauth", "auth [success=1 default=bad] pam_unix.so",
                "auth [default=die] pam_faillock.so authfail",
                "auth required pam_faillock.so authsucc", ours,
            ]),
        StackCase(
            "modules that say yes to nobody",
            ["@include common-auth"]
                + "deny env faildelay group issue keyinit mail nologin selinux warn"
                .split(separator: " ").map { "auth sufficient pam_\($0).so" }
                // These modules do not matter here.
                + "limits loginuid mkhomedir motd namespace pwhistory setquota systemd time umask"
                .split(separator: " ").map { "-auth sufficient pam_\($0).so" } + [ours]),
        StackCase(
            "robots who pass",
            [
                "@include common-auth",
                "auth [success=1 default=ignore] pam_succeed_if.so user in robot:bob quiet", ours,
            ]),
        StackCase(
            "another second factor",
            ["@include common-auth", "auth sufficient pam_google_authenticator.so", ours]),
        StackCase(
            "a line that lets pass and ends the rest",
            [
                "auth requisite pam_unix.so",
                "auth [success=ok ignore=ignore default=die] pam_swiftotp.so nullok",
            ]
        ) { $0.admitsOthers = true },
    ]
}
