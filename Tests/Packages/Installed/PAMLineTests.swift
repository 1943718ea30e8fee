import Foundation
import TestSupport
import Testing

/// packaging/pam-lines, which is asked before anything removes the module.
@Suite("packages: PAM lines that need the module")
struct PAMLineTests {
    /// The printed lines, each with its file below the root; the exit status agrees.
    private func needed(below root: String, but skip: String = "") async throws -> [String] {
        let done = try await Command.run([Project.path("packaging/pam-lines"), root, skip])
        #expect(done.errors.isEmpty && done.status == (done.output.isEmpty ? 0 : 1))
        return done.output.split(separator: "\n").map {
            $0.replacing(root, with: "").trimmingCharacters(in: .whitespaces)
        }
    }

    /// Writes files below a root, and makes their folders.
    private func root(_ files: [String: String]) throws -> Scratch {
        let scratch = try Scratch()
        for (name, text) in files {
            let folder = URL(fileURLWithPath: scratch.file(name)).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try scratch.write(text, to: name, mode: 0o644)
        }
        return scratch
    }

    // MARK: One line

    /// Ways to write a line, with `M` for the module.
    private static let lines = [
        "auth required M", "auth required M nullok", "  auth\trequired\tM", "AUTH Required M",
        "auth [success=ok ignore=ignore default=die] M", "auth requisite M # comment",
        "auth required /usr/lib/security/M",
        "auth \\\n  required \\\n  M nullok", "auth \\ \t\n required M",
        "auth \\\n\n# in between\n required M", "auth required\\\n M",
        "# a comment goes no further \\\nauth required M", "auth required M no#\\\n#",
        "-auth required M", "-auth requisite M", "-auth [success=ok default=die] M",
        "-auth \\\n required M", "auth required M \\",
        // These deny nobody without the module.
        "-auth optional M", "-AUTH Sufficient M", "# auth required M", "#auth required \\\n# M",
        "auth optional pam_permit.so # M", "auth optional pam_permit.so \\\n# required M", "",
    ]

    /// As the module is missing here, libpam itself shows which lines deny.
    @Test("A line that denies all logins without the module is missed", arguments: lines)
    func line(_ line: String) async throws {
        // A module of this name that is not installed, so that it is always missing for libpam.
        let text = line.replacing("M", with: "pam_swiftotp.so") + "\n"
        let scratch = try root(["etc/pam.d/trial": text])
        let isNeeded = try await !needed(below: scratch.path).isEmpty
        let policy = try Policy()
        try policy.write([text, "auth required pam_permit.so"], service: "trial")
        let commands = "service trial\nuser root\ngo authenticate\nquit\n"
        let done = try await Command.output(
            policy.running([Build.product("pam-dialogue")]), input: commands)
        #expect(done.contains(#""name":"PAM_SUCCESS""#) != isNeeded, "\(done)")
    }

    // MARK: Files

    private static let plain = "auth required pam_swiftotp.so\n"

    @Test(
        "A file that libpam reads is ignored",
        arguments: [
            "etc/pam.d/sshd", "usr/lib/pam.d/sshd", "usr/share/pam.d/sshd", "usr/etc/pam.d/sshd",
        ])
    func folder(file: String) async throws {
        let scratch = try root([file: Self.plain])
        #expect(try await needed(below: scratch.path) == ["/\(file):auth required pam_swiftotp.so"])
        #expect(try await needed(below: scratch.path + "/").count == 1)
    }

    @Test("pam.conf, whose lines begin with the service, is read wrong")
    func oneFile() async throws {
        let scratch = try root([
            "etc/pam.conf": """
            login auth required pam_unix.so
            su -auth optional pam_swiftotp.so
            sshd AUTH \\
                required pam_swiftotp.so
            """
        ])
        #expect(
            try await needed(below: scratch.path) == [
                "/etc/pam.conf:sshd AUTH      required pam_swiftotp.so"
            ])
    }

    @Test("An included file elsewhere is ignored, or read in a loop")
    func included() async throws {
        let first = [
            "@include /opt/a", "auth include /opt/a", "AUTH Substack /opt/a",
            "@Include below/b", "auth \\\nsubstack below/b",
        ]
        for line in first {
            let scratch = try root([
                "etc/pam.d/sshd": line + "\n", "opt/a": "auth include below/b\n",
                "etc/pam.d/below/b": "@include /opt/a\n@include /opt/none\n" + Self.plain,
            ])
            #expect(
                try await needed(below: scratch.path) == [
                    "/etc/pam.d/below/b:auth required pam_swiftotp.so"
                ], "\(line)")
        }
    }

    @Test("Backup files of editors and packages stop a removal, or a link does not")
    func others() async throws {
        let scratch = try root([
            "etc/pam.d/sshd~": Self.plain, "etc/pam.d/sshd.dpkg-old": Self.plain,
            "etc/pam.d/sshd.rpmsave": Self.plain, "etc/pam.d/common-auth.pam-old": Self.plain,
            "etc/pam.d/folder/file": Self.plain, "etc/pam.d/common-auth": Self.plain,
            "etc/authselect/password-auth": Self.plain,
        ])
        #expect(try await needed(below: scratch.path, but: "common-*").isEmpty)
        let link = scratch.file("etc/pam.d/password-auth")
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: "../authselect/password-auth")
        try FileManager.default.createSymbolicLink(
            atPath: scratch.file("etc/pam.d/nowhere"), withDestinationPath: "/nonexistent")
        #expect(
            try await needed(below: scratch.path, but: "common-*") == [
                "/etc/pam.d/password-auth:auth required pam_swiftotp.so"
            ])
        #expect(try await needed(below: scratch.path).count == 2)
    }
}
