import Foundation
import TestSupport
import Testing

extension Project {
    /// Whether the packages of a fleet were made, which takes as long as all else in `make test`.
    static var hasFleetPackages: Bool {
        ProcessInfo.processInfo.environment["SWIFTOTP_FLEET_PACKAGES"] != nil
    }
}

/// The packages of a fleet as files, and that nothing of a fleet is in the others.
@Suite(
    "packages: what is in the packages of a fleet",
    .enabled(if: Project.hasFleetPackages, "by `make fleet-package-test`"))
struct FleetPackageTests {
    private static let names = ["swiftotp-server", "swiftotp-agent"]

    private func debian(_ name: String) async throws -> String {
        let architecture = try await Command.output(["dpkg", "--print-architecture"])
            .trimmingCharacters(in: .newlines)
        return try await Project.package("\(name)_\(Project.version())_\(architecture).deb")
    }

    private func rpm(_ name: String) async throws -> String {
        let architecture = name.hasSuffix("-selinux") ? "noarch" : Machine.processor
        return try await Project.package("\(name)-\(Project.version())-1.\(architecture).rpm")
    }

    /// Unpacks a Debian package, and returns everything in it but its documents.
    private func contents(_ name: String) async throws -> (scratch: Scratch, files: [String]) {
        let scratch = try Scratch()
        try await Command.output(["dpkg-deb", "-x", debian(name), scratch.path])
        let documents = " /usr/share/doc/\(name)/"
        let files = try await listing(scratch.path).filter { !$0.contains(documents) }
        for document in ["FLEET.md.gz", "copyright", "changelog.gz"] {
            #expect(access(scratch.path + documents.dropFirst() + document, R_OK) == 0)
        }
        return (scratch, files)
    }

