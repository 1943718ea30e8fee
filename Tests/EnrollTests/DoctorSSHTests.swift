import Foundation
import TestSupport
import Testing

/// `doctor` and sshd: a finding is true for those it names, and its proposal fixes it.
@Suite struct DoctorSSHTests {
    init() throws { try Build.requireGround() }

    @Test(
        "A way past the module in sshd is missed, for the wrong users, or not fixed",
        arguments: DoctorSSHCase.people + DoctorSSHCase.places + DoctorSSHCase.order
            + DoctorSSHCase.ways)
    func troublesOfSSHD(trouble: DoctorSSHCase) async throws {
        let patient = try await DoctorPatient()
        // Debian has an sshd without it from 14 on, and another one with it.
        if trouble.testDescription.contains("Kerberos") {
            let known = try await patient.sshd("user=root,addr=127.0.0.1").lowercased()
            guard known.contains("gssapiauthentication") else { return }
        }
        try trouble.infect(patient)
        let found = try await patient.examine().ofSSHD
        #expect(found.count == 1, "\(found)")
        let finding = try #require(found.first)
        #expect(
            finding.severity == trouble.severity && finding.text.hasSuffix(trouble.says),
            "\(finding)")
        #expect(finding.place.contains(trouble.place), "\(finding)")
        try await patient.apply(finding.change)
        let said = try await patient.sshd(trouble.login)
        // OpenSSH 10.4 and later write the names as in the manual.
        #expect(said.lowercased().contains(trouble.then), "\(said) after \(finding.change)")
        guard trouble.hasLookAfter else { return }
        let after = try await patient.examine().ofSSHD
        #expect(!after.contains { $0.text == finding.text || $0.severity == "problem" }, "\(after)")
    }

    // MARK: Nothing wrong

    struct Well: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let dropIn: String
        var policy = ""
        /// The note that is given nevertheless.
        var note: String?
        var isEnrolled = true

        init(
            _ description: String, _ dropIn: String, policy: String = "", note: String? = nil,
            isEnrolled: Bool = true
        ) {
            testDescription = description
            (self.dropIn, self.policy, self.note) = (dropIn, policy, note)
            self.isEnrolled = isEnrolled
        }
    }

    private static let good = DoctorSSHCase.usual + DoctorSSHCase.good
    private static let bare = "    AuthenticationMethods publickey\n"

    static let wells = [
        Well("a Match of a port", good + "Match LocalPort 22\n    X11Forwarding no\n"),
        Well(
            "Matches of all kinds that open nothing",
            good + """
                Match Address 10.0.0.0/8,192.168.* Host *.example.org
                    X11Forwarding no
                Match LocalAddress ::1 LocalPort 22 RDomain x
                    X11Forwarding no
                Match Group root,!bin User *
                    X11Forwarding no

                """),
        Well("an opening at a port where nobody listens", good + "Match LocalPort 2222\n" + bare),
        Well(
            "an opening for who may not log in",
            "DenyUsers bob\n" + good + "Match User bob\n" + bare),
        Well(
            "an opening for root, who may not log in",
            good.replacing("PermitRootLogin yes", with: "PermitRootLogin no")
                + "Match User root\n" + bare),
        Well(
            "an exempt group by its key", good + "Match Group robots\n" + bare,
            policy: "exempt_group = robots\n",
            note: "by publickey alone, without a code: as exempt_group would (bob)"),
        Well(
            "an exempt network by its keys", good + "Match Address 10.1.0.0/16\n" + bare,
            policy: "exempt_networks = 10.0.0.0/8\n",
            note: "without a code: as exempt_networks would (from 10.1.0.0/16)"),
        Well(
            "security keys alone",
            good + "PubkeyAuthOptions touch-required\nMatch User bob\n" + bare
                + "    PubkeyAcceptedAlgorithms sk-ssh-ed25519@openssh.com\n",
            policy: "trust = sk\n", note: "scripts cannot log in"),
        Well(
            "somebody who is not enrolled yet, by the key", good + "Match User bob\n" + bare,
            policy: "nullok = yes\n", note: "as nullok would, until they enroll (bob)",
            isEnrolled: false),
        Well(
            "stricter from outside",
            good + "Match Address *,!10.0.0.0/8\n    PermitRootLogin no\n"),
    ]

    @Test(
        "A harmless setting, or what the module itself opens, is reported as trouble",
        arguments: wells)
    func sshdIsWell(well: Well) async throws {
        let patient = try await DoctorPatient()
        try patient.write("/etc/ssh/sshd_config.d/10-swiftotp.conf", well.dropIn)
        try patient.write("/etc/group", "root:x:0:\nbin:x:2:\nrobots:x:50:bob\n")
        try patient.write("/etc/security/swiftotp.conf", well.policy)
        try patient.auth("sshd", ["auth required MODULE", "auth required pam_permit.so"])
        if !well.isEnrolled { try patient.remove("/var/lib/swiftotp/4002") }
        let verdict = try await patient.examine()
        #expect(verdict.serious.isEmpty && verdict.isWell, "\(verdict.findings)")
        let notes = verdict.ofSSHD.map(\.text)
        #expect(well.note.map { note in notes.contains { $0.contains(note) } } ?? notes.isEmpty)
    }

    // MARK: Many users, and other sshds

    @Test("Users after the sixteenth are not asked about")
    func manyPeople() async throws {
        let patient = try await DoctorPatient()
        try patient.change("/etc/passwd") { text in
            text + (1...400).map { "user\($0):x:\(5000 + $0):5000::/home/x:/bin/sh\n" }.joined()
        }
        try patient.write("/etc/security/swiftotp.conf", "nullok = yes\n")
        try patient.auth("sshd", ["auth required MODULE", "auth required pam_permit.so"])
        try patient.write(
            "/etc/ssh/sshd_config.d/10-swiftotp.conf",
            Self.good + "Match User user399,bob\n    AuthenticationMethods publickey\n")
        let verdict = try await patient.examine()
        let serious = try #require(verdict.serious.first { $0.check == "sshd" })
        #expect(serious.text.hasSuffix("without a code (bob)"), "\(serious)")
        #expect(verdict.findings.contains { $0.text.hasSuffix("until they enroll (user399)") })
    }

    @Test("Options of the command line, or another configuration, are ignored")
    func optionsOfSSHD() async throws {
        let patient = try await DoctorPatient()
        try patient.write(
            "/etc/default/ssh", "# ours\nSSHD_OPTS=\"-o AuthenticationMethods=publickey -4\"\n")
        let options = try #require(try await patient.examine().serious.first)
        #expect(options.text.contains("`/usr/sbin/sshd -o AuthenticationMethods=publickey"))
        #expect(options.text.hasSuffix("by publickey alone, without a code"))
        #expect(options.place.contains("SSHD_OPTS") && !options.change.contains("=publickey"))
        try patient.write("/etc/default/ssh", "SSHD_OPTS=\"-f /etc/ssh/other\"\n")
        try patient.write("/etc/ssh/other", DoctorSSHCase.usual)
        let other = try #require(try await patient.examine().serious.first)
        #expect(other.text.contains("`/usr/sbin/sshd -f /etc/ssh/other`: sshd lets people in by"))
        #expect(
            other.place.hasPrefix("/etc/ssh/")
                && other.change.contains("+\(DoctorPatient.keyMethods)"))
    }

    /// Runs another sshd at the same time, whose configuration changes after it was read.
    private static func beside(_ port: UInt16, changes: Bool) -> [String] {
        [
            "sh", "-c",
            """
            ln -sf /usr/sbin/sshd /usr/libexec/sshd-inside
            /usr/libexec/sshd-inside -D -f /etc/ssh/inside -o "AuthenticationMethods publickey" \\
                -p \(port) 2>/dev/null & pid=$!
            for i in $(seq 100); do
                grep -q listener /proc/$pid/cmdline && break
                sleep 0.05
            done
            \(changes ? "sleep 2.5; touch /etc/ssh/inside" : "")
            "$@"; status=$?
            kill $pid; wait $pid
            exit $status
            """, "sh",
        ]
    }

    @Test("A second running sshd, its options, its PAM service or its age are ignored")
    func runningSSHD() async throws {
        let patient = try await DoctorPatient()
        // Since 9.8 the service name is a setting; before, it was the program's name.
        let service = "PAMServiceName sshd-inside"
        try patient.write(
            "/etc/ssh/inside",
            Self.good + "ListenAddress 127.0.0.1\nPidFile none\n"
                + (try await SSHServer.knows(service) ? service + "\n" : ""))
        try patient.auth("sshd-inside", ["auth optional MODULE", "auth required pam_permit.so"])
        let name =
            "`/usr/libexec/sshd-inside -f /etc/ssh/inside -o 'AuthenticationMethods publickey'"
        for changes in [false, true] {
            let verdict = try await patient.examine(
                around: Self.beside(try Port.free(), changes: changes))
            let told = verdict.findings.filter { $0.text.hasPrefix(name) }
            let isOld = { (text: String) in text.contains("was started before /etc/ssh/inside") }
            #expect(
                told.contains { $0.severity == "problem" && $0.text.contains("publickey alone") })
            #expect(told.contains { $0.severity == "note" && isOld($0.text) } == changes, "\(told)")
            #expect(
                verdict.serious.contains {
                    $0.check == "stack" && $0.place.hasPrefix("/etc/pam.d/sshd-inside")
                }, "\(verdict.findings)")
        }
    }

    @Test("A program of a user's is started as root, because it looks like a running sshd")
    func sshdOfAUser() async throws {
        let patient = try await DoctorPatient()
        // A set-user-ID program has root's effective UID, and its caller says what it is called.
        let verdict = try await patient.examine(around: [
            "sh", "-c",
            """
            mkdir -p /srv/theirs && rm -f /srv/theirs/started
            printf '#!/bin/sh\\nid >/srv/theirs/started\\n' >/srv/theirs/sshd
            chmod 755 /srv/theirs/sshd && chown -R games: /srv/theirs
            cp /bin/sleep /usr/libexec/sleeper && chmod 4755 /usr/libexec/sleeper
            setpriv --reuid games --regid games --clear-groups \\
                bash -c 'exec -a /srv/theirs/sshd /usr/libexec/sleeper 1000' & pid=$!
            setpriv --reuid games --regid games --clear-groups bash -c \\
                'exec -a "sshd: /srv/theirs/sshd -D [listener] 0 of 10" /usr/libexec/sleeper 1000' &
            title=$!
            # It really is named so, or this test cannot fail.
            for i in $(seq 100); do
                grep -q theirs /proc/$pid/cmdline && grep -q theirs /proc/$title/cmdline && break
                sleep 0.05
            done
            test "$(stat -c %u /proc/$pid)" = 0 || echo "not set-user-ID" >&2
            "$@"; status=$?
            kill $pid $title
            exit $status
            """, "sh",
        ])
        #expect(!FileManager.default.fileExists(atPath: patient.real("/srv/theirs/started")))
        #expect(!verdict.findings.contains { $0.text.contains("theirs") }, "\(verdict.findings)")
    }
}
