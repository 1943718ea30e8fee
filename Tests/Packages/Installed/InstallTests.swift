import Foundation
import TestSupport
import Testing

/// `make install` and `make uninstall`, with what `make deb` compiled.
@Suite("packages: make install")
struct InstallTests {
    private func make(_ words: String..., into folder: String) async throws -> Command {
        try await Command.run(
            ["make", "-s", "-C", Project.tree.path, "DESTDIR=\(folder)"] + words)
    }

    @Test("A file is misplaced or has the wrong mode, or uninstall leaves or removes too much")
    func places() async throws {
        // Only for an existing, current tree.
        _ = try await Project.package("otp-enroll-\(Project.version())-1.\(Machine.processor).rpm")
        let scratch = try Scratch()
        let done = try await make(
            "install", "PAMDIR=/usr/lib64/security", into: scratch.path)
        #expect(done.status == 0, "\(done.errors)")
        #expect(
            try await listing(scratch.path) == [
                "-rw-r--r-- /usr/lib/sysusers.d/swiftotp.conf",
                "-rw-r--r-- /usr/lib/tmpfiles.d/swiftotp.conf",
                "-rw-r--r-- /usr/lib64/security/pam_swiftotp.so",
                "-rwxr-xr-x /usr/libexec/swiftotp-messenger",
                "-rwxr-xr-x /usr/libexec/swiftotp/open-key",
                "-rwxr-xr-x /usr/libexec/swiftotp/pam-lines",
                "-rwxr-xr-x /usr/libexec/swiftotpd",
                "-rwxr-xr-x /usr/local/bin/otp-enroll",
                "-rw-r--r-- /usr/local/lib/systemd/system/swiftotp-backup.service",
                "-rw-r--r-- /usr/local/lib/systemd/system/swiftotp-backup.timer",
                "-rw-r--r-- /usr/local/lib/systemd/system/swiftotp-key.service",
                "-rw-r--r-- /usr/local/lib/systemd/system/swiftotp-messenger.service",
                "-rw-r--r-- /usr/local/lib/systemd/system/swiftotp-messenger.socket",
                "-rw-r--r-- /usr/local/lib/systemd/system/swiftotp-report.service",
                "-rw-r--r-- /usr/local/lib/systemd/system/swiftotp-report.timer",
                "-rw-r--r-- /usr/local/lib/systemd/system/swiftotpd.service",
                "-rw-r--r-- /usr/local/lib/systemd/system/swiftotpd.socket",
                "-rw-r--r-- /usr/local/share/bash-completion/completions/otp-enroll",
                "-rw-r--r-- /usr/local/share/doc/swiftotp/swiftotp-messenger.conf",
                "-rw-r--r-- /usr/local/share/doc/swiftotp/swiftotp.conf",
                "-rw-r--r-- /usr/local/share/fish/vendor_completions.d/otp-enroll.fish",
                "-rw-r--r-- /usr/local/share/man/man1/otp-enroll.1",
                "-rw-r--r-- /usr/local/share/man/man5/swiftotp.conf.5",
                "-rw-r--r-- /usr/local/share/man/man8/pam_swiftotp.8",
                "-rw-r--r-- /usr/local/share/man/man8/swiftotp-messenger.8",
                "-rw-r--r-- /usr/local/share/man/man8/swiftotpd.8",
                "-rw-r--r-- /usr/local/share/zsh/site-functions/_otp-enroll",
                "-rw-r--r-- /usr/share/locale/de/LC_MESSAGES/swiftotp.mo",
                "-rw-r--r-- /usr/share/locale/es/LC_MESSAGES/swiftotp.mo",
                "-rw-r--r-- /usr/share/locale/fr/LC_MESSAGES/swiftotp.mo",
                "-rw-r--r-- /usr/share/locale/nb/LC_MESSAGES/swiftotp.mo",
                "-rw-r--r-- /usr/share/locale/nl/LC_MESSAGES/swiftotp.mo",
                "-rw-r--r-- /usr/share/locale/pl/LC_MESSAGES/swiftotp.mo",
                "-rw-r--r-- /usr/share/locale/sv/LC_MESSAGES/swiftotp.mo",
                "-rw-r--r-- /usr/share/pam-configs/swiftotp",
            ])
        let symbols = try await Command.run(
            ["nm", scratch.file("usr/lib64/security/pam_swiftotp.so")])
        #expect(symbols.errors.contains("no symbols"))

        let others = ["usr/libexec/other", "usr/local/bin/otp-enroll.mine"]
        for other in others { try scratch.write("", to: other, mode: 0o644) }
        let gone = try await make(
            "uninstall", "PAMDIR=/usr/lib64/security", into: scratch.path)
        #expect(gone.status == 0, "\(gone.errors)")
        #expect(try await listing(scratch.path) == others.map { "-rw-r--r-- /\($0)" })
        #expect(try await make("uninstall", into: scratch.path).status == 0, "twice")
    }

    @Test("Other prefixes are not used everywhere, such as in the units")
    func otherPlaces() async throws {
        let scratch = try Scratch()
        let done = try await make(
            "install", "PREFIX=/opt/otp", "PAMDIR=/m", "LIBEXECDIR=/opt/otp/libexec",
            "UNITDIR=/u", into: scratch.path)
        #expect(done.status == 0, "\(done.errors)")
        let unit = try String(
            contentsOfFile: scratch.file("u/swiftotpd.service"), encoding: .utf8)
        #expect(unit.contains("\nExecStart=/opt/otp/libexec/swiftotpd\n"))
        #expect(access(scratch.file("opt/otp/bin/otp-enroll"), X_OK) == 0)
        #expect(access(scratch.file("m/pam_swiftotp.so"), R_OK) == 0)
    }

    @Test("Without PAMDIR the module is not where this machine's libpam looks for it")
    func moduleFolder() async throws {
        let scratch = try Scratch()
        let done = try await make("install", into: scratch.path)
        #expect(done.status == 0, "\(done.errors)")
        let module = try await listing(scratch.path).filter { $0.hasSuffix("/pam_swiftotp.so") }
        let folder = try #require(module.first?.split(separator: " ").last).dropLast(15)
        #expect(module.count == 1)
        #expect(access("\(folder)pam_unix.so", R_OK) == 0, "\(folder)")
    }

    @Test("Uninstalls while a PAM stack names the module, or installs what is not built")
    func refusals() async throws {
        let scratch = try Scratch()
        #expect(try await make("install", into: scratch.path).status == 0)
        for folder in ["etc", "etc/pam.d"] { _ = try scratch.folder(folder, mode: 0o755) }
        try scratch.write("auth \\\n required pam_swiftotp.so", to: "etc/pam.d/sshd", mode: 0o644)
        let before = try await listing(scratch.path)
        let refused = try await make("uninstall", into: scratch.path)
        let line = "etc/pam.d/sshd:auth   required pam_swiftotp.so\n"
        #expect(refused.status == 2 && refused.errors.contains(line), "\(refused.errors)")
        #expect(try await listing(scratch.path) == before)

        let unbuilt = try await make("install", "BIN=/nowhere", into: scratch.path)
        #expect(unbuilt.status == 2 && unbuilt.errors.contains("run `make release` first"))
    }
}
