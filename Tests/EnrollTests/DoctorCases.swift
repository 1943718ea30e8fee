import Foundation
import TestSupport
import Testing

/// A machine with one fault, and the one finding that it must give.
struct DoctorCase: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// The check, and its severity.
    let check: String, severity: String
    /// Parts of the sentence, of the place and of the proposed line.
    let text: String, place: String, change: String
    /// Words after and before `doctor`.
    var arguments: [String] = []
    var around: [String] = []
    /// The severity with libpam 1.6 or newer; empty if that version does not mind.
    let newer: String
    /// Causes the fault.
    let harm: @Sendable (DoctorPatient) async throws -> Void

    init(
        _ description: String, _ check: String, _ severity: String = "problem", says text: String,
        in place: String = "", change: String = "", arguments: [String] = [],
        around: [String] = [], newer: String? = nil,
        harm: @escaping @Sendable (DoctorPatient) async throws -> Void
    ) {
        testDescription = description
        (self.check, self.severity, self.newer) = (check, severity, newer ?? severity)
        (self.text, self.place, self.change) = (text, place, change)
        (self.arguments, self.around, self.harm) = (arguments, around, harm)
    }

    /// The severity with the installed libpam.
    func severityHere() async throws -> String {
        if newer == severity { return severity }
        let words = #"dpkg --compare-versions "$(dpkg-query -Wf '${Version}' libpam0g)" ge 1.6"#
        return try await Command.run(["sh", "-c", words]).status == 0 ? newer : severity
    }

    static let stacks = [
        DoctorCase(
            "not in the stack", "stack", says: "nobody is asked for a code", in: "/etc/pam.d/sshd",
            change: "auth required pam_swiftotp.so"
        ) {
            try $0.auth("sshd", ["@include common-auth"])
            try $0.ssh([DoctorPatient.passwordMethods])
        },
        DoctorCase(
            "in the account lines", "stack", says: "account lines of sshd alone",
            in: "/etc/pam.d/sshd line 2", change: "auth required pam_swiftotp.so"
        ) {
            try $0.auth("sshd", ["@include common-auth", "account required MODULE"])
            try $0.ssh([DoctorPatient.passwordMethods])
        },
        DoctorCase(
            "a password behind the key for people who have none", "stack",
            says: "some have none: alice cannot log in, even with key and code",
            in: "/etc/pam.d/", change: "-@include common-auth"
        ) {
            try $0.auth("sshd", ["@include common-auth", "auth required MODULE"])
            try $0.change("/etc/shadow") { $0 + "alice:*:19000::::::\n" }
            try $0.ssh([DoctorPatient.keyMethods])
        },
        DoctorCase(
            "a sufficient password above", "stack", says: "pam_unix ends the stack before",
            in: "/etc/pam.d/sshd line 1", change: "auth requisite pam_unix.so nullok"
        ) {
            try $0.auth("sshd", ["auth sufficient pam_unix.so nullok", "auth required MODULE"])
            try $0.ssh([DoctorPatient.keyMethods])
        },
        DoctorCase(
            "where a password jumps over it", "stack",
            says: "a yes of pam_unix jumps over", in: "/etc/pam.d/sshd line 1"
        ) {
            try $0.auth(
                "sshd",
                [
                    "auth [success=2 default=ignore] pam_unix.so", "auth required MODULE",
                    "auth requisite pam_deny.so", "auth required pam_permit.so",
                ])
        },
        DoctorCase(
            "a sufficient code below the password", "stack", says: "a wrong code keeps nobody out",
            in: "/etc/pam.d/sshd line 2", change: "auth required /"
        ) {
            try $0.auth("sshd", ["@include common-auth", "auth sufficient MODULE"])
            try $0.ssh([DoctorPatient.passwordMethods])
        },
        DoctorCase(
            "nullok and nobody who says yes", "stack", says: "no other module says yes",
            in: "/etc/pam.d/sshd line 1", change: "auth required pam_permit.so"
        ) { try $0.auth("sshd", ["auth required MODULE nullok"]) },
        DoctorCase(
            "an include that is missing", "stack",
            says: "includes \"common-otp\", which is missing",
            in: "/etc/pam.d/sshd line 2"
        ) {
            try $0.auth("sshd", ["auth required MODULE", "@include common-otp"])
            try $0.ssh([DoctorPatient.passwordMethods])
        },
        DoctorCase(
            "after_first_factor below a required password", "stack",
            says: "a no of pam_unix does not end the stack", in: "/etc/pam.d/sshd line 1",
            change: "auth requisite pam_unix.so"
        ) {
            try $0.auth(
                "sshd", ["auth required pam_unix.so", "auth required MODULE after_first_factor"])
            try $0.ssh([DoctorPatient.passwordMethods])
        },
        DoctorCase(
            "after_first_factor below nothing", "stack", says: "no line above proves the user",
            in: "/etc/pam.d/sshd line 1"
        ) { try $0.auth("sshd", ["auth required MODULE after_first_factor"]) },
        DoctorCase(
            "sudo by a code alone", "stack", "warning", says: "a code alone logs in",
            arguments: ["--service", "sudo"]
        ) {
            try $0.auth("sudo", ["auth required MODULE"])
            try $0.remove("/etc/pam.d/sudo-i")
        },
        DoctorCase(
            "sudo by nothing at all", "stack", says: "gets in without anything",
            arguments: ["--service", "sudo"]
        ) {
            try $0.auth("sudo", ["auth required MODULE nullok", "auth required pam_permit.so"])
            try $0.remove("/etc/pam.d/sudo-i")
        },
        DoctorCase(
            "su that enrolls nobody", "stack", "warning", says: "nobody can enroll here",
            change: "enroll=require after_first_factor", arguments: ["--service", "su"]
        ) {
            try $0.auth(
                "su",
                [
                    "auth sufficient pam_rootok.so", "@include common-auth",
                    "auth required MODULE enroll=require",
                ])
            try $0.auth("su-l", ["auth include su"])
        },
        DoctorCase(
            "a service of no name", "stack", says: "nobody is asked for a code",
            in: "/etc/pam.d/other", change: "cp /etc/pam.d/other /etc/pam.d/vsftpd",
            arguments: ["--service", "vsftpd"]
        ) { _ in },
    ]

    /// Two lines with our module, each of which can deny.
    static let secondLines = [
        DoctorCase(
            "a second line with a configuration that is missing", "options", says: "no such file",
            in: "/etc/security/otp.conf"
        ) { try $0.auth("sshd", [both, "auth required MODULE conf=/etc/security/otp.conf"]) },
        DoctorCase(
            "a second line whose configuration has a mistake", "options",
            says: "`window` takes a number", in: "/etc/security/otp.conf line 1"
        ) {
            try $0.write("/etc/security/otp.conf", "window = many\n")
            try $0.auth("sshd", [both, "auth required MODULE conf=/etc/security/otp.conf"])
        },
        DoctorCase(
            "a second line with an option that is none", "options", says: "there is no such option",
            in: "/etc/pam.d/sshd line 2"
        ) { try $0.auth("sshd", [both, "auth required MODULE nulok"]) },
        DoctorCase(
            "a second line with a store that is missing", "store",
            says: "is missing: the module denies everybody", in: "/var/lib/otp"
        ) { try $0.auth("sshd", [both, "auth required MODULE store=/var/lib/otp"]) },
        DoctorCase(
            "a second line in sudo -i alone", "options", says: "there is no such option",
            in: "/etc/pam.d/sudo-i line 2", arguments: ["--service", "sudo"]
        ) {
            try $0.auth("sudo", ["@include common-auth", both])
            try $0.auth("sudo-i", ["@include common-auth", "auth required MODULE nulok"])
        },
    ]

    private static let both = "auth required MODULE"

    static let modules = [
        DoctorCase(
            "an option that is none", "options", says: "argument nulok: there is no such option",
            in: "/etc/pam.d/sshd line 1"
        ) { try $0.auth("sshd", ["auth required MODULE nulok"]) },
        DoctorCase(
            "a configuration with a mistake", "options", says: "`window` takes a number",
            in: "/etc/security/swiftotp.conf line 2"
        ) { try $0.write("/etc/security/swiftotp.conf", "# ours\nwindow = many\n") },
        DoctorCase(
            "a configuration for everybody to write", "options", says: "others have access",
            in: "/etc/security/swiftotp.conf", change: "chmod 0644 /etc/security/swiftotp.conf"
        ) { try $0.write("/etc/security/swiftotp.conf", "window = 1\n", mode: 0o666) },
        DoctorCase(
            "a folder that others can change", "options", says: "a folder on the way",
            change: "chmod go-w /etc/security"
        ) {
            try $0.write("/etc/security/swiftotp.conf", "window = 1\n")
            chmod($0.real("/etc/security"), 0o777)
        },
        DoctorCase(
            "a configuration that is missing", "options", says: "no such file",
            in: "/etc/security/otp.conf"
        ) { try $0.auth("sshd", ["auth required MODULE conf=/etc/security/otp.conf"]) },
        DoctorCase(
            "a module that is missing", "modules",
            says: "does not exist: libpam refuses every login",
            in: "/etc/pam.d/sshd line 1"
        ) { try $0.auth("sshd", ["auth required /lib/security/missing/pam_swiftotp.so"]) },
        DoctorCase(
            "a module that is no library", "modules", says: "libpam cannot load",
            in: "/etc/pam.d/sshd line 1"
        ) { try $0.write($0.module, "not a library\n") },
        DoctorCase(
            "another library in its place", "modules", says: "has no pam_sm_authenticate",
            in: "/etc/pam.d/sshd line 1"
        ) { try await Command.output(["sh", "-c", "cp /lib/*/libpam.so.0 '\($0.module)'"]) },
        DoctorCase(
            "a module that others can change", "modules", says: "can be changed by users other",
            change: "chown root: "
        ) { chmod($0.module, 0o646) },
        DoctorCase(
            "another module that is missing", "modules", "warning",
            says: "pam_nosuch.so does not exist",
            in: "/etc/pam.d/sshd line 1"
        ) { try $0.auth("sshd", ["auth optional pam_nosuch.so", "auth required MODULE"]) },
    ]
}
