import Foundation
import TestSupport

extension DoctorCase {
    static let ssh = [
        DoctorCase(
            "sshd without PAM", "sshd", says: "does not ask PAM",
            in: "/etc/ssh/sshd_config.d/10-swiftotp.conf line 1", change: "UsePAM yes"
        ) { try $0.ssh(["UsePAM no", DoctorPatient.keyMethods]) },
        DoctorCase(
            "sshd that cannot do what it is to do", "sshd",
            says: "refuses its configuration: Disabled method", in: "10-swiftotp.conf line 1",
            change: "KbdInteractiveAuthentication yes"
        ) { try $0.ssh(["KbdInteractiveAuthentication no", DoctorPatient.keyMethods]) },
        DoctorCase(
            "sshd without keyboard-interactive", "sshd",
            says: "by which a code is asked for, is off",
            in: "10-swiftotp.conf line 1", change: "KbdInteractiveAuthentication yes"
        ) {
            try $0.auth("sshd", ["@include common-auth", "auth required MODULE"])
            try $0.ssh([
                "KbdInteractiveAuthentication no", "PubkeyAuthentication no",
                "PasswordAuthentication yes",
            ])
        },
        DoctorCase(
            "sshd that takes any method", "sshd", says: "by publickey alone",
            change: DoctorPatient.keyMethods
        ) { try $0.ssh([]) },
        DoctorCase(
            "sshd with a way round", "sshd", says: "by publickey,hostbased alone",
            in: "10-swiftotp.conf line 1", change: DoctorPatient.keyMethods
        ) {
            try $0.ssh([
                DoctorPatient.keyMethods + " publickey,hostbased", "HostbasedAuthentication yes",
            ])
        },
        DoctorCase(
            "sshd by a code alone", "sshd", says: "a code alone logs in",
            change: DoctorPatient.keyMethods
        ) { try $0.ssh([DoctorPatient.passwordMethods]) },
        DoctorCase(
            "sshd with passwords of its own", "sshd", "warning", says: "cannot ask for a code",
            in: "10-swiftotp.conf line 2", change: "+" + DoctorPatient.keyMethods
        ) {
            try $0.ssh([
                "PasswordAuthentication yes", DoctorPatient.keyMethods + " password",
            ])
        },
        DoctorCase(
            "sshd that is in a hurry", "sshd", "warning", says: "ends a login after 120 seconds",
            change: "LoginGraceTime 300"
        ) {
            try $0.write("/etc/security/swiftotp.conf", "enroll = require\n")
            try $0.auth("sshd", ["auth required MODULE", "auth required pam_permit.so"])
        },
        DoctorCase(
            "sshd that enrolls nobody", "sshd", "warning", says: "nobody can enroll here"
        ) {
            try $0.write("/etc/security/swiftotp.conf", "enroll = require\n")
            try $0.auth("sshd", ["@include common-auth", "auth required MODULE"])
            try $0.ssh([DoctorPatient.passwordMethods, "LoginGraceTime 600"])
        },
        DoctorCase(
            "sshd with a mistake", "sshd", says: "Bad configuration option: UsePAMM",
            in: "/etc/ssh/sshd_config.d/10-swiftotp.conf line 1"
        ) { try $0.ssh(["UsePAMM yes"]) },
        DoctorCase(
            "an exception, asked about by name", "sshd", says: "by publickey alone",
            arguments: ["--user", "bob"]
        ) {
            try $0.ssh([DoctorPatient.keyMethods])
            try $0.change("/etc/ssh/sshd_config.d/10-swiftotp.conf") {
                $0 + "Match User bob\n    AuthenticationMethods publickey\n"
            }
        },
    ]

    static let networks = [
        DoctorCase(
            "this machine among the exempt networks", "networks", "warning",
            says: "127.0.0.0/8 is this machine"
        ) {
            try $0.auth(
                "sshd",
                [
                    "auth required MODULE exempt_networks=10.0.0.0/8,127.0.0.0/8",
                    "auth required pam_permit.so",
                ])
        },
        DoctorCase(
            "half of all addresses among the exempt networks", "networks", "warning",
            says: "128.0.0.0/1 is a large part of all addresses"
        ) {
            try $0.write("/etc/security/swiftotp.conf", "exempt_networks = 128.0.0.0/1\n")
            try $0.auth("sshd", ["auth required MODULE", "auth required pam_permit.so"])
        },
        DoctorCase(
            "exempt networks and nobody who says yes", "stack", says: "no other module says yes",
            in: "/etc/pam.d/sshd line 1", change: "auth required pam_permit.so"
        ) { try $0.auth("sshd", ["auth required MODULE exempt_networks=10.0.0.0/8"]) },
        DoctorCase(
            "exempt networks after nothing that proves", "sshd", "warning",
            says: "exempt_networks has no effect here"
        ) {
            try $0.auth(
                "sshd", ["@include common-auth", "auth required MODULE exempt_networks=10.0.0.0/8"])
            try $0.ssh([DoctorPatient.passwordMethods])
        },
        DoctorCase(
            "an exempt network with a mistake", "options",
            says: "takes networks without bits behind their length: 10.1.2.3/8",
            in: "/etc/security/swiftotp.conf line 1"
        ) { try $0.write("/etc/security/swiftotp.conf", "exempt_networks = 10.1.2.3/8\n") },
    ]

