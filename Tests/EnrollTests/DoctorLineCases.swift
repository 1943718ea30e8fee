import TestSupport

extension DoctorCase {
    /// PAM files that do not mean to libpam what they seem to, or that it cannot read.
    static let lines = [
        DoctorCase(
            "CR LF", "lines", says: "libpam takes the CR for a part of the last word",
            in: "/etc/pam.d/sshd", change: "sed -i 's/\\r$//' /etc/pam.d/sshd"
        ) { try $0.auth("sshd", ["auth required MODULE\r"]) },
        DoctorCase(
            "a no-break space", "lines", says: "U+00A0 in a word", in: "/etc/pam.d/sshd line 1"
        ) { try $0.auth("sshd", ["auth required\u{a0}MODULE"]) },
        DoctorCase(
            "a mark of the byte order", "lines", says: "U+FEFF in a word",
            in: "/etc/pam.d/sshd line 1"
        ) { try $0.auth("sshd", ["\u{feff}# PAM", "auth required MODULE"]) },
        DoctorCase(
            "a NUL", "lines", says: "a NUL byte: libpam reads nothing behind it",
            in: "/etc/pam.d/sshd line 1"
        ) { try $0.auth("sshd", ["auth required MODULE\0 nullok"]) },
        DoctorCase(
            "a bracket that is not closed", "lines", says: "a [ without its ]",
            in: "/etc/pam.d/sshd line 1"
        ) { try $0.auth("sshd", ["auth [success=ok default=die MODULE"]) },
        DoctorCase(
            "a backslash that swallows the module", "lines", says: "line 1 ends in a backslash",
            in: "/etc/pam.d/sshd line 2"
        ) {
            try $0.auth(
                "sshd", ["auth optional pam_faildelay.so delay=1 \\ ", "auth required MODULE"])
        },
        DoctorCase(
            "a remark behind a backslash", "lines", "warning",
            says: "a remark or an empty line behind a backslash", in: "/etc/pam.d/sshd line 2",
            newer: "problem"
        ) { try $0.auth("sshd", ["auth \\", "# ours", "required MODULE"]) },
        DoctorCase(
            "a # in a word", "lines", "warning", says: "a # ends the line for libpam",
            in: "/etc/pam.d/sshd line 1"
        ) { try $0.auth("sshd", ["auth required MODULE prompt=Code#1:"]) },
        DoctorCase(
            "a line of more than 1023 bytes", "lines", says: "longer than 1023 bytes",
            in: "/etc/pam.d/sshd line 1", newer: ""
        ) {
            try $0.auth(
                "sshd", ["auth required" + String(repeating: " ", count: 1100) + "MODULE"])
        },
        DoctorCase(
            "a backslash at byte 1023", "stack", says: "libpam never ends",
            in: "/etc/pam.d/sshd line 1", newer: ""
        ) {
            let line = "auth required MODULE".replacing("MODULE", with: $0.module)
            let blanks = String(repeating: " ", count: 1022 - line.utf8.count)
            try $0.auth("sshd", [line + blanks + "\\", "  debug"])
        },
        DoctorCase(
            "a file that ends in a backslash", "stack", says: "gives up where nothing follows",
            in: "/etc/pam.d/sshd line 1"
        ) { try $0.write("/etc/pam.d/sshd", "auth required \($0.module) \\\n") },
        DoctorCase(
            "an `other` that ends in a backslash", "stack", says: "nobody can log in",
            in: "/etc/pam.d/other line 1"
        ) { try $0.write("/etc/pam.d/other", "auth required pam_deny.so \\\n") },
        DoctorCase(
            "a kind that is none", "stack",
            says: "\"auht\" is no kind of PAM line: libpam takes this for one that says no",
            in: "/etc/pam.d/sshd line 1"
        ) { try $0.auth("sshd", ["auht required MODULE"]) },
        DoctorCase(
            "an include without a name", "stack", says: "crashes every program that asks PAM",
            in: "/etc/pam.d/sshd line 2"
        ) { try $0.auth("sshd", ["auth required MODULE", "@include"]) },
        DoctorCase(
            "a file that is longer than is read", "stack", says: "longer than 1048576 bytes",
            in: "/etc/pam.d/sshd"
        ) {
            try $0.write("/etc/pam.d/sshd", String(repeating: "# remark\n", count: 1_200_000))
        },
        DoctorCase(
            "files that include each other", "stack", says: "files include each other",
            in: "/etc/pam.d/"
        ) {
            try $0.auth("sshd", ["auth required MODULE", "auth include sshd", "auth include sshd"])
        },
    ]
}
