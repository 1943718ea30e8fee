import Foundation
import OTPCore
import TestSupport
import Testing

/// The examples of the pages, read by the programs they are for.
@Suite("The examples in the manual")
struct ExampleManualTests {
    /// Which file an example is for, by its words.
    private func isSSHD(_ block: [String]) -> Bool {
        block.contains { $0.contains("AuthenticationMethods") }
    }

    @Test("The module refuses the options of a PAM line in the manual, README or docs")
    func lines() throws {
        var count = 0
        for text in try Self.pages() {
            for match in text.matches(of: #/(?m)^ *auth .*pam_swiftotp\.so(.*)$/#) {
                count += 1
                var parser = OptionParser()
                for word in match.1.split(separator: " ") {
                    try parser.argument(Array(word.utf8))
                }
            }
        }
        #expect(count >= 12)
    }

    @Test("sshd refuses an example, or does not ask PAM for the code as it says")
    func sshd() async throws {
        try Build.requireGround()
        let scratch = try Scratch()
        let key = scratch.file("host_key")
        try await Command.output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key])
        try await Account.group("robots")
        let robot = try await Account.make("robot", groups: ["robots"])
        let blocks = try Manual("pam_swiftotp.8").blocks.filter { isSSHD($0) }
        #expect(blocks.count == 4)
        for (index, block) in blocks.enumerated() {
            let text = "HostKey \(key)\n" + block.joined(separator: "\n") + "\n"
            let file = try scratch.write(text, to: "sshd_config.\(index)")
            let told = try await Command.output([
                "/usr/sbin/sshd", "-T", "-f", file, "-C",
                "user=\(robot.name),host=x,addr=192.0.2.7",
            ])
            let methods = try #require(block.last { $0.contains("AuthenticationMethods") })
                .trimmingCharacters(in: .whitespaces).split(separator: " ")[1]
            // OpenSSH 10.4 and later write the names as in the manual.
            #expect(told.lowercased().contains("authenticationmethods \(methods)\n"))
        }
    }

    @Test("otp-enroll does not know a command or option of an example, here or in the docs")
    func commands() async throws {
        let program = try await Program()
        var count = 0
        for text in try Self.pages() {
            for match in text.matches(of: #/(?m)^( {4}|)(.*\|)? *(sudo )?(otp-enroll\b[^|#\n]*)/#) {
                let words = Self.words(String(match.4))
                guard !words.contains("help") else { continue }
                count += 1
                #expect(try program.complaint(about: words) == nil, "\(words)")
            }
        }
        #expect(count >= 50)
        #expect(try program.complaint(about: ["otp-enroll", "status", "--no"]) != nil)
        #expect(try program.complaint(about: ["otp-enroll", "add", "--qr", "x"]) != nil)
    }

    /// The words of a line as split by a shell, without redirections.
    private static func words(_ line: String) -> [String] {
        var words = line.split(separator: " ").map(String.init)
        if let place = words.firstIndex(of: "<") { words.removeSubrange(place...) }
        return words
    }

    /// Everything that readers copy from: the examples of the manual pages, README and docs.
    private static func pages() throws -> [String] {
        let manuals = try Manual.all.map { $0.blocks.joined().joined(separator: "\n") }
        let names = ["INSTALL", "ADMIN", "LOGIN", "RECIPES", "MIGRATING"].map { "docs/\($0).md" }
        let others = try (["README.md"] + names).map { path in
            try Project.text(path).split(separator: "\n").filter { $0.hasPrefix("    ") }
                .joined(separator: "\n")
        }
        return manuals + others
    }
}
