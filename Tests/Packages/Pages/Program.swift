import Foundation
import TestSupport

/// `otp-enroll`'s description of itself (`--experimental-dump-help`): commands and their options.
struct Program {
    /// An option, or an argument without a name.
    struct Option {
        /// `--json`, `-h`; empty for an argument without a name.
        let names: [String]
        /// Whether a value follows it.
        let takesValue: Bool
        /// The possible values, if they are limited.
        let values: [String]
        /// The default, if the help names one.
        let fallback: String?
        /// One line of help.
        let help: String
    }

    struct Command {
        let name: String
        let options: [Option]
        /// How many words it takes that belong to no option.
        let arguments: Int
    }

    let commands: [Command]

    init() async throws {
        let told = try await TestSupport.Command.output([
            try Build.product("otp-enroll"), "--experimental-dump-help",
        ])
        let dump = try JSONDecoder().decode(Dump.self, from: Data(told.utf8))
        commands = (dump.command.subcommands ?? []).filter { $0.commandName != "help" }
            .map(Command.init)
    }

    /// The command of a line; `add` if none is named.
    func command(of words: [String]) throws -> Command {
        let name = words.dropFirst().first { word in commands.contains { $0.name == word } }
        guard let command = commands.first(where: { $0.name == name ?? "add" }) else {
            throw Trouble("there is no command \(name ?? "add")")
        }
        return command
    }

    /// What is wrong with a line, split into words by a shell; nil if nothing.
    func complaint(about words: [String]) throws -> String? {
        let command = try command(of: words)
        var rest = words.dropFirst().filter { $0 != command.name }[...]
        var arguments = 0
        while let word = rest.popFirst() {
            guard word.hasPrefix("-"), word != "-" else {
                arguments += 1
                continue
            }
            guard let option = command.options.first(where: { $0.names.contains(word) }) else {
                return "\(command.name) has no \(word)"
            }
            guard option.takesValue else { continue }
            guard let value = rest.popFirst() else { return "\(word) takes a value" }
            if !option.values.isEmpty, !option.values.contains(value) {
                return "\(word) takes no \(value)"
            }
        }
        // `remove` takes a list: a user, and a name.
        let most = command.name == "remove" ? 2 : command.arguments
        return arguments <= most ? nil : "\(command.name) takes no \(arguments) words"
    }

    // MARK: The form of the dump

    fileprivate struct Dump: Decodable {
        struct Command: Decodable {
            let commandName: String
            let subcommands: [Command]?
            let arguments: [Argument]?
        }

        struct Argument: Decodable {
            struct Name: Decodable {
                let kind: String
                let name: String
            }
            let kind: String
            let shouldDisplay: Bool
            let names: [Name]?
            let abstract: String?
            let allValues: [String]?
            let defaultValue: String?
        }

        let command: Command
    }
}

extension Program.Command {
    fileprivate init(_ dump: Program.Dump.Command) {
        name = dump.commandName
        let all = (dump.arguments ?? []).filter(\.shouldDisplay)
        arguments = all.count { $0.kind == "positional" }
        options = all.filter { $0.kind != "positional" }.map { argument in
            Program.Option(
                names: (argument.names ?? []).map { name in
                    (name.kind == "short" ? "-" : "--") + name.name
                },
                takesValue: argument.kind == "option", values: argument.allValues ?? [],
                fallback: argument.defaultValue, help: argument.abstract ?? "")
        }
    }
}
