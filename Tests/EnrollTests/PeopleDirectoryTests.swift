import CLinux
import Foundation
import TestSupport
import Testing

/// Users who are in no file of the machine, from a directory that does not list users.
@Suite struct PeopleDirectoryTests {
    init() throws { try Build.requireGround() }

    private func patient() async throws -> DoctorPatient {
        try await PeopleDirectory.shared()
        let patient = try await DoctorPatient()
        try patient.ask("ldap")
        // So that only what a test puts there points to a user.
        try patient.change("/etc/passwd") {
            $0.replacing(":/home/alice:", with: ":/srv/homes/alice:")
        }
        return patient
    }

    private func home(_ path: String, of uid: uid_t, _ patient: DoctorPatient) throws {
        let path = patient.real(path)
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
        try #require(chown(path, uid, 0) == 0)
    }

    @Test func aGroupsMembersAreFoundByName() async throws {
        let patient = try await patient()
        let engineers = try await patient.list("--group", "engineers")
        #expect(engineers.names == ["carol", "erin", "grace"])
        // No directory tells whose primary group it is; users known in another way are found.
        let all = try await patient.list("--group", "domain-users")
        #expect(all.names.isEmpty)
        #expect(
            all.errors == """
                otp-enroll: /etc/nsswitch.conf: ldap does not list its users; some may be missing, if \
                this is their primary group
                hint: `otp-enroll doctor --user NAME` finds a user by name

                """)
        try home("/srv/homes/dave", of: 1_200_000_002, patient)
        try await patient.enroll("frank")
        #expect(try await patient.list("--group", "domain-users").names == ["dave", "frank"])
        let missing = try await patient.list("--group", "domain-users", "--not-enrolled")
        #expect(missing.names == ["dave"])
    }

    @Test func homesLoginsAndRecordsTellOfPeople() async throws {
        let patient = try await patient()
        let before = try await patient.list()
        #expect(before.names.isEmpty)
        #expect(
            before.errors == """
                otp-enroll: /etc/nsswitch.conf: ldap does not list its users; some may be missing
                hint: `otp-enroll list --group NAME` and `otp-enroll doctor --user NAME` find users \
                by name

                """)
        // A home among the others, one in a domain's folder, a session, a login, a record.
        try home("/srv/homes/carol", of: 1_200_000_001, patient)
        #expect(try await patient.list().names == ["carol"])
        try home("/srv/homes/EXAMPLE.COM/frank", of: 1_200_000_004, patient)
        #expect(try await patient.list().names == ["carol", "frank"])
        try patient.write("/var/log/wtmp", "")
        for name in ["dave", ""] { session(of: name, in: patient.real("/var/log/wtmp")) }
        #expect(try await patient.list().names == ["carol", "dave", "frank"])
        // The place of this UID is 350 GB into the file.
        let write = """
            import struct, sys
            with open(sys.argv[1], "wb") as file:
                file.seek(1200000003 * 292)
                file.write(struct.pack("<I32s256s", 1790000000, b"pts/1", b"192.0.2.7"))
            """
        try await Command.output([
            "/usr/bin/python3", "-c", write, patient.real("/var/log/lastlog"),
        ])
        #expect(try await patient.list().names == ["carol", "dave", "erin", "frank"])
        try await patient.enroll("grace")
        #expect(try await patient.list().names == ["carol", "dave", "erin", "frank", "grace"])
    }

    /// Writes a session to a file, as login programs do; without a name, its end.
    private func session(of name: String, in file: String) {
        var entry = utmp()
        entry.ut_type = Int16(name.isEmpty ? DEAD_PROCESS : USER_PROCESS)
        withUnsafeMutableBytes(of: &entry.ut_user) { $0.copyBytes(from: Array(name.utf8)) }
        withUnsafeMutableBytes(of: &entry.ut_line) { $0.copyBytes(from: Array("pts/0".utf8)) }
        updwtmp(file, &entry)
    }

    /// README's step 7: who would be locked out, and then nobody.
    @Test func whoWouldBeLockedOutIsNamed() async throws {
        let patient = try await patient()
        let nobody = try await patient.examine()
        #expect(nobody.isWell, "\(nobody.findings)")
        let note = try #require(nobody.findings.first { $0.check == "people" })
        #expect(note.severity == "note" && note.text.contains("ldap does not list its users"))
        try home("/srv/homes/carol", of: 1_200_000_001, patient)
        try home("/srv/homes/grace", of: 1_200_000_005, patient)
        func lockedOut(_ arguments: String...) async throws -> [String] {
            try await patient.examine(arguments).serious.map(\.text)
        }
        #expect(try await lockedOut() == ["carol is locked out: not enrolled"])
        #expect(
            try await lockedOut("--user", "erin") == ["erin is locked out: not enrolled"])
        // One of the group has no login shell.
        #expect(
            try await lockedOut("--group", "engineers")
                == ["2 users (carol, erin) are locked out: not enrolled"])
        let words = [try Build.product("otp-enroll"), "doctor", "--try", "--user", "carol"]
        let refused = try await Command.run(patient.running(words), input: "\(Desk.wrongCode)\n")
        #expect(refused.status == 1 && refused.output.hasPrefix("Refused"), "\(refused.output)")

        let phone = try await patient.enroll("carol")
        try await patient.enroll("erin")
        #expect(try await lockedOut("--group", "engineers").isEmpty)
        #expect(try await lockedOut().isEmpty)
        try await phone.settle()
        let code = try await phone.code()
        let accepted = try await Command.run(patient.running(words), input: "\(code)\n")
        #expect(accepted.status == 0, "\(accepted.output)")
        let both = try await patient.doctor("--group", "engineers", "--user", "carol")
        #expect(both.status == 64 && both.errors.contains("--group goes neither with --user"))
    }

    /// What they had elsewhere is imported from homes that no list mentions.
    @Test func homesOfOthersAreImported() async throws {
        let patient = try await patient()
        let home = "/srv/homes/carol"
        try self.home(home, of: 1_200_000_001, patient)
        let file = home + "/.google_authenticator"
        try patient.write(file, "JBSWY3DPEHPK3PXPJBSWY3DPEH\n\" TOTP_AUTH\n", mode: 0o600)
        try #require(chown(patient.real(file), 1_200_000_001, 0) == 0)
        let done = try await Command.run(
            patient.running([
                try Build.product("otp-enroll"), "import", "--from", "google-authenticator",
                "--all",
                "--dry-run",
            ]))
        #expect(done.output.contains("carol"), "\(done.output) \(done.errors)")
    }

    /// A source without a function that lists users. It replaces one that Debian has.
    @Test func aSourceThatCannotListIsNamed() async throws {
        let patient = try await DoctorPatient()
        let scratch = try Scratch()
        let library = scratch.file("library.so")
        try await Command.output([
            "clang", "-shared", "-fPIC", "-Wall", "-Werror", "-fuse-ld=lld", "-o", library,
            try scratch.write(Self.module, to: "module.c"),
        ])
        try patient.ask("hesiod")
        try patient.change("/etc/group") { $0 + "crew:x:4700:quinn,alice,nosuch\n" }
        let put = "for f in /lib/*/libnss_hesiod.so.2; do mount --bind '\(library)' $f; done"
        let around = ["sh", "-c", put + #"; exec "$@""#, "sh"]
        let all = try await patient.list(around: around)
        #expect(all.names.isEmpty && all.errors.contains("hesiod does not list its users"))
        let crew = try await patient.list("--group", "crew", around: around)
        #expect(crew.names == ["quinn"])
        let doctor = try await patient.examine(["--group", "crew"], around: around)
        #expect(doctor.serious.map(\.text) == ["quinn is locked out: not enrolled"])
        // A source that lists everybody gets no message.
        try patient.ask("altfiles")
        #expect(try await patient.list().errors.isEmpty)
    }

    private static let module = """
        #include <nss.h>
        #include <pwd.h>
        #include <string.h>

        static enum nss_status give(struct passwd *entry) {
            *entry = (struct passwd){"quinn", "x", 1700000001, 4701, "", "/home/quinn", "/bin/sh"};
            return NSS_STATUS_SUCCESS;
        }

        enum nss_status _nss_hesiod_getpwnam_r(const char *name, struct passwd *entry, char *room,
                                               size_t length, int *error) {
            return strcmp(name, "quinn") == 0 ? give(entry) : NSS_STATUS_NOTFOUND;
        }

        enum nss_status _nss_hesiod_getpwuid_r(uid_t uid, struct passwd *entry, char *room,
                                               size_t length, int *error) {
            return uid == 1700000001 ? give(entry) : NSS_STATUS_NOTFOUND;
        }

        """
}
