import CLinux
import Foundation
import TestSupport
import Testing

/// `doctor`: each fault gives its one finding, and a right configuration gives none.
@Suite struct DoctorTests {
    init() throws { try Build.requireGround() }

    // MARK: Nothing wrong

    @Test func keyAndCodeIsWell() async throws {
        let patient = try await DoctorPatient()
        try await patient.penalizeNobody()
        let verdict = try await patient.examine()
        #expect(verdict.serious.isEmpty && verdict.isWell && verdict.status == 0)
        for check in ["stack", "modules", "options", "sshd", "store", "people", "clock"] {
            #expect(verdict.states[check] == "ok", "\(check): \(verdict.findings)")
        }
    }

    @Test(arguments: [
        ["@include common-auth", "auth required MODULE"],
        ["auth requisite pam_unix.so", "auth required MODULE after_first_factor enroll=require"],
        ["@include common-auth", "auth required MODULE nullok"],
        ["auth requisite MODULE forward_pass", "auth required pam_unix.so use_first_pass"],
        ["auth substack common-auth", "auth required MODULE"],
        ["auth include common-auth", "-auth optional pam_nosuch.so", "auth requisite MODULE"],
        [
            "auth [success=1 default=ignore] pam_unix.so", "auth requisite pam_deny.so",
            "auth [success=ok ignore=ignore default=die] \\", "  MODULE [prompt=Your code: ]",
        ],
    ])
    func passwordAndCodeIsWell(lines: [String]) async throws {
        let patient = try await DoctorPatient()
        try patient.auth("sshd", lines)
        try patient.ssh([DoctorPatient.passwordMethods, "LoginGraceTime 300"])
        let verdict = try await patient.examine()
        #expect(verdict.serious.isEmpty && verdict.isWell && verdict.status == 0)
        #expect(verdict.states["stack"] == "ok" && verdict.states["options"] == "ok")
    }

    @Test("A user whom the stack never asks for a code is reported as locked out")
    func whoIsNotAskedIsNotLockedOut() async throws {
        let patient = try await DoctorPatient()
        try patient.remove("/var/lib/swiftotp/4002")
        try patient.auth(
            "sshd",
            [
                "auth [success=1 default=ignore] pam_succeed_if.so user = bob",
                "auth required MODULE", "auth required pam_permit.so",
            ])
        let verdict = try await patient.examine()
        #expect(verdict.isWell, "\(verdict.findings)")
    }

    @Test(arguments: ["sudo", "su", "login"])
    func otherServicesAreWell(service: String) async throws {
        let patient = try await DoctorPatient()
        let first = service == "su" ? ["auth sufficient pam_rootok.so"] : []
        let lines = first + ["@include common-auth", "auth required MODULE"]
        try patient.auth(service, lines)
        if service == "sudo" { try patient.auth("sudo-i", lines) }
        // As in Debian 12; sid no longer has it.
        if service == "su" { try patient.auth("su-l", ["auth include su"]) }
        let verdict = try await patient.examine(["--service", service])
        #expect(verdict.serious.isEmpty && verdict.isWell && verdict.status == 0)
        #expect(verdict.states["stack"] == "ok" && verdict.states["sshd"] == nil)
    }

