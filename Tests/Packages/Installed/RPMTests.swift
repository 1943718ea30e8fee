import Foundation
import TestSupport
import Testing

/// The RPM packages: their contents, and their life in a private root.
///
/// rpm runs on Debian too. What differs on Fedora: its libpam looks in /usr/lib64.
@Suite("packages: RPM")
struct RPMTests {
    private static let key = "/etc/swiftotp/seal.key"
    private static let configuration = "/etc/security/swiftotp.conf"

    private static let names = ["swiftotp", "swiftotp-selinux", "otp-enroll"]

    private func package(_ name: String) async throws -> String {
        let own = try await Command.output(["rpm", "--eval", "%{_arch}"])
            .trimmingCharacters(in: .newlines)
        let architecture = name == "swiftotp-selinux" ? "noarch" : own
        return try await Project.package("\(name)-\(Project.version())-1.\(architecture).rpm")
    }

    private func files(of name: String) async throws -> [String] {
        let format = "[%{FILEMODES:perms} %{FILENAMES}\\n]"
        return try await Command.output(["rpm", "-qp", "--qf", format, package(name)])
            .split(separator: "\n").filter { !$0.contains("/.build-id") }
            // Some versions of rpm compress manual pages.
            .map { String($0.hasSuffix(".gz") ? $0.dropLast(3) : $0) }
    }

