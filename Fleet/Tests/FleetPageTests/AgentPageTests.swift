import Foundation
import Testing

/// swiftotp-agent(8) and docs/FLEET.md against the program's own help, in its source.
@Suite("The agent's manual and the guide")
struct AgentPageTests {
    private func help() throws -> String {
        try Page("Fleet/Sources/swiftotp-agent/Program.swift").text
            .components(separatedBy: "private static let help")[1]
            .components(separatedBy: "\"\"\"\n")[1]
    }

    @Test("An option is not in the manual, or the manual has one too many")
    func options() throws {
        let told = try Page(Page.agent).lines(below: "# OPTIONS")
            .filter { $0.hasPrefix("*--") }
            .flatMap { $0.matches(of: #/--[a-z]+/#).map { String($0.output) } }
        let known = try help().matches(of: #/(?m)^ +(--[a-z]+)/#).map { String($0.1) }
        #expect(told.sorted() == known.sorted() && known.count >= 8)
    }

    @Test("A command that a page tells to type is not understood", arguments: Page.all)
    func typed(path: String) throws {
        let help = try help()
        for words in try Page(path).commands(of: "swiftotp-agent") {
            let command = try #require(words.dropFirst().first)
            #expect(["serve", "join", "status", "reopen", "leave"].contains(command), "\(words)")
            for option in words where option.hasPrefix("--") {
                #expect(help.contains(" \(option) ") || help.contains(" \(option)\n"), "\(words)")
            }
        }
    }
}
