import Foundation
import TestSupport
import Testing

/// `Sources/OTPWire/Version.swift` has the number of this release. Files whose format requires the
/// number are compared with it here.
@Suite("The version is in one place")
struct VersionTests {
    /// A release in a changelog.
    private struct Release: Equatable {
        let version: String
        /// As 2026-11-29.
        let date: String
    }

    private static let debian = "packaging/debian/changelog"
    private static let spec = "packaging/rpm/swiftotp.spec"
    /// The fleet's packages, whose first release this is.
    private static let fleetSpec = "packaging/fleet/rpm/swiftotp-fleet.spec"

    /// The releases of CHANGELOG.md, the newest first; an unreleased section may precede them.
    private static func releases() throws -> [Release] {
        try Project.text("CHANGELOG.md")
            .matches(of: #/(?m)^## \[([\d.]+)\] - (\d{4}-\d\d-\d\d)$/#)
            .map { Release(version: String($0.1), date: String($0.2)) }
    }

    /// A program's output, if it succeeds without complaint.
    private func said(_ words: [String]) async throws -> [Substring] {
        let done = try await Command.run(words, environment: ["TZ": "UTC", "LC_ALL": "C"])
        #expect(done.status == 0 && done.errors.isEmpty, "\(words): \(done.errors)")
        return done.output.split(separator: "\n")
    }

    @Test(
        "A file that names the version is behind",
        arguments: [
            "CHANGELOG.md": #"^## \[(\d[^\]]*)\] "#, debian: #"^swiftotp \((.*?)\) "#,
            spec: #"^Version: +(.*)$"#, fleetSpec: #"^Version: +(.*)$"#,
        ])
    func behind(file: String, pattern: String) throws {
        let named = try Project.text(file)
            .firstMatch(
                of: try Regex(pattern, as: (Substring, Substring).self)
                    .anchorsMatchLineEndings())
        #expect(try #require(named).1 == Project.version(), "\(file) is behind")
    }

    @Test("A program reports another version")
    func programs() async throws {
        let version = try Project.version()
        for (program, words) in [
            ("otp-enroll", "otp-enroll (swiftotp) \(version)"),
            ("swiftotpd", "swiftotpd \(version)"),
            ("swiftotp-messenger", "swiftotp-messenger \(version)"),
        ] {
            let said = try await said([try Build.product(program), "--version"])
            #expect(said == [Substring(words)])
        }
    }

    @Test("The version is in another file as well, which somebody would forget")
    func elsewhere() async throws {
        let version = try Project.version().replacing(".", with: "\\.")
        let words = [
            "git", "-C", Project.folder.path, "grep", "--untracked", "-lE", "(^|[^0-9.])\(version)",
        ]
        let known = ["Sources/OTPWire/Version.swift", Self.debian, Self.spec, Self.fleetSpec]
            .sorted()
        let folders = ["Makefile", "Package.swift", "Sources", "Tests", "packaging"]
        let files = try await said(words + ["--"] + folders).map(String.init)
        #expect(files.sorted() == known)
    }

    @Test("A changelog lacks a release, or has a wrong date or form")
    func changelogs() async throws {
        let releases = try Self.releases()
        #expect(releases.count >= 2 && releases.map(\.date) == releases.map(\.date).sorted(by: >))

        let debian = try await said([
            "dpkg-parsechangelog", "-l", Project.path(Self.debian), "--all", "--format", "rfc822",
        ])
        let entries = debian.compactMap { line -> Substring? in
            line.wholeMatch(of: #/(?:Version|Timestamp): (.*)/#)?.1
        }
        let debianReleases = stride(from: 0, to: entries.count - 1, by: 2).map {
            Release(version: String(entries[$0]), date: Self.day(entries[$0 + 1]))
        }
        #expect(debianReleases == releases, "\(Self.debian)")

        let format = "[%{CHANGELOGNAME} %{CHANGELOGTIME}\\n]"
        let spec = try await said([
            "rpmspec", "-q", "--srpm", "--qf", format, Project.path(Self.spec),
        ])
        let rpmReleases = try spec.map { line in
            let entry = try #require(line.wholeMatch(of: #/.* - (.*)-1 (\d+)/#), "\(line)")
            return Release(version: String(entry.1), date: Self.day(entry.2))
        }
        #expect(rpmReleases == releases, "\(Self.spec)")
    }

    /// The date of a Unix time, as 2026-11-29.
    private static func day(_ second: Substring) -> String {
        let date = Date(timeIntervalSince1970: Double(second) ?? 0)
        return date.formatted(.iso8601.year().month().day())
    }
}
