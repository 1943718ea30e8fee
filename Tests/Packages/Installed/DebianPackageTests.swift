import Foundation
import TestSupport
import Testing

/// The Debian packages as files: their contents, and the output of Debian's own checker.
@Suite("packages: what is in the Debian packages")
struct DebianPackageTests {
    /// A package by its name, and its architecture's folder in /usr/lib.
    private func package(_ name: String) async throws -> (path: String, triple: String) {
        let words = ["dpkg-architecture", "-q"]
        func ask(_ variable: String) async throws -> String {
            try await Command.output(words + [variable]).trimmingCharacters(in: .newlines)
        }
        let (version, architecture) = (try Project.version(), try await ask("DEB_HOST_ARCH"))
        return (
            try await Project.package("\(name)_\(version)_\(architecture).deb"),
            try await ask("DEB_HOST_MULTIARCH")
        )
    }

    /// Unpacks a package, and returns everything in it.
    private func contents(_ name: String) async throws -> (scratch: Scratch, files: [String]) {
        let scratch = try Scratch()
        try await Command.output(["dpkg-deb", "-x", package(name).path, scratch.path])
        return (scratch, try await listing(scratch.path))
    }

    private func field(_ field: String, of name: String) async throws -> String {
        try await Command.output(["dpkg-deb", "-f", package(name).path, field])
            .trimmingCharacters(in: .newlines)
    }