    static let securityKeys = [
        DoctorCase(
            "security keys that nobody need touch", "sshd", "warning",
            says: "may say no-touch-required", in: "10-swiftotp.conf",
            change: "PubkeyAuthOptions touch-required"
        ) { try $0.write("/etc/security/swiftotp.conf", "trust = sk\n") }
    ]

    /// Words that put the store on a FUSE file system while a command runs.
    private static let onFUSE = [
        "sh", "-c",
        """
        [ -e /dev/fuse ] || mknod -m 600 /dev/fuse c 10 229
        bindfs /var/lib/swiftotp /var/lib/swiftotp && "$@"
        status=$?
        umount /var/lib/swiftotp
        exit $status
        """, "sh",
    ]

    static let sudo = [
        DoctorCase(
            "sudo that shows what is typed", "sudo", "warning", says: "echo is on",
            in: "/etc/pam.d/sudo line 2", change: "echo = no", arguments: ["--service", "sudo"]
        ) {
            try $0.auth("sudo", ["@include common-auth", "auth required MODULE echo=yes"])
            try $0.remove("/etc/pam.d/sudo-i")
        }
    ]

    static let stores = [
        DoctorCase(
            "no store", "store", says: "is missing: the module denies everybody",
            in: "/var/lib/otp", change: "otp-enroll --store /var/lib/otp init"
        ) { try $0.auth("sshd", ["auth required MODULE store=/var/lib/otp"]) },
        DoctorCase(
            "a store that others can enter", "store", says: "others have access to it",
            change: "chmod 0700 /var/lib/swiftotp"
        ) { chmod($0.real("/var/lib/swiftotp"), 0o755) },
        DoctorCase(
            "a store of somebody's", "store", says: "belongs to another user",
            change: "chown root: /var/lib/swiftotp"
        ) { chown($0.real("/var/lib/swiftotp"), 4001, 0) },
        DoctorCase(
            "no seal key", "store", says: "restore it from a backup",
            in: "/etc/swiftotp/seal.key"
        ) { try $0.remove("/etc/swiftotp/seal.key") },
        DoctorCase(
            "a store that nobody has made", "store", says: "no store was made",
            in: "/etc/swiftotp/seal.key", change: "otp-enroll init"
        ) {
            try $0.remove("/etc/swiftotp/seal.key")
            try $0.empty("/var/lib/swiftotp")
        },
        DoctorCase("a folder made anew", "store", says: "its marker is missing") {
            try $0.empty("/var/lib/swiftotp")
        },
        DoctorCase(
            "a marker of another key", "store", says: "made for another seal key",
            in: "/var/lib/swiftotp/marker"
        ) { truncate($0.real("/var/lib/swiftotp/marker"), 10) },
        DoctorCase(
            "a seal key that others can read", "store", says: "others have access",
            change: "chmod 0600 /etc/swiftotp/seal.key"
        ) { chmod($0.real("/etc/swiftotp/seal.key"), 0o644) },
        DoctorCase(
            "a seal key that is damaged", "store", says: "not a seal key",
            in: "/etc/swiftotp/seal.key"
        ) { try $0.write("/etc/swiftotp/seal.key", "SWOTPKEY", mode: 0o600) },
        DoctorCase(
            "a record that is cut off", "store", says: "bob cannot log in",
            in: "/var/lib/swiftotp/4002", change: "otp-enroll reset bob"
        ) { truncate($0.real("/var/lib/swiftotp/4002"), 5000) },
        DoctorCase(
            "a record that others can read", "store", says: "alice cannot log in",
            change: "chmod 0600 /var/lib/swiftotp/4001"
        ) { chmod($0.real("/var/lib/swiftotp/4001"), 0o640) },
        DoctorCase(
            "a record in somebody else's place", "store", says: "bob cannot log in"
        ) {
            try $0.remove("/var/lib/swiftotp/4002")
            try FileManager.default.copyItem(
                atPath: $0.real("/var/lib/swiftotp/4001"),
                toPath: $0.real("/var/lib/swiftotp/4002"))
        },
        DoctorCase(
            "a store that a program makes up", "store", "warning",
            says: "/var/lib/swiftotp is on FUSE: where locks do not hold",
            in: "/var/lib/swiftotp", around: onFUSE
        ) { _ in },
        DoctorCase(
            "somebody who is not enrolled", "people", says: "bob is locked out: not enrolled",
            change: "otp-enroll add bob"
        ) { try $0.remove("/var/lib/swiftotp/4002") },
        DoctorCase(
            "somebody whose codes are all used", "people",
            says: "bob is locked out: not enrolled", change: "otp-enroll add bob"
        ) { try $0.useUpAll(of: "bob", 4002) },
        DoctorCase(
            "somebody who is not enrolled, in the store of the PAM line", "people",
            says: "bob is locked out: not enrolled",
            change: "otp-enroll --store /srv/otp add bob"
        ) {
            try $0.remove("/var/lib/swiftotp/4002")
            try await $0.moveStore(to: "/srv/otp")
        },
        DoctorCase(
            "an exempt group that is not there", "people", says: "there is no such group"
        ) {
            try $0.auth(
                "sshd", ["auth required MODULE exempt_group=nosuch", "auth required pam_permit.so"])
        },
        DoctorCase(
            "an exempt group that everybody is in", "people",
            says: "everybody is in the group staff (exempt_group)"
        ) {
            // One by the member list, and one by the primary group.
            try $0.change("/etc/group") {
                $0.replacingOccurrences(
                    of: "(?m)^staff:.*$", with: "staff:x:4002:alice", options: .regularExpression)
            }
            try $0.auth(
                "sshd", ["auth required MODULE exempt_group=staff", "auth required pam_permit.so"])
            try $0.ssh(["AuthenticationMethods publickey", "PermitRootLogin no"])
        },
    ]