    @Test("The Debian packages lack program, manual, unit, user or completions")
    func debianFiles() async throws {
        let units = try await Project.unitFolder()
        #expect(
            Set(try await contents("swiftotp-server").files) == [
                "-rwxr-xr-x /usr/sbin/swiftotp-server",
                "-rw-r--r-- /usr/share/lintian/overrides/swiftotp-server",
                "-rw-r--r-- \(units)/swiftotp-server.service",
                "-rw-r--r-- \(units)/swiftotp-server-report.service",
                "-rw-r--r-- \(units)/swiftotp-server-report.timer",
                "-rw-r--r-- \(units)/swiftotp-messenger.service.d/fleet.conf",
                "-rw-r--r-- \(units)/swiftotp-messenger.socket.d/fleet.conf",
                "-rw-r--r-- /usr/lib/sysusers.d/swiftotp-server.conf",
                "-rw-r--r-- /usr/lib/tmpfiles.d/swiftotp-server.conf",
                "-rw-r--r-- /usr/share/man/man8/swiftotp-server.8.gz",
                "-rw-r--r-- /usr/share/bash-completion/completions/swiftotp-server",
                "-rw-r--r-- /usr/share/fish/vendor_completions.d/swiftotp-server.fish",
                "-rw-r--r-- /usr/share/zsh/vendor-completions/_swiftotp-server",
            ])
        #expect(
            Set(try await contents("swiftotp-agent").files) == [
                "-rwxr-xr-x /usr/sbin/swiftotp-agent",
                "-rw-r--r-- /usr/share/lintian/overrides/swiftotp-agent",
                "-rw-r--r-- /etc/apparmor.d/abstractions/swiftotpd.d/swiftotp-agent",
                "-rw-r--r-- \(units)/swiftotp-agent.service",
                "-rw-r--r-- \(units)/swiftotp-agent.socket",
                "-rw-r--r-- \(units)/swiftotpd.service.d/fleet.conf",
                "-rw-r--r-- /usr/lib/sysusers.d/swiftotp-agent.conf",
                "-rw-r--r-- /usr/lib/tmpfiles.d/swiftotp-agent.conf",
                "-rw-r--r-- /usr/share/man/man8/swiftotp-agent.8.gz",
            ])
    }

    @Test("The RPMs lack program, manual, unit or user")
    func rpmFiles() async throws {
        for name in Self.names {
            let files = try await Command.output([
                "rpm", "-qp", "--qf", "[%{FILEMODES:perms} %{FILENAMES}\\n]", rpm(name),
            ]).split(separator: "\n").map(String.init)
            for wanted in [
                "-rwxr-xr-x /usr/sbin/\(name)", "-rw-r--r-- /usr/lib/sysusers.d/\(name).conf",
                "-rw-r--r-- /usr/lib/tmpfiles.d/\(name).conf",
                "-rw-r--r-- /usr/lib/systemd/system/\(name).service",
            ] {
                #expect(files.contains(wanted), "\(name)")
            }
            #expect(files.contains { $0.contains("/man8/\(name).8") }, "\(name)")
            let reports = files.filter { $0.contains("/swiftotp-server-report.") }
            #expect(reports.count == (name == "swiftotp-server" ? 2 : 0), "\(reports)")
        }
    }

    @Test("A program is not stripped, not bound at start, or names a build folder")
    func binaries() async throws {
        for name in Self.names {
            let scratch = try await contents(name).scratch
            let path = scratch.file("usr/sbin/\(name)")
            let sections = try await Command.output(["readelf", "-dWlS", path])
            #expect(sections.contains("BIND_NOW") && sections.contains("GNU_RELRO"), "\(name)")
            #expect(!sections.contains("RUNPATH") && !sections.contains("RPATH"), "\(name)")
            #expect(
                !sections.contains(".symtab") && !sections.contains(".debug_info"), "\(name)")
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(data.range(of: Data(Project.folder.path.utf8)) == nil, "\(name)")
        }
    }

    @Test("The agent needs PostgreSQL's library, or either one of Swift's")
    func libraries() async throws {
        for name in Self.names {
            let needed = try await Command.output(["dpkg-deb", "-f", debian(name), "Depends"])
            #expect(needed.contains("libpq5") == (name == "swiftotp-server"), "\(needed)")
            #expect(!needed.contains("swiftlang") && !needed.contains("libcurl"), "\(needed)")
        }
    }

    /// What a TLS stack, a client of PostgreSQL and the fleet's libraries leave in a program.
    private static let traces = [
        "BoringSSL", "PQconnectStart", "libpq.so", "libssl.so", "NIOCore", "FleetNetwork",
        "FleetStore", "AsyncHTTPClient", "Hummingbird",
    ]

    @Test("A program of the single host has something of the fleet's, or a TLS library")
    func singleHost() async throws {
        let triple = try await Command.output(["dpkg-architecture", "-q", "DEB_HOST_MULTIARCH"])
            .trimmingCharacters(in: .newlines)
        for (package, files) in [
            (
                "libpam-swiftotp",
                [
                    "usr/lib/\(triple)/security/pam_swiftotp.so", "usr/libexec/swiftotpd",
                    "usr/libexec/swiftotp-messenger",
                ]
            ), ("otp-enroll", ["usr/bin/otp-enroll"]),
        ] {
            let scratch = try Scratch()
            try await Command.output(["dpkg-deb", "-x", debian(package), scratch.path])
            for file in files {
                let data = try Data(contentsOf: URL(fileURLWithPath: scratch.file(file)))
                for trace in Self.traces {
                    #expect(data.range(of: Data(trace.utf8)) == nil, "\(file): \(trace)")
                }
            }
            let all = try await listing(scratch.path).filter { !$0.contains("/usr/share/doc/") }
            for name in ["fleet", "swiftotp-agent", "swiftotp-server"] {
                #expect(all.allSatisfy { !$0.contains(name) }, "\(package): \(name)")
            }
        }
        // That these traces are found where they are.
        let scratch = try await contents("swiftotp-server").scratch
        let path = scratch.file("usr/sbin/swiftotp-server")
        let server = try Data(contentsOf: URL(fileURLWithPath: path))
        for trace in ["BoringSSL", "libpq.so", "NIOCore", "FleetStore"] {
            #expect(server.range(of: Data(trace.utf8)) != nil, "\(trace)")
        }
    }

    @Test("lintian or rpmlint finds errors or warnings")
    func lint() async throws {
        for name in Self.names {
            let done = try await Command.run(
                ["lintian", "--allow-root", "--fail-on", "warning", debian(name)],
                within: .seconds(300))
            #expect(done.status == 0 && done.output.isEmpty, "\(done.output)\(done.errors)")
        }
        var words = ["rpmlint", "--ignore-unused-rpmlintrc", "-r"]
        words.append(Project.path("packaging/fleet/rpm/swiftotp-fleet.rpmlintrc"))
        for name in Self.names + ["swiftotp-agent-selinux"] { words.append(try await rpm(name)) }
        let done = try await Command.run(words)
        #expect(done.status == 0 && done.output.contains(" 0 errors, 0 warnings"), "\(done.output)")
    }
}