    /// The listener is asked; if there is none, doctor says what that means.
    @Test func theServiceIsAskedForItsWelcome() async throws {
        let patient = try await DoctorPatient()
        let alone = try await patient.examine()
        #expect(alone.isWell && alone.states["service"] == "note")
        let note = try #require(alone.findings.first { $0.check == "service" })
        #expect(
            note.text == "nothing listens on /run/swiftotp/swiftotpd.sock: root's programs start"
                + " /usr/libexec/swiftotpd for each login, and users cannot enroll or manage"
                + " themselves")
        #expect(note.change == "systemctl enable --now swiftotpd.socket")
        let socket = try await patient.serve()
        let told = try await patient.doctor()
        #expect(told.status == 0, "\(told.output)")
        #expect(
            told.output.contains(
                "\nok       service  /run/swiftotp/swiftotpd.sock: swiftotpd listens\n"),
            "\(told.output)")
        // The folder that the unit may write to.
        try patient.installUnits()
        try patient.write(
            "/etc/systemd/system/swiftotpd.service.d/x.conf",
            "[Service]\nReadWritePaths=-/srv/otp\n")
        try await patient.moveStore(to: "/srv/otp")
        #expect(try await patient.examine().isWell)
        // Another socket, on the PAM line and on the command line.
        try patient.auth("sshd", ["auth required MODULE socket=\(socket) debug"])
        #expect(
            try await patient.doctor().output.contains("ok       service  \(socket): swiftotpd"))
        let none = try await patient.examine(["--socket", "/nonexistent.sock"])
        #expect(none.states["service"] == "note")
        #expect(none.findings.contains { $0.text.contains("listens on /nonexistent.sock: root's") })
        // Unprivileged users can ask as well.
        let citizen = try await patient.examine(around: withoutRoot([]))
        #expect(citizen.states["service"] == "ok", "\(citizen.findings)")
    }

    /// What may be intended is a note, and leaves the exit status at 0.
    @Test func whatMayBeMeantSoIsANote() async throws {
        let patient = try await DoctorPatient()
        try patient.auth(
            "sshd",
            [
                "auth [success=1 default=ignore] pam_succeed_if.so user ingroup robots quiet",
                "auth required MODULE nullok", "auth required pam_permit.so",
            ])
        try patient.ssh(["PermitRootLogin prohibit-password", DoctorPatient.keyMethods])
        try patient.change("/etc/ssh/sshd_config.d/10-swiftotp.conf") {
            $0 + "Match User bob\n    AuthenticationMethods publickey\n"
        }
        try patient.remove("/var/lib/swiftotp/4002")
        let verdict = try await patient.examine()
        #expect(verdict.isWell && verdict.status == 0)
        let notes = verdict.findings.map(\.text).joined(separator: "\n")
        for part in [
            "pam_succeed_if lets some users past",
            "by publickey alone, without a code: as nullok would, until they enroll (bob)",
            "root cannot log in by ssh", "bob is not enrolled, and let in without a code by nullok",
        ] { #expect(notes.contains(part), "\(notes)") }
    }

    /// A service may be in the vendor's folder, and lines may be continued.
    @Test func aVendorsServiceIsWell() async throws {
        let patient = try await DoctorPatient()
        try patient.remove("/etc/pam.d/sshd")
        let lines = [
            "Auth  required \\ ", "               \(patient.module)",
            "account  include  common-account", "",
        ]
        try patient.write("/etc/vendor", lines.joined(separator: "\n"))
        let folder = "/usr/lib/pam.d"
        let script = "mount -t tmpfs vendor \(folder) && cp /etc/vendor \(folder)/sshd"
        let verdict = try await patient.examine(
            around: ["sh", "-c", script + #" && exec "$@""#, "sh"])
        #expect(verdict.isWell && verdict.states["stack"] == "ok", "\(verdict.findings)")
        let note = try #require(verdict.findings.first { $0.check == "lines" })
        #expect(note.text.contains("blanks behind the backslash"), "\(note)")
        #expect(note.place == "\(folder)/sshd line 1" && note.severity == "note", "\(note)")
    }

    // MARK: Something wrong

    @Test(
        arguments: DoctorCase.stacks + DoctorCase.secondLines + DoctorCase.modules + DoctorCase.ssh
            + DoctorCase.stores
            + DoctorCase.machines + DoctorCase.services + DoctorCase.sudo + DoctorCase.networks
            + DoctorCase.securityKeys + DoctorCase.lines + DoctorCase.fleets)
    func eachTroubleIsFound(trouble: DoctorCase) async throws {
        let patient = try await DoctorPatient()
        try await trouble.harm(patient)
        let verdict = try await patient.examine(trouble.arguments, around: trouble.around)
        let severity = try await trouble.severityHere()
        #expect(verdict.isWell == severity.isEmpty && verdict.status == (severity.isEmpty ? 0 : 1))
        #expect(verdict.serious.count == (severity.isEmpty ? 0 : 1), "\(verdict.findings)")
        if severity.isEmpty { return }
        let finding = try #require(verdict.serious.first)
        #expect(finding.check == trouble.check && finding.severity == severity, "\(finding)")
        #expect(finding.text.contains(trouble.text), "\(finding)")
        #expect(trouble.place.isEmpty || finding.place.contains(trouble.place), "\(finding)")
        #expect(trouble.change.isEmpty || finding.change.contains(trouble.change), "\(finding)")
    }

    /// libpam treats a module that it cannot load as one that denies everybody.
    @Test(arguments: ["pam_nosuch.so does not exist", "pam_motd.so is not a module for auth"])
    func aModuleThatCannotBeCalledLocksOut(says: String) async throws {
        let patient = try await DoctorPatient()
        let module = try #require(says.split(separator: " ").first)
        try patient.auth("sshd", ["auth required \(module)", "auth required MODULE"])
        let verdict = try await patient.examine()
        #expect(verdict.serious.contains { $0.text.hasPrefix("nobody can log in") })
        #expect(verdict.serious.contains { $0.text.hasPrefix(says) }, "\(verdict.findings)")
    }

    /// If nothing else tells, the kernel's answer counts, whatever it is on this machine.
    @Test func theKernelIsAskedAboutTheClock() async throws {
        let patient = try await DoctorPatient()
        try patient.remove("/run/systemd/timesync/synchronized")
        var error = 0
        let state = swiftotp_clock_state(&error)
        let verdict = try await patient.examine()
        #expect(verdict.states["clock"] == (state < 0 ? "skipped" : state == 0 ? "warning" : "ok"))
        #expect(verdict.status == (state == 0 ? 1 : 0), "\(verdict.findings)")
    }

    /// chrony knows whether it has set the clock; this one only prints what it would do. It is not
    /// installed for this test on a machine with another time service.
    @Test(.enabled(if: access("/usr/sbin/chronyd", X_OK) == 0, "chrony is not installed here"))
    func chronyIsAsked() async throws {
        for (setting, state) in [("local stratum 10", "ok"), ("", "warning")] {
            let patient = try await DoctorPatient()
            try patient.write(
                "/etc/chrony/chrony.conf",
                "\(setting)\nport 0\ncmdport 0\nbindcmdaddress /run/chrony/chronyd.sock\n")
            let script = """
                mkdir -p /run/chrony && mount -t tmpfs -o mode=755 chrony /run/chrony
                chown _chrony: /run/chrony && chmod 750 /run/chrony
                chronyd -x -d >/run/chrony/said 2>&1 & pid=$!
                for i in $(seq 100); do
                    chronyc -n tracking >/dev/null 2>&1 && break
                    sleep 0.1
                done
                "$@"; status=$?
                kill $pid; wait $pid
                exit $status
                """
            let verdict = try await patient.examine(around: ["sh", "-c", script, "sh"])
            #expect(verdict.states["clock"] == state, "\(verdict.findings)")
            #expect(verdict.status == (state == "ok" ? 0 : 1))
            let texts = verdict.serious.map(\.text)
            #expect(
                texts.contains { $0.contains("nothing keeps the clock right") } == (state != "ok"))
        }
    }

    // MARK: What it prints

    @Test func peopleReadWhatWasLookedAtAndThenWhatToDo() async throws {
        let patient = try await DoctorPatient()
        try await patient.penalizeNobody()
        let well = try await patient.doctor()
        #expect(well.status == 0 && well.errors.isEmpty)
        #expect(well.output.contains("\nok       sshd     sshd -T for root, alice, bob\n"))
        #expect(well.output.contains("\nAll is well with sshd, as far as was looked"))
        try patient.ssh(["UsePAM no"])
        let ill = try await patient.doctor()
        #expect(ill.status == 1 && ill.errors.isEmpty)
        #expect(
            ill.output.contains(
                """

                problem: sshd does not ask PAM, so nobody is asked for a code
                  in /etc/ssh/sshd_config.d/10-swiftotp.conf line 1:
                      --- /etc/ssh/sshd_config.d/10-swiftotp.conf
                      +++ /etc/ssh/sshd_config.d/10-swiftotp.conf
                      @@ -1,4 +1,4 @@
                      -UsePAM no
                      +UsePAM yes
                       UsePAM yes
                       KbdInteractiveAuthentication yes
                       PasswordAuthentication no

                """), "\(ill.output)")
        #expect(ill.output.split(separator: "\n").last?.hasPrefix("sshd: 1 problem") == true)
    }

    @Test func anOrdinaryUserHearsWhatCouldNotBeLookedAt() async throws {
        let patient = try await DoctorPatient()
        // The capability to read everything stays, so that programs are found; an ordinary user
        // lacks it.
        try patient.remove("/etc/ssh/ssh_host_ed25519_key")
        let verdict = try await patient.examine(around: withoutRoot([]))
        // OpenSSH 10.4 and later tell their settings without a host key.
        let told = try await Command.run(patient.running(withoutRoot(["/usr/sbin/sshd", "-T"])))
        #expect(verdict.states["stack"] == "ok")
        #expect((verdict.states["sshd"] == "skipped") == (told.status != 0))
        #expect(verdict.states["store"] == "skipped" && verdict.states["people"] == "skipped")
        #expect(verdict.serious.isEmpty && verdict.status == 0)
    }

    @Test func aUserWhoIsNotThereIsRefused() async throws {
        let done = try await DoctorPatient().doctor("--user", "nosuch")
        #expect(done.status == 1 && done.output.isEmpty)
        #expect(done.errors.hasPrefix("otp-enroll: there is no user \"nosuch\"\n"))
    }

    /// The record under alice's new UID still belongs to bob, who needs it.
    @Test func aNumberThatWasAnotherUsersIsNotGivenAway() async throws {
        let patient = try await DoctorPatient()
        try patient.change("/etc/passwd") {
            $0.replacing(":4002:", with: ":5002:").replacing(":4001:", with: ":4002:")
        }
        let changes = try await patient.examine().serious.filter { $0.check == "store" }
            .map(\.change)
        #expect(Set(changes) == ["otp-enroll move 4001 alice", "otp-enroll move 4002 bob"])
    }
}