    static let machines = [
        DoctorCase(
            "a machine that is called as it was installed", "options", "warning",
            says: "this machine is called raspberrypi, as many are",
            in: "/etc/security/swiftotp.conf", change: "issuer = ",
            around: ["sh", "-c", #"hostname raspberrypi && exec "$@""#, "sh"]
        ) { _ in },
        DoctorCase(
            "a language without a catalog", "options", "warning",
            says: "logins speak English: /usr/share/locale/tlh/LC_MESSAGES/swiftotp.mo: there is no"
                + " catalog of this language; there are de, en, es, fr, nb, nl, pl, sv",
            in: "/etc/security/swiftotp.conf", change: "language = en"
        ) { try $0.write("/etc/security/swiftotp.conf", "language = tlh\n") },
        DoctorCase(
            "an issuer that no app can show", "options",
            says: "`issuer` takes 1 to 64 bytes of UTF-8", in: "/etc/security/swiftotp.conf line 1"
        ) { try $0.write("/etc/security/swiftotp.conf", "issuer = a:b\n") },
        DoctorCase(
            "a clock before this program", "clock", says: "before this program was built",
            around: ["faketime", "-f", "@2020-01-01 00:00:00"]
        ) { _ in },
        DoctorCase(
            "a clock that was set back", "clock", says: "the clock was set back",
            around: ["faketime", "-f", "-3d"]
        ) { patient in
            let phone = try await patient.enroll("alice")
            try await phone.settle()
            let words = [try Build.product("otp-enroll"), "verify", "alice"]
            try await Command.output(
                patient.running(words), input: try await phone.code() + "\n")
        },
        DoctorCase(
            "what AppArmor denied", "denials", "warning",
            says: "AppArmor has denied swiftotpd access to /var/lib/otp/1000",
            change: "/var/lib/otp/1000 r,"
        ) {
            try $0.write(
                "/var/log/kern.log",
                """
                Nov 21 10:00:01 web1 kernel: [ 1.0] audit: type=1400: apparmor="STATUS" \
                operation="profile_load" name="swiftotpd" comm="apparmor_parser"
                Nov 21 10:00:02 web1 kernel: [ 2.0] audit: type=1400: apparmor="DENIED" \
                operation="open" profile="swiftotpd" name="/var/lib/otp/1000" pid=7 \
                comm="swiftotpd" requested_mask="r" denied_mask="r" fsuid=0 ouid=0

                """)
        },
        DoctorCase(
            "what SELinux denied", "denials", "warning",
            says: "SELinux has denied sshd access to seal.key, 2 times", change: "restorecon"
        ) {
            let line = """
                type=AVC msg=audit(\(Int(Date.now.timeIntervalSince1970)).123:45): avc:  denied  \
                { read } for  pid=7 comm="sshd" name="seal.key" dev="sda1" ino=9 \
                scontext=system_u:system_r:sshd_t:s0 \
                tcontext=system_u:object_r:swiftotp_key_t:s0 tclass=file permissive=0

                """
            // Older than a week, and not ours.
            let old =
                "type=AVC msg=audit(1700000000.123:1): avc:  denied  { read } "
                + "for comm=\"swiftotpd\" name=\"x\"\n"
            let other = line.replacingOccurrences(of: "swiftotp_key_t", with: "httpd_t")
            try $0.write("/var/log/audit/audit.log", old + line + other + line)
        },
    ]
}
