import Foundation
import TestSupport
import Testing

/// The commands of docs/MIGRATING.md, in their order, by a user of the real google-authenticator
/// and of pam_oath's file.
@Suite("Coming from other modules, by the page")
struct MigrationRunTests {
    let scratch: Scratch

    /// Where the commands are given, and `--output` makes its file.
    let folder: String

    init() throws {
        scratch = try Scratch()
        folder = try scratch.folder("here")
    }

    /// The lines to type, in the page's order: with our user, file and program in the place of
    /// those of the page.
    private func commands(_ account: Account, _ oath: String, _ google: String) throws -> [[String]]
    {
        let program = try Build.product("otp-enroll")
        return try Project.text("docs/MIGRATING.md").split(separator: "\n")
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { $0.hasPrefix("sudo otp-enroll") }
            .map { line in
                line.dropFirst(5).split(separator: " ").map { word in
                    switch word {
                    case "otp-enroll": program
                    case "alice": account.name
                    case "/srv/otp/alice": google
                    case "/etc/users.oath": oath
                    default: String(word)
                    }
                } + ["--store", scratch.file("store")]
            }
    }

    /// Words before a command that sees no people but these: other tests have users meanwhile, with
    /// files of every kind in their homes, and `--all` means everybody.
    private func alone(_ names: [String]) async throws -> [String] {
        let etc = scratch.file("etc")
        try await copyEtc(to: etc)
        let lines = try String(contentsOfFile: etc + "/passwd", encoding: .utf8)
            .split(separator: "\n").filter { line in
                let fields = line.split(separator: ":", omittingEmptySubsequences: false)
                let isSystems = fields.count > 2 && (Int(fields[2]) ?? 0) < 1000
                return isSystems || names.contains { fields[0] == $0 }
            }
        try Data((lines.joined(separator: "\n") + "\n").utf8)
            .write(to: URL(fileURLWithPath: etc + "/passwd"))
        return ["unshare", "--mount", "sh", "-c", #"mount --bind "$0" /etc && exec "$@""#, etc]
    }

    @Test("Each command does what the page says, and in this order nobody is left out")
    func order() async throws {
        let account = try await Account.make("mover")
        let words = ["google-authenticator", "-t", "-d", "-f", "-q", "-C", "-w", "3", "-u"]
        try await Command.output(account.running(words))
        let home = "/home/\(account.name)/.google_authenticator"
        let key = try #require(
            try String(contentsOfFile: home, encoding: .utf8).split(separator: "\n").first)
        let phone = try Phone(scanning: "otpauth://totp/x:y?secret=\(key)")
        let other = try await Account.make("fobber")
        let oath = try scratch.write(
            "HOTP/T30/6 \(other.name) - 3132333435363738393031323334353637383930\n",
            to: "users.oath")

        let view = try await alone([account.name, other.name])
        var done: [String] = []
        for words in try commands(account, oath, home) {
            let call = words.dropFirst().joined(separator: " ")
            if words.contains("verify") { try await phone.settle() }
            let input = words.contains("verify") ? try await phone.code() + "\n" : ""
            let told = try await Command.run(view + ["env", "-C", folder] + words, input: input)
            #expect(told.status == 0, "\(call): \(told.errors)")
            if words.contains("--dry-run") {
                #expect(told.output.contains("would be"), "\(call)")
                #expect(!FileManager.default.fileExists(atPath: scratch.file("store")), "\(call)")
            } else if words.contains("import") {
                #expect(told.output.contains("imported"), "\(call)")
            } else if words.contains("list") {
                #expect(!told.output.contains(account.name) && !told.output.contains(other.name))
            } else if words.contains("verify") {
                #expect(told.output.contains("Accepted"))
            } else if words.contains("codes") {
                #expect(
                    told.output.matches(of: #/[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{5}/#).count == 10)
            }
            done.append(words[1])
        }
        #expect(
            done == [
                "import", "import", "import", "import", "import", "list", "verify", "codes",
                "export",
            ])
        let exported = try String(contentsOfFile: folder + "/users.oath", encoding: .utf8)
        #expect(exported.contains(account.name) && exported.contains(other.name))
    }
}