    @Test("Module in %{_libdir}/security, units, configuration, manuals or completions are missing")
    func contents() async throws {
        let documents = #/ /usr/share/(doc|licenses)//#
        #expect(
            try await files(of: "swiftotp").filter { !$0.contains(documents) } == [
                "-rw-r--r-- /etc/security/swiftotp-messenger.conf",
                "-rw-r--r-- /etc/security/swiftotp.conf",
                "drwx------ /etc/swiftotp",
                "-rw-r--r-- /usr/lib/systemd/system/swiftotp-key.service",
                "-rw-r--r-- /usr/lib/systemd/system/swiftotp-messenger.service",
                "-rw-r--r-- /usr/lib/systemd/system/swiftotp-messenger.socket",
                "-rw-r--r-- /usr/lib/systemd/system/swiftotpd.service",
                "-rw-r--r-- /usr/lib/systemd/system/swiftotpd.socket",
                "-rw-r--r-- /usr/lib/sysusers.d/swiftotp.conf",
                "-rw-r--r-- /usr/lib/tmpfiles.d/swiftotp.conf",
                "-rw-r--r-- /usr/lib64/security/pam_swiftotp.so",
                "drwxr-xr-x /usr/libexec/swiftotp",
                "-rwxr-xr-x /usr/libexec/swiftotp-messenger",
                "-rwxr-xr-x /usr/libexec/swiftotp/open-key",
                "-rwxr-xr-x /usr/libexec/swiftotp/pam-lines",
                "-rwxr-xr-x /usr/libexec/swiftotpd",
                "-rw-r--r-- /usr/share/locale/de/LC_MESSAGES/swiftotp.mo",
                "-rw-r--r-- /usr/share/locale/es/LC_MESSAGES/swiftotp.mo",
                "-rw-r--r-- /usr/share/locale/fr/LC_MESSAGES/swiftotp.mo",
                "-rw-r--r-- /usr/share/locale/nb/LC_MESSAGES/swiftotp.mo",
                "-rw-r--r-- /usr/share/locale/nl/LC_MESSAGES/swiftotp.mo",
                "-rw-r--r-- /usr/share/locale/pl/LC_MESSAGES/swiftotp.mo",
                "-rw-r--r-- /usr/share/locale/sv/LC_MESSAGES/swiftotp.mo",
                "-rw-r--r-- /usr/share/man/man5/swiftotp.conf.5",
                "-rw-r--r-- /usr/share/man/man8/pam_swiftotp.8",
                "-rw-r--r-- /usr/share/man/man8/swiftotp-messenger.8",
                "-rw-r--r-- /usr/share/man/man8/swiftotpd.8",
                "drwx------ /var/lib/swiftotp",
            ])
        #expect(
            try await files(of: "otp-enroll").filter { !$0.contains(documents) } == [
                "-rwxr-xr-x /usr/bin/otp-enroll",
                "-rw-r--r-- /usr/lib/systemd/system/swiftotp-backup.service",
                "-rw-r--r-- /usr/lib/systemd/system/swiftotp-backup.timer",
                "-rw-r--r-- /usr/lib/systemd/system/swiftotp-report.service",
                "-rw-r--r-- /usr/lib/systemd/system/swiftotp-report.timer",
                "-rw-r--r-- /usr/share/bash-completion/completions/otp-enroll",
                "-rw-r--r-- /usr/share/fish/vendor_completions.d/otp-enroll.fish",
                "-rw-r--r-- /usr/share/man/man1/otp-enroll.1",
                "-rw-r--r-- /usr/share/zsh/site-functions/_otp-enroll",
            ])
        let all = try await files(of: "swiftotp")
        #expect(all.contains { $0.hasSuffix("/README.authselect") })
        let kept = try await Command.output(["rpm", "-qp", "--configfiles", package("swiftotp")])
        #expect(kept == "/etc/security/swiftotp-messenger.conf\n\(Self.configuration)\n")
        let needed = try await Command.output(["rpm", "-qp", "--requires", package("otp-enroll")])
        #expect(needed.contains("libqrencode.so.4") && !needed.contains("libswift"))
    }

    @Test("rpmlint finds something that swiftotp.rpmlintrc does not explain")
    func rpmlint() async throws {
        // Not every version prints everything that is explained there.
        var words = ["rpmlint", "--ignore-unused-rpmlintrc", "-r"]
        words.append(Project.path("packaging/rpm/swiftotp.rpmlintrc"))
        for name in Self.names { words.append(try await package(name)) }
        let done = try await Command.run(words)
        #expect(done.status == 0 && done.output.contains(" 0 errors, 0 warnings"), "\(done.output)")
    }

    @Test("shellcheck finds fault with the scriptlets")
    func scriptlets() async throws {
        let scratch = try Scratch()
        var count = 0
        for name in Self.names {
            for part in ["PREIN", "POSTIN", "PREUN", "POSTUN"] {
                let text = try await Command.output(
                    ["rpm", "-qp", "--qf", "%|\(part)?{%{\(part)}}|", package(name)])
                if text.isEmpty { continue }
                count += 1
                let script = try scratch.write("#!/bin/sh\n\(text)\n", to: "\(name).\(part)")
                let done = try await Command.run(["shellcheck", script])
                #expect(done.status == 0, "\(done.output)")
            }
        }
        #expect(count == 8)
    }

    @Test("SELinux's own tools cannot read swiftotp-selinux's policy module")
    func policy() async throws {
        let place = "/usr/share/selinux/packages/targeted/swiftotp.pp"
        #expect(try await files(of: "swiftotp-selinux").contains("-rw-r--r-- \(place)"))
        let scratch = try Scratch()
        let unpack = #"cd "$1" && rpm2cpio "$2" | cpio --quiet -idm"#
        try await Command.output(
            ["sh", "-c", unpack, "sh", scratch.path, package("swiftotp-selinux")])
        let files = ["module", "contexts"].map(scratch.file)
        try await Command.output(["semodule_unpackage", scratch.path + place] + files)
        let contexts = try String(contentsOfFile: files[1], encoding: .utf8)
        #expect(contexts == (try Project.text("packaging/selinux/swiftotp.fc")))
    }

    @Test("Installed, upgraded, erased: key, records or configuration are lost")
    func life() async throws {
        let root = try await PrivateRoot()
        let rpm = try await installed(in: root)
        #expect(try await root.status("/var/lib/swiftotp") == "drwx------ root root")
        #expect(try await root.status(Self.key) == "-rw------- root root")
        let visitor = try await Visitor("alice", in: root, server: try await Server(in: root))
        var codes = try await root.enroll("alice").backupCodes[...]
        try await visitor.expectPasswordAlone("installed")

        let su = try root.text("/etc/pam.d/su")
        let line = "auth required /usr/lib64/security/pam_swiftotp.so"
        try root.write(
            su.replacing("@include common-auth", with: "@include common-auth\n\(line)"),
            to: "/etc/pam.d/su")
        #expect(try await visitor.login(.su, code: codes.removeFirst()) == .admittedWithCode)
        let key = try Data(contentsOf: URL(fileURLWithPath: root.file(Self.key)))
        try root.write("window = 2\n", to: Self.configuration)
        try await root.installRPMs("-U", "--force", rpm)
        #expect(try root.text(Self.configuration) == "window = 2\n")
        #expect(try Data(contentsOf: URL(fileURLWithPath: root.file(Self.key))) == key)
        #expect(try await visitor.login(.su, code: codes.removeFirst()) == .admittedWithCode)

        // Fedora has none.
        try FileManager.default.removeItem(atPath: root.file("/etc/pam.conf"))
        let refused = try await root.run("rpm", "-e", "--nodeps", "swiftotp")
        #expect(refused.status != 0 && refused.errors.contains("pam.d/su:\(line)"))
        #expect(try await visitor.login(.su, code: codes.removeFirst()) == .admittedWithCode)
        try root.write(su, to: "/etc/pam.d/su")
        let erased = try await root.run("rpm", "-e", "--nodeps", "swiftotp")
        #expect(erased.status == 0 && erased.errors.contains("rm -r /var/lib/swiftotp"))
        #expect(try await root.status("/usr/lib64/security/pam_swiftotp.so") == nil)
        #expect(try Data(contentsOf: URL(fileURLWithPath: root.file(Self.key))) == key)
        #expect(try root.text("\(Self.configuration).rpmsave") == "window = 2\n")
        try await visitor.expectPasswordAlone("erased")
    }

    @Test("Erased with nobody enrolled after a stranger failed: something is left")
    func decoys() async throws {
        let root = try await PrivateRoot()
        let rpm = try await installed(in: root)
        // The leftovers of a failed login and of an interrupted write.
        let store = "/var/lib/swiftotp"
        for name in ["decoy-00", "decoy-a7", "decoy-ff", "new.7f", "name-7f"] {
            try root.write("", to: "\(store)/\(name)")
        }
        // A missing key is made again: no record needs the old one.
        try FileManager.default.removeItem(atPath: root.file(Self.key))
        try await root.installRPMs("-U", "--force", rpm)
        #expect(try await root.status(Self.key) == "-rw------- root root")
        let erased = try await root.run("rpm", "-e", "--nodeps", "swiftotp")
        #expect(erased.status == 0 && !erased.errors.contains("are kept"), "\(erased.errors)")
        #expect(try await root.status(store) == nil)
        #expect(try await root.status("/etc/swiftotp") == nil)
    }

    @Test("With README.authselect's line, in authselect's stack, one factor is enough")
    func authselect() async throws {
        let root = try await PrivateRoot()
        _ = try await installed(in: root)
        let visitor = try await Visitor("alice", in: root, server: try await Server(in: root))
        var codes = try await root.enroll("alice").backupCodes[...]
        let readme = try Project.text("packaging/rpm/README.authselect")
        let line = try #require(
            readme.firstMatch(of: #/(auth +required +pam_swiftotp\.so) +\{include if/#)
        ).1
        try root.write(
            """
            auth        required      pam_env.so
            auth        required      pam_faildelay.so delay=1000
            \(line.replacing("pam_swiftotp.so", with: "/usr/lib64/security/pam_swiftotp.so"))
            auth        sufficient    pam_unix.so nullok
            auth        required      pam_deny.so

            """, to: "/etc/pam.d/system-auth")
        let su = try root.text("/etc/pam.d/su")
        try root.write(
            su.replacing("@include common-auth", with: "auth include system-auth"),
            to: "/etc/pam.d/su")
        let right = visitor.password
        #expect(try await visitor.codeFirst("BBBB-BBBB-BBBB-BBBB", then: right) == .refused)
        #expect(try await visitor.codeFirst(codes.removeFirst(), then: "wrong") == .refused)
        #expect(try await visitor.codeFirst(codes.removeFirst(), then: right) == .admittedWithCode)
    }

    /// Installs both packages, and returns the path of the first one inside.
    private func installed(in root: PrivateRoot) async throws -> String {
        let module = try root.bring(try await package("swiftotp"))
        let tool = try root.bring(try await package("otp-enroll"))
        try await root.installRPMs("-i", module, tool)
        return module
    }
}
