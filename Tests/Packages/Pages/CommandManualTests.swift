import TestSupport
import Testing

/// otp-enroll(1) against the program's own help.
@Suite("The commands in the manual")
struct CommandManualTests {
    let program: Program
    let manual: Manual
    static let common = [
        "--config", "--store", "--socket", "--local", "--json", "--help", "--version",
    ]

    init() async throws {
        program = try await Program()
        manual = try Manual("otp-enroll.1")
    }

    /// The long names of the options in these lines, with their descriptions.
    private func options(_ lines: [String]) -> [(name: String, term: String, text: String)] {
        Manual.entries(lines).compactMap { entry in
            let term = Manual.plain(entry.term)
            guard let name = term.firstMatch(of: #/--[a-z0-9-]+/#) else { return nil }
            return (String(name.0), term, entry.text)
        }
    }

    @Test("A command is not in the manual, or the manual has one too many")
    func commands() throws {
        let start = try #require(manual.headings(2).first)
        #expect(start == "add")
        #expect(manual.headings(2).sorted() == program.commands.map(\.name).sorted())
    }

    @Test("A command's options in the manual differ from its help")
    func options() throws {
        for command in program.commands {
            let lines = try manual.lines(below: "## \(command.name)")
            let told = options(lines)
            let helped = command.options.compactMap { $0.names.first { $0.hasPrefix("--") } }
            #expect(
                told.map(\.name).sorted() + Self.common.sorted()
                    == helped.filter { !Self.common.contains($0) }.sorted() + Self.common.sorted(),
                "\(command.name)")
            #expect(Set(helped).isSuperset(of: Self.common), "\(command.name)")
            for (name, term, text) in told {
                let option = try #require(command.options.first { $0.names.contains(name) })
                try check(option, term, text)
            }
        }
    }

    private func check(_ option: Program.Option, _ term: String, _ text: String) throws {
        let name = try #require(option.names.last)
        // Followed by a value if it takes one.
        #expect((term != name) == option.takesValue, "\(term)")
        for value in option.values { #expect((term + " " + text).contains(value), "\(term)") }
        if let fallback = option.fallback {
            #expect(text.contains("Default: \(fallback)"), "\(term)")
        }
        if let fallback = option.help.firstMatch(of: #/\(default: ([^,;)]+)/#) {
            let word = fallback.1 == "what the option `mail` says" ? "what mail" : fallback.1
            #expect(text.contains("Default: \(word)"), "\(term)")
        }
        if let fallback = option.help.firstMatch(of: #/(\w+) \(default\)/#) {
            #expect(text.contains("\(fallback.1) (default)"), "\(term)")
        }
    }

    @Test(
        "The manual of a service lacks an option, or the exit status for unknown ones",
        arguments: [("swiftotpd", 9), ("swiftotp-messenger", 6)])
    func service(name: String, count: Int) async throws {
        let manual = try Manual("\(name).8")
        let told = options(try manual.lines(below: "# OPTIONS")).map(\.term)
            .joined(separator: ", ").matches(of: #/--[a-z]+/#).map { String($0.output) }
        let service = try Build.product(name)
        let help = try await Command.output([service, "--help"])
        let helped = help.matches(of: #/(?m)^  (--[a-z]+)/#).map { String($0.1) }
        #expect(helped == told && told.count == count)
        let wrong = try await Command.run([service, "--no-such-option"])
        let usage = help.split(separator: "\n")[0]
        #expect(wrong.status == 64 && wrong.errors.hasSuffix("\n\(usage)\n"), "\(wrong.errors)")
        let synopsis = Manual.plain(try manual.lines(below: "# SYNOPSIS").joined())
        #expect("Usage: \(synopsis)".lowercased() == usage.lowercased())
        let statuses = Manual.entries(try manual.lines(below: "# EXIT STATUS"))
            .map { Manual.plain($0.term) }
        #expect(statuses == ["0", "1", "64"])
        // There is no socket, and standard input is not a connection.
        #expect(try await Command.run([service]).status == 1)
        if name == "swiftotpd" {
            #expect(try await Command.run([service, "--stdio"]).status == 1)
        }
    }
}