    @Test("libpam-swiftotp lacks module, profile, service, units, configuration or manuals")
    func module() async throws {
        let triple = try await package("libpam-swiftotp").triple
        let units = try await Project.unitFolder()
        let files = try await contents("libpam-swiftotp").files
        let documents = "-rw-r--r-- /usr/share/doc/libpam-swiftotp/"
        #expect(
            Set(files.filter { !$0.hasPrefix(documents) }) == [
                "-rw-r--r-- /etc/apparmor.d/abstractions/authentication.d/swiftotp",
                "-rw-r--r-- /etc/apparmor.d/usr.libexec.swiftotpd",
                "-rw-r--r-- /etc/security/swiftotp-messenger.conf",
                "-rw-r--r-- /etc/security/swiftotp.conf",
                "-rw-r--r-- /usr/lib/\(triple)/security/pam_swiftotp.so",
                "-rw-r--r-- /usr/lib/sysusers.d/swiftotp.conf",
                "-rw-r--r-- /usr/lib/tmpfiles.d/swiftotp.conf",
                "-rwxr-xr-x /usr/libexec/swiftotp/open-key",
                "-rwxr-xr-x /usr/libexec/swiftotp/pam-lines",
                "-rwxr-xr-x /usr/libexec/swiftotp-messenger",
                "-rwxr-xr-x /usr/libexec/swiftotpd",
                "-rw-r--r-- /usr/share/locale/de/LC_MESSAGES/swiftotp.mo",
                "-rw-r--r-- /usr/share/locale/es/LC_MESSAGES/swiftotp.mo",
                "-rw-r--r-- /usr/share/locale/fr/LC_MESSAGES/swiftotp.mo",
                "-rw-r--r-- /usr/share/locale/nb/LC_MESSAGES/swiftotp.mo",
                "-rw-r--r-- /usr/share/locale/nl/LC_MESSAGES/swiftotp.mo",
                "-rw-r--r-- /usr/share/locale/pl/LC_MESSAGES/swiftotp.mo",
                "-rw-r--r-- /usr/share/locale/sv/LC_MESSAGES/swiftotp.mo",
                "-rw-r--r-- /usr/share/man/man5/swiftotp.conf.5.gz",
                "-rw-r--r-- /usr/share/man/man8/pam_swiftotp.8.gz",
                "-rw-r--r-- /usr/share/man/man8/swiftotp-messenger.8.gz",
                "-rw-r--r-- /usr/share/man/man8/swiftotpd.8.gz",
                "-rw-r--r-- /usr/share/pam-configs/swiftotp",
                "-rw-r--r-- \(units)/swiftotp-key.service",
                "-rw-r--r-- \(units)/swiftotp-messenger.service",
                "-rw-r--r-- \(units)/swiftotp-messenger.socket",
                "-rw-r--r-- \(units)/swiftotpd.service", "-rw-r--r-- \(units)/swiftotpd.socket",
            ])
        for name in [
            "README.Debian", "copyright", "changelog.gz", "README.md.gz",
            "examples/fail2ban/filter.d/swiftotp.conf", "examples/selinux/swiftotp.te",
        ] {
            #expect(files.contains(documents + name))
        }
    }

    @Test("otp-enroll lacks program, manual, the report's units, or completions for three shells")
    func enroll() async throws {
        let files = try await contents("otp-enroll").files
        let documents = "-rw-r--r-- /usr/share/doc/otp-enroll/"
        let units = try await Project.unitFolder()
        #expect(
            Set(files) == [
                "-rwxr-xr-x /usr/bin/otp-enroll",
                "-rw-r--r-- \(units)/swiftotp-backup.service",
                "-rw-r--r-- \(units)/swiftotp-backup.timer",
                "-rw-r--r-- \(units)/swiftotp-report.service",
                "-rw-r--r-- \(units)/swiftotp-report.timer",
                "-rw-r--r-- /usr/share/bash-completion/completions/otp-enroll",
                documents + "changelog.Debian.gz", documents + "changelog.gz",
                documents + "copyright",
                "-rw-r--r-- /usr/share/fish/vendor_completions.d/otp-enroll.fish",
                "-rw-r--r-- /usr/share/man/man1/otp-enroll.1.gz",
                "-rw-r--r-- /usr/share/zsh/vendor-completions/_otp-enroll",
            ])
    }

    @Test("They need more than every Debian has, or one of Swift's libraries")
    func dependencies() async throws {
        // Debian 13 has some under another name since its move to 64-bit time.
        func names(_ text: String) -> Set<String> {
            let words = text.split(separator: ",").compactMap { $0.split(separator: " ").first }
            return Set(words.map { String($0.hasSuffix("t64") ? $0.dropLast(3) : $0) })
        }
        #expect(
            names(try await field("Depends", of: "libpam-swiftotp")) == [
                "libc6", "libgcc-s1", "libnettle8", "libpam0g", "libpam-runtime", "libstdc++6",
            ])
        #expect(
            names(try await field("Depends", of: "otp-enroll")) == [
                "libc6", "libexpat1", "libgcc-s1", "libnettle8", "libpam-swiftotp", "libpam0g",
                "libqrencode4", "libstdc++6",
            ])
        for name in ["libpam-swiftotp", "otp-enroll"] {
            #expect(try await field("Section", of: name) == "admin")
        }
    }

    @Test("A file in /etc is not a conffile, so that upgrades would overwrite it")
    func conffiles() async throws {
        let path = try await package("libpam-swiftotp").path
        let list = try await Command.output(["dpkg-deb", "-I", path, "conffiles"])
        let files = try await contents("libpam-swiftotp").files.filter { $0.contains(" /etc/") }
        #expect(
            list.split(separator: "\n").sorted() == files.map { $0.drop { $0 != "/" } }.sorted())
        #expect(!files.isEmpty)
    }

    @Test(
        "A program is not stripped, not bound at start, or names a build folder")
    func binaries() async throws {
        let triple = try await package("libpam-swiftotp").triple
        for (name, file) in [
            ("libpam-swiftotp", "usr/lib/\(triple)/security/pam_swiftotp.so"),
            ("libpam-swiftotp", "usr/libexec/swiftotpd"),
            ("libpam-swiftotp", "usr/libexec/swiftotp-messenger"),
            ("otp-enroll", "usr/bin/otp-enroll"),
        ] {
            let scratch = try await contents(name).scratch
            let path = scratch.file(file)
            let section = try await Command.output(["readelf", "-dWlS", path])
            #expect(section.contains("BIND_NOW") && section.contains("GNU_RELRO"), "\(file)")
            #expect(!section.contains("RUNPATH") && !section.contains("RPATH"), "\(file)")
            #expect(!section.contains(".symtab") && !section.contains(".debug_info"), "\(file)")
            #expect(section.contains("DYN (") || file.hasSuffix(".so") || section.contains("PIE"))
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(data.range(of: Data(Project.folder.path.utf8)) == nil, "\(file)")
        }
    }

    @Test("systemd-tmpfiles does not make the folders at boot, or not only for root")
    func tmpfiles() async throws {
        let scratch = try Scratch()
        let file = Project.folder.path + "/packaging/tmpfiles/swiftotp.conf"
        try await Command.output([
            "systemd-tmpfiles", "--root=\(scratch.path)", "--create", file,
        ])
        let modes = try await Command.output(
            [
                "find", scratch.path, "(", "-name", "swiftotp", "-o", "-name", "swiftotp-key", ")",
                "-printf", "%m %u /%P\n",
            ])
        #expect(
            modes.split(separator: "\n").sorted() == [
                "700 root /etc/swiftotp", "700 root /run/swiftotp-key",
                "700 root /var/lib/swiftotp", "755 root /run/swiftotp",
            ])
    }

    @Test("lintian finds errors or warnings")
    func lintian() async throws {
        for name in ["libpam-swiftotp", "otp-enroll"] {
            let done = try await Command.run(
                ["lintian", "--allow-root", "--fail-on", "warning", package(name).path],
                within: .seconds(300))
            #expect(done.status == 0 && done.output.isEmpty, "\(done.output)\(done.errors)")
        }
    }
}
