import Foundation
import TestSupport
import Testing

/// A machine whose files or store do not work as they seem to, doctor's finding, and the result of
/// a login before and after applying doctor's proposal.
struct DoctorPlace: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let check: String, severity: String, text: String, change: String
    /// Who logs in with a right code, and whether that is enough before and after.
    var user = "alice"
    let isLetIn: Bool
    /// Words that cause it while a command runs.
    var around: [String] = []
    let harm: @Sendable (DoctorPatient) async throws -> Void

    init(
        _ description: String, _ check: String, _ severity: String = "problem", says text: String,
        change: String = "", user: String = "alice", letsIn isLetIn: Bool,
        around script: String? = nil,
        harm: @escaping @Sendable (DoctorPatient) async throws -> Void = { _ in }
    ) {
        testDescription = description
        (self.check, self.severity, self.text, self.change) = (check, severity, text, change)
        (self.user, self.isLetIn, self.harm) = (user, isLetIn, harm)
        if let script { around = ["sh", "-ec", script + #"; exec "$@""#, "sh"] }
    }

    /// Puts the store on another file system while a command runs.
    private static func moved(onto mount: String, then others: String = "true") -> String {
        """
        copy=$(mktemp -d); cp -a /var/lib/swiftotp/. "$copy"
        \(mount)
        cp -a "$copy/." /var/lib/swiftotp; rm -r "$copy"; chmod 700 /var/lib/swiftotp
        \(others)
        """
    }

    /// A small disk with this number of inodes.
    private static func small(_ inodes: Int) -> String {
        """
        image=$(mktemp); truncate -s 2M "$image"
        mkfs.ext4 -q -b 1024 -O ^has_journal -N \(inodes) "$image"
        mount -o loop "$image" /var/lib/swiftotp; rm "$image"
        """
    }

    private static let full = "! dd if=/dev/zero of=/var/lib/swiftotp/full bs=1k 2>/dev/null"
    private static let named = """
        n=0; while touch "/var/lib/swiftotp/full$n" 2>/dev/null; do n=$((n + 1)); done
        """

    static let stores = [
        DoctorPlace(
            "a store in memory", "store",
            says: "/var/lib/swiftotp is on tmpfs: all records are lost",
            letsIn: true, around: moved(onto: "mount -t tmpfs store /var/lib/swiftotp")),
        DoctorPlace(
            "a store in memory that has no limit", "store", says: "is on ramfs", letsIn: true,
            around: moved(onto: "mount -t ramfs store /var/lib/swiftotp")),
        DoctorPlace(
            "a store that is mounted read-only", "store",
            says: "is mounted read-only: no code can be used up, so the module denies everybody",
            change: "mount -o remount,rw /var/lib/swiftotp", letsIn: false,
            around: "mount -o remount,bind,ro /var/lib/swiftotp"),
        DoctorPlace(
            "a disk that is full", "store", "warning", says: "has no room left: nobody can enroll",
            letsIn: true, around: moved(onto: small(64), then: full)),
        DoctorPlace(
            "a disk without inodes", "store", "warning", says: "has no inodes left", letsIn: true,
            around: moved(onto: small(24), then: named)),
        DoctorPlace(
            "a record that may not be changed", "store",
            says: "alice cannot log in: /var/lib/swiftotp/4001 is immutable",
            change: "chattr -ia /var/lib/swiftotp/4001", letsIn: false
        ) { try await $0.freeze("/var/lib/swiftotp/4001", "i") },
        DoctorPlace(
            "a record that may only grow", "store", says: "/var/lib/swiftotp/4001 is immutable",
            change: "chattr -ia /var/lib/swiftotp/4001", letsIn: false
        ) { try await $0.freeze("/var/lib/swiftotp/4001", "a") },
        DoctorPlace(
            "a store that may not be changed", "store", "warning",
            says: "/var/lib/swiftotp is immutable: nobody can enroll",
            change: "chattr -ia /var/lib/swiftotp", letsIn: true
        ) { try await $0.freeze("/var/lib/swiftotp", "i") },
        DoctorPlace(
            "a store without its marker", "store", says: "has no marker", change: "otp-enroll init",
            user: "bob", letsIn: false
        ) { patient in
            // If a user has a record, that is proof enough.
            for name in ["marker", "4002"] { try patient.remove("/var/lib/swiftotp/\(name)") }
            try patient.auth(
                "sshd", ["auth required MODULE nullok", "auth required pam_permit.so"])
        },
        DoctorPlace(
            "a store of the PAM line without its marker", "store",
            says: "/srv/otp has no marker", change: "otp-enroll --store /srv/otp init",
            user: "bob", letsIn: false
        ) { patient in
            for name in ["marker", "4002"] { try patient.remove("/var/lib/swiftotp/\(name)") }
            try await patient.moveStore(to: "/srv/otp")
            try patient.auth(
                "sshd",
                ["auth required MODULE nullok store=/srv/otp", "auth required pam_permit.so"])
        },
        DoctorPlace(
            "a store that is not mounted", "store", says: "its marker is missing, so this is not",
            user: "bob", letsIn: false, around: "mount --bind $(mktemp -d) /var/lib/swiftotp"
        ) {
            try $0.auth("sshd", ["auth required MODULE nullok", "auth required pam_permit.so"])
        },
        DoctorPlace(
            "a store of another key", "store", says: "was made for another seal key",
            user: "bob", letsIn: false
        ) { patient in
            try patient.remove("/var/lib/swiftotp/4002")
            try patient.write("/var/lib/swiftotp/marker", "SWOTPMRK of another", mode: 0o600)
            try patient.auth(
                "sshd", ["auth required MODULE nullok", "auth required pam_permit.so"])
        },
    ]

    static let files = [
        DoctorPlace(
            "a PAM file that others can change", "files",
            says: "users other than root can change /etc/pam.d/sshd",
            change: "chmod go-w /etc/pam.d/sshd", letsIn: true
        ) { chmod($0.real("/etc/pam.d/sshd"), 0o664) },
        DoctorPlace(
            "a PAM file of another service that is somebody's", "files",
            says: "users other than root can change /etc/pam.d/su",
            change: "chown root: /etc/pam.d/su && chmod go-w /etc/pam.d/su", letsIn: true
        ) {
            chmod($0.real("/etc/pam.d/su"), 0o666)
            chown($0.real("/etc/pam.d/su"), 4001, 0)
        },
        DoctorPlace(
            "a PAM file elsewhere, in a folder that others can change", "files",
            says: "users other than root can change /etc/authselect and what is in it",
            change: "chmod go-w /etc/authselect", letsIn: true
        ) { patient in
            try patient.write("/etc/authselect/otp", "auth required \(patient.module)\n")
            chmod(patient.real("/etc/authselect"), 0o775)
            try FileManager.default.createSymbolicLink(
                atPath: patient.real("/etc/pam.d/otp"), withDestinationPath: "/etc/authselect/otp")
        },
        DoctorPlace(
            "the folder of PAM's files", "files",
            says: "users other than root can change /etc/pam.d and what is in it",
            change: "chmod go-w /etc/pam.d", letsIn: true
        ) { chmod($0.real("/etc/pam.d"), 0o777) },
        DoctorPlace(
            "a folder of the module that others can change", "files",
            says: "users other than root can change /run/tmp/swiftotp-",
            change: "chmod go-w /run/tmp/",
            letsIn: true
        ) { chmod(($0.module as NSString).deletingLastPathComponent, 0o777) },
        DoctorPlace(
            "a folder of the service's program that others can change", "files",
            says: "users other than root can change /usr/libexec and what is in it",
            change: "chmod go-w /usr/libexec", letsIn: true
        ) { chmod($0.real("/usr/libexec"), 0o777) },
        DoctorPlace(
            "a drop-in of the service that others can change", "files",
            says: "users other than root can change /etc/systemd/system/swiftotpd.service.d/x.conf",
            change: "chmod go-w /etc/systemd/system/swiftotpd.service.d/x.conf", letsIn: true
        ) {
            try $0.write(
                "/etc/systemd/system/swiftotpd.service.d/x.conf", "[Service]\n", mode: 0o666)
        },
        DoctorPlace(
            "sshd's configuration that others can change", "files",
            says: "users other than root can change /etc/ssh/sshd_config.d/10-swiftotp.conf",
            change: "chmod go-w /etc/ssh/sshd_config.d/10-swiftotp.conf", letsIn: true
        ) { chmod($0.real("/etc/ssh/sshd_config.d/10-swiftotp.conf"), 0o646) },
        DoctorPlace(
            "a module that root alone can read", "modules", "warning",
            says: "screen lockers stay locked", change: "chmod 0644 ", letsIn: true
        ) { chmod($0.module, 0o600) },
        DoctorPlace(
            "the list of a module that somebody else owns", "files",
            says: "users other than root can change /etc/no-otp, by which pam_listfile decides",
            change: "chown root: /etc/no-otp", letsIn: true
        ) { patient in
            try patient.list("/etc/no-otp")
            chown(patient.real("/etc/no-otp"), 4001, 4001)
        },
        DoctorPlace(
            "the list of a module in a folder of somebody else's", "files",
            says:
                "users other than root can change /srv/alice/no-otp, by which pam_listfile decides,"
                + " because of /srv/alice: keep it in /etc/security", letsIn: true
        ) { patient in
            try patient.list("/srv/alice/no-otp")
            chown(patient.real("/srv/alice"), 4001, 4001)
        },
        DoctorPlace(
            "a list that anybody may still make", "files",
            says: "users other than root can make /srv/open/no-otp, by which pam_listfile decides",
            letsIn: true
        ) { patient in
            try patient.list("/srv/open/no-otp")
            try patient.remove("/srv/open/no-otp")
            chmod(patient.real("/srv/open"), 0o1777)
        },
        DoctorPlace(
            "the rules that a module reads by itself", "files",
            says: "users other than root can change /etc/security/access.conf, by which pam_access",
            change: "chmod go-w /etc/security/access.conf", letsIn: true
        ) { patient in
            try patient.write("/etc/security/access.conf", "+ : ALL : ALL\n", mode: 0o666)
            try patient.auth("sshd", ["auth required MODULE", "auth required pam_access.so"])
        },
        DoctorPlace(
            "a log that nobody keeps", "log", "warning", says: "nothing listens on /dev/log",
            letsIn: true, around: "mount --bind /dev/null /dev/log"),
    ]

    static let people = [
        DoctorPlace(
            "somebody whom a hundred wrong codes have closed", "people", "warning",
            says: "alice is closed by a hundred wrong codes: only a backup code",
            change: "otp-enroll unlock alice", letsIn: true
        ) { try await $0.close("alice", 4001) },
        DoctorPlace(
            "somebody who is closed and has no other way", "people",
            says: "bob is locked out: closed by a hundred wrong codes",
            change: "otp-enroll unlock bob", user: "bob", letsIn: false
        ) { patient in
            try patient.useUpBackupCodes(of: "bob", 4002)
            try await patient.close("bob", 4002)
        },
        DoctorPlace(
            "somebody whose temporary code has ended", "people",
            says: "bob is locked out: has only a temporary code, which has expired",
            change: "otp-enroll issue bob", user: "bob", letsIn: false
        ) { try $0.endTemporaryCode(of: "bob", 4002) },
        DoctorPlace(
            "the same, with nullok", "people", says: "locked out: has only a temporary code",
            change: "otp-enroll issue bob", user: "bob", letsIn: false
        ) { patient in
            try patient.endTemporaryCode(of: "bob", 4002)
            try patient.auth(
                "sshd", ["auth required MODULE nullok", "auth required pam_permit.so"])
        },
    ]
}
