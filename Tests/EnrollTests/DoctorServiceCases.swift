import Foundation
import TestSupport

extension DoctorCase {
    static let services = [
        DoctorCase(
            "screen lockers without the service", "service",
            says: "screen lockers that use /etc/pam.d/common-auth line", in: "swiftotpd.socket",
            change: "systemctl enable --now swiftotpd.socket"
        ) { try $0.lockScreens("") },
        DoctorCase(
            "a screen locker whose line names a socket that is not there", "stack",
            says: "kde is not root's, so that it cannot start the service",
            in: "/etc/pam.d/kde line 2", change: "-auth required ",
            arguments: ["--service", "kde"]
        ) { patient in
            try await patient.serve()
            try patient.auth(
                "kde",
                ["auth requisite pam_unix.so", "auth required MODULE socket=/run/swiftotp.sock"])
        },
        DoctorCase(
            "screen lockers that name another place", "options", "warning",
            says:
                "only root's programs may set `conf=/etc/security/swiftotp.conf`: screen lockers stay locked",
            in: "/etc/pam.d/common-auth line"
        ) { patient in
            try await patient.serve()
            try patient.write("/etc/security/swiftotp.conf", "")
            try patient.lockScreens("conf=/etc/security/swiftotp.conf")
        },
        DoctorCase(
            "a service until the next start", "service", "warning", says: "is not enabled",
            change: "systemctl enable swiftotpd.socket"
        ) { patient in
            try await patient.serve()
            try patient.write("/etc/systemd/system/swiftotpd.socket", "[Socket]\n")
        },
        DoctorCase(
            "a store that the unit does not let the service write to", "service",
            says: "swiftotpd.service may not write to /srv/otp: it denies everybody",
            change: "ReadWritePaths=/srv/otp"
        ) { patient in
            try await patient.serve()
            try patient.installUnits()
            try patient.write(
                "/etc/systemd/system/swiftotpd.service.d/x.conf",
                "ReadWritePaths=-/srv/a /srv/otp2\n"
            )
            try await patient.moveStore(to: "/srv/otp")
        },
        DoctorCase(
            "a service that users cannot reach", "service", "warning",
            says: "users cannot connect", change: "chmod 0666 /run/swiftotp/swiftotpd.sock"
        ) { chmod(try await $0.serve(), 0o600) },
        DoctorCase(
            "a help desk without its group", "options",
            says: "there is no group support (helpdesk_group): the help desk cannot help anybody",
            in: "/etc/security/swiftotp.conf", change: "groupadd support"
        ) {
            try $0.write(
                "/etc/security/swiftotp.conf",
                "helpdesk_group = support\nhelpdesk_protected = games\n")
        },
        DoctorCase(
            "a help desk that could reset admins", "options", "warning",
            says: "the help desk can reset everybody but root and itself",
            in: "/etc/security/swiftotp.conf", change: "helpdesk_protected = sudo"
        ) { try $0.write("/etc/security/swiftotp.conf", "helpdesk_group = games\n") },
        DoctorCase(
            "codes by message for a group that is not there", "options",
            says: "there is no group travelers (deliver_for): nobody is sent a code",
            in: "/etc/security/swiftotp.conf", change: "groupadd travelers"
        ) {
            try $0.write(
                "/etc/security/swiftotp.conf", "deliver = mail\ndeliver_for = travelers\n")
        },
        DoctorCase(
            "text messages without a program", "options",
            says: "deliver has codes sent by sms, and swiftotp-messenger has no program for it",
            in: "/etc/security/swiftotp-messenger.conf",
            change: "sms = /usr/local/sbin/swiftotp-smstools {to}"
        ) { try $0.write("/etc/security/swiftotp.conf", "deliver = \"mail sms\"\n") },
        DoctorCase(
            "a service of another version", "service", says: "swiftotpd is of another version",
            in: "/run/swiftotp/swiftotpd.sock", change: "systemctl restart swiftotpd.service"
        ) { try await $0.pretend(#"c.sendall(b"\x00\x02\x40\x03")"#) },
        DoctorCase(
            "a service that hangs", "service", says: "swiftotpd does not answer",
            change: "systemctl restart swiftotpd.service"
        ) { try await $0.pretend("time.sleep(60)") },
        DoctorCase(
            "somebody in the place of the service", "service",
            says: "somebody who is not root listens on /run/swiftotp/swiftotpd.sock",
            change: "systemctl restart swiftotpd.socket"
        ) { patient in
            let thief = try await Account.make("thief")
            try await patient.pretend("c.sendall(w)", as: thief.running)
        },
        DoctorCase(
            "neither a service nor the program", "service",
            says: "there is no /usr/libexec/swiftotpd: the module denies everybody",
            change: "systemctl enable --now swiftotpd.socket"
        ) { try $0.remove("/usr/libexec/swiftotpd") },
        DoctorCase(
            "another socket and another program, and nobody there", "service",
            says: "nothing listens on /run/mine.sock, and there is no /opt/swiftotpd"
        ) {
            try $0.auth(
                "sshd", ["auth required MODULE socket=/run/mine.sock program=/opt/swiftotpd"])
        },
        DoctorCase(
            "a program of somebody's", "service", says: "can be changed by users other than root",
            in: "/usr/libexec/swiftotpd", change: "chown root: /usr/libexec/swiftotpd"
        ) { chown($0.real("/usr/libexec/swiftotpd"), 4001, 0) },
        DoctorCase(
            "a program that others can change", "service",
            says: "can be changed by users other than root",
            change: "chmod 0755 /usr/libexec/swiftotpd"
        ) { patient in
            try await patient.serve()
            chmod(patient.real("/usr/libexec/swiftotpd"), 0o775)
        },
        DoctorCase(
            "a program that does not run", "service", says: "cannot be started",
            change: "chmod 0755 /usr/libexec/swiftotpd"
        ) { chmod($0.real("/usr/libexec/swiftotpd"), 0o644) },
    ]
}

extension DoctorPatient {
    /// Keeps records and key in another place.
    func moveStore(to folder: String) async throws {
        try await Command.output(["cp", "-a", real("/var/lib/swiftotp"), real(folder)])
        try await Command.output(["cp", "-a", real("/etc/swiftotp/seal.key"), real(folder)])
        try auth("sshd", ["auth required MODULE store=\(folder)"])
    }

    /// Asks for the code after every password, as pam-auth-update sets it up.
    fileprivate func lockScreens(_ arguments: String) throws {
        try change("/etc/pam.d/common-auth") { $0 + "auth required \(module) \(arguments)\n" }
        try auth("sshd", ["@include common-auth"])
        try ssh([Self.passwordMethods])
    }
}
