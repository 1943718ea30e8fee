import ArgumentParser
import FleetStore
import Foundation
import Testing

@testable import swiftotp_server

/// swiftotp-server(8) and docs/FLEET.md against the program.
@Suite("The server's manual and the guide")
struct ServerPageTests {
    @Test("A setting has no entry in the manual, or other values or another default")
    func settings() throws {
        let lines = try Page(Page.server).lines(below: "# SETTINGS")
        var told: [String] = []
        for (index, line) in lines.enumerated() {
            guard let entry = line.wholeMatch(of: #/\*([a-z_]+)\* = _(.+)_/#) else { continue }
            let key = try #require(SettingKey(rawValue: String(entry.1)), "\(line)")
            told.append(key.rawValue)
            #expect(entry.2 == key.values, "\(key)")
            let text = lines[(index + 1)...].prefix { $0.hasPrefix("\t") }
                .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
                .replacing("*", with: "")
            #expect(text.hasPrefix("Default: \(key.fallback ?? "none"). \(key.doc)"), "\(text)")
        }
        #expect(told == SettingKey.allCases.map(\.rawValue))
    }

    @Test("A command is not in the manual, or the manual has one too many")
    func commands() throws {
        let names = SwiftOTPServer.configuration.subcommands.map {
            $0.configuration.commandName ?? "\($0)".lowercased()
        }
        let told = try Page(Page.server).lines(below: "# COMMANDS").compactMap { line in
            line.wholeMatch(of: #/## ([\w-]+).*/#).map { String($0.1) }
        }
        #expect(told.sorted() == names.sorted() && names.count >= 10)
    }

    @Test("An option of a command is not below it in the manual, or one too many is")
    func options() throws {
        let text = try Page(Page.server).lines(below: "# COMMANDS").joined(separator: "\n")
        let sections = text.components(separatedBy: "\n## ").dropFirst()
        #expect(sections.count == SwiftOTPServer.configuration.subcommands.count)
        for section in sections {
            let name = String(section.prefix { $0.isLetter || $0 == "-" })
            let command = try #require(
                SwiftOTPServer.configuration.subcommands.first {
                    ($0.configuration.commandName ?? "\($0)".lowercased()) == name
                }, "\(name)")
            let help = SwiftOTPServer.helpMessage(for: command)
            let known = help.matches(of: #/(?m)^  (--[a-z-]+)/#).map { String($0.1) }
            let told = section.split(separator: "\n").filter { $0.hasPrefix("*--") }
                .flatMap { $0.matches(of: #/--[a-z-]+/#).map { String($0.output) } }
            #expect(Set(told + ["--folder", "--version"]) == Set(known + ["--version"]), "\(name)")
        }
    }

    @Test("The help, the manual or the guide lacks a role, or something that one may do")
    func roles() throws {
        let help = SwiftOTPServer.helpMessage(for: Role.self, columns: 100)
        let section = try Page(Page.server).lines(below: "# COMMANDS")
            .drop { !$0.hasPrefix("## role ") }.dropFirst().prefix { !$0.hasPrefix("## ") }
        let told = section.compactMap { $0.wholeMatch(of: #/\*(\w+)\*/#).map { String($0.1) } }
        #expect(told == FleetRole.allCases.map(\.rawValue))
        for role in FleetRole.allCases {
            let entry = section.drop { $0 != "*\(role.rawValue)*" }.dropFirst()
                .prefix { $0.hasPrefix("\t") }
                .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
            #expect(entry.replacing("*", with: "") == role.doc.joined(separator: " "), "\(role)")
            for line in ["    \(role.rawValue)\n"] + role.doc { #expect(help.contains(line)) }
        }
        let guide = try Page(Page.guide).text.components(separatedBy: "\n| role | may | on |\n")
        let table = try #require(guide.dropFirst().first)
            .split(separator: "\n", omittingEmptySubsequences: false).prefix { $0.hasPrefix("|") }
            .joined()
        for word in FleetRole.allCases.map(\.rawValue) + FleetAct.allCases.map(\.rawValue) {
            #expect(table.contains("`\(word)`"), "\(word)")
        }
    }

    @Test("A command that a page tells to type is not understood", arguments: Page.all)
    func typed(path: String) throws {
        let page = try Page(path)
        let commands = page.commands(of: "swiftotp-server")
        if path == Page.guide { #expect(commands.count > 15) }
        for words in commands {
            // A command's name alone, in a sentence.
            if words.count == 2,
                [
                    "init", "migrate", "restored", "invite", "role", "rotate-key", "answer",
                    "move",
                ].contains(words[1])
            {
                continue
            }
            #expect(throws: Never.self, "\(words)") {
                _ = try SwiftOTPServer.parseAsRoot(Array(words.dropFirst()))
            }
        }
    }

    @Test("The guide does not have what the log says is to be mended, or has other words")
    func troubles() throws {
        let rows = try Page(Page.guide).lines(below: "### What to mend")
            .prefix { !$0.hasPrefix("#") }.filter { $0.hasPrefix("| ") }.dropFirst()
        let known = DatabaseTrouble.allCases.map { "| \($0.what) | \($0.mend) |" }
        #expect(rows.map(String.init) == known)
    }

    @Test("A command with an option that there is not would be understood")
    func wrong() throws {
        #expect(throws: (any Error).self) {
            try SwiftOTPServer.parseAsRoot(["hosts", "--no-such-option"])
        }
        let line = "swiftotp-server init --owner \"host=db1 user=x\" --names a"
        #expect(
            Page.words(line) == [
                "swiftotp-server", "init", "--owner", "host=db1 user=x", "--names", "a",
            ])
    }
}
