import TestSupport
import Testing

/// Every command has a help text that fits a terminal and shows examples.
@Suite struct HelpTests {
    static let commands = [
        "add", "status", "codes", "verify", "remove", "disable", "reset", "issue", "unlock",
        "resync", "import", "list", "export", "trusted", "doctor", "move", "forget", "init",
        "rekey", "seal", "fleet", "backup", "restore",
        "report",
    ]

    @Test(arguments: commands)
    func everyCommandTeaches(command: String) async throws {
        let help = try await Command.output([try Build.product("otp-enroll"), command, "--help"])
        #expect(help.contains("\n  otp-enroll \(command == "add" ? "" : command)"))
        for option in ["--config", "--store", "--json"] { #expect(help.contains(option)) }
        check(help)
        #expect(showsFirst(help), "\(help)")
        let same = try await Command.output([try Build.product("otp-enroll"), "help", command])
        #expect(same == help)
    }

    @Test func theProgramsOwnHelpShowsByExample() async throws {
        let help = try await Command.output([try Build.product("otp-enroll"), "--help"])
        check(help)
        #expect(showsFirst(help), "\(help)")
        for command in Self.commands { #expect(help.contains("\n  \(command) "), "\(command)") }
    }

    /// Whether examples follow the summary immediately.
    private func showsFirst(_ help: String) -> Bool {
        let parts = help.split(separator: "\n\n", maxSplits: 2)
        return parts.count == 3 && parts[0].hasPrefix("OVERVIEW: ")
            && parts[1].hasPrefix("  otp-enroll")
    }

    /// Options common to all commands may also stand before the command.
    @Test func commonOptionsMayComeFirst() async throws {
        let desk = try Desk()
        let program = try Build.product("otp-enroll")
        for words in [
            ["--store", desk.store, "--json", "status"],
            ["--json", "status", "--store", desk.store],
            ["--store=\(desk.store)", "status", "root", "--json"],
        ] {
            let told = try await Command.output([program] + words)
            #expect(told.contains("\"enrolled\": false"), "\(words)")
        }
    }

    private func check(_ help: String) {
        let lines = help.split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 80 })
        // An example broken over several lines cannot be copied.
        let all = help.split(separator: "\n", omittingEmptySubsequences: false)
        for (line, next) in zip(all, all.dropFirst()) where line.hasPrefix("  otp-enroll ") {
            #expect(next.isEmpty || next.hasPrefix("  "), "\(line)")
        }
    }
}
