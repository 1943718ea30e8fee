import Foundation
import OTPCore
import TestSupport
import Testing

/// docs/MIGRATING.md against the other modules, as Debian has them, and against ours.
@Suite("The page for those who come from other modules")
struct MigrationTests {
    /// The cells of the rows of the table whose head begins with `head`, without marks of code.
    private func rows(_ head: String) throws -> [[String]] {
        let lines = try Project.text("docs/MIGRATING.md").components(separatedBy: "\n")
        let start = try #require(lines.firstIndex { $0.hasPrefix("| \(head) |") })
        return lines[(start + 2)...].prefix { $0.hasPrefix("|") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    @Test(
        "Every option that the other module knows is there",
        arguments: ["pam_google_authenticator.so", "pam_oath.so"])
    func theirs(module: String) async throws {
        let rows = try rows("`\(module)`").map { $0[0].replacing("`", with: "") }
        let path = try #require(
            ["/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/lib64"]
                .map { "\($0)/security/\(module)" }
                .first { FileManager.default.fileExists(atPath: $0) })
        let strings = Set(
            try await Command.output(["strings", "-n", "4", path]).split(separator: "\n")
                .map(String.init))
        for option in rows { #expect(strings.contains(option), "\(option)") }
        // What takes a value is told by its sign; `%s` and the like are messages.
        let valued = strings.filter { $0.wholeMatch(of: #/[a-z_]+=/#) != nil }
        #expect(valued.subtracting(rows) == [])
    }

    @Test("What is named on our side is an option here")
    func ours() throws {
        let names = Set(OptionKey.all.map(\.name))
        for module in ["`pam_google_authenticator.so`", "`pam_oath.so`"] {
            for row in try rows(module) {
                for word in row[1].matches(of: #/`([^`]+)`/#) {
                    #expect(names.contains(String(word.1)), "\(row)")
                }
                #expect(row[1].contains("`") || row[1] == "none", "\(row)")
            }
        }
    }

    @Test("google-authenticator has the switches that are named, and otp-enroll what they become")
    func switches() async throws {
        let help = try await Command.run(["google-authenticator", "--help"])
        let program = try await Program()
        let add = try program.command(of: ["otp-enroll"])
        let told = try rows("`google-authenticator`")
        let all = help.output + help.errors
        var named: Set<String> = []
        for row in told {
            for word in row[0].matches(of: #/`(-[A-Za-z])`/#) { named.insert(String(word.1)) }
            for word in row[1].matches(of: #/`(--[a-z-]+)`/#) {
                #expect(add.options.contains { $0.names.contains(String(word.1)) }, "\(row)")
            }
        }
        let known = Set(all.matches(of: #/(?m)^ (-[A-Za-z]),/#).map { String($0.1) })
        #expect(known.count > 10)
        #expect(named == known.subtracting(["-h"]))
    }
}
