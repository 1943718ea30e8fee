import ArgumentParser
import CLinux
import OTPCore
import OTPStore
import OTPWire

/// The program: parses, runs one command, and reports failure in one line.
@main
struct OTPEnroll: ParsableCommand {
    static let name = "otp-enroll"

    static let configuration = CommandConfiguration(
        commandName: name,
        abstract: "Manage one-time codes as the second factor of logins.",
        discussion: """
              otp-enroll                      enroll yourself
              otp-enroll alice                enroll alice (as root)
              otp-enroll status alice         what alice has, and how her last logins went
              otp-enroll verify alice         test a code, and see why it is refused
              otp-enroll issue alice          a temporary code: the phone is lost
              otp-enroll list                 everybody (as root)
              otp-enroll doctor               what is wrong with the set-up (as root)

            Without a command it does `add`: shows a QR code for an authenticator app, asks for the \
            code that the app shows, and gives ten backup codes. USER defaults to the caller; naming \
            another user needs root.

            Exit status: 0 done, 1 refused or failed, 64 wrong usage.
            """,
        version: "\(name) (swiftotp) \(Version.number)",
        subcommands: [
            Add.self, Status.self, List.self, Codes.self, Verify.self, Remove.self, Trusted.self,
            Disable.self, Speak.self, ContactCommand.self, Reset.self,
            Move.self, Forget.self,
            Init.self, Rekey.self, Seal.self, Backup.self, Restore.self, Issue.self, Unlock.self,
            HelpDesk.self, Report.self, Resynchronize.self,
            Import.self, Export.self, FleetCommand.self, Doctor.self,
        ],
        defaultSubcommand: Add.self)

    static func main() {
        Machine.fillStandardDescriptors()
        Machine.adoptLocale()
        Machine.forbidCoreDumps()
        if CommandLine.arguments.dropFirst().first == CompletionKind.request {
            Machine.endQuietly(after: CompletionKind.patience)
        }
        let result = Result { try perform() }
        swiftotp_wipe_stack(stackDepth)
        do {
            try result.get()
        } catch var failure as Failure {
            failure.hints = proposals + failure.hints
            Output.report(failure)
            exit(withError: ExitCode.failure)
        } catch let error as StoreError {
            Output.report(Failure(error))
            exit(withError: ExitCode.failure)
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            Output.usage(fullMessage(for: error))
            proposals.forEach(Output.hint)
            exit(withError: ExitCode.validationFailure)
        }
    }

    /// More of the stack than any command uses, in bytes.
    private static let stackDepth = 262_144

    /// Runs the command. In a function of its own, so that nothing of its stack is in use
    /// afterwards.
    @inline(never)
    private static func perform() throws {
        var command = try parsed(ordered(Array(CommandLine.arguments.dropFirst())))
        try command.run()
    }

    /// Parses the command line. A named command is parsed alone first, which takes half the time.
    /// If there is more to it, such as help or a mistake, the whole program is parsed.
    private static func parsed(_ arguments: [String]) throws -> any ParsableCommand {
        let named = configuration.subcommands.first { $0._commandName == arguments.first }
        if let named, let command = try? named.parseAsRoot(Array(arguments.dropFirst())),
            type(of: command) == named
        {
            return command
        }
        return try parseAsRoot(arguments)
    }

    private static let commands = configuration.subcommands.map { $0._commandName }

    /// The arguments with the command first, so that the common options may come before it.
    private static func ordered(_ arguments: [String]) -> [String] {
        guard let index = firstWord(of: arguments), commands.contains(arguments[index]) else {
            return arguments
        }
        return [arguments[index]] + arguments[..<index] + arguments[(index + 1)...]
    }

    /// The index of the first argument after the options common to all commands.
    private static func firstWord(of arguments: [String]) -> Int? {
        var index = 0
        while index < arguments.count {
            let argument = arguments[index]
            switch argument {
            case "--store", "--config", "--socket": index += 2
            case "--json", "--local": index += 1
            case _ where ["--store=", "--config=", "--socket="].contains(where: argument.hasPrefix):
                index += 1
            default: return index
            }
        }
        return nil
    }

    /// Proposals if the first word, which `add` takes as a user, is an unknown name and close to a
    /// command's.
    private static var proposals: [String] {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard let word = firstWord(of: arguments).map({ arguments[$0] }), !commands.contains(word),
            (try? SystemUsers().user(named: Array(word.utf8))) == nil
        else { return [] }
        let names = Misspelling.candidates(for: word, among: commands)
        return names.map { "did you mean `\(name) \($0)`?" }
    }
}

extension Output {
    /// Reports on stderr what is wrong with the command line, and the usage: `message` is
    /// ArgumentParser's, converted to our form.
    static func usage(_ message: String) {
        var lines = message.split(separator: "\n", omittingEmptySubsequences: false)
            .map { printable(String($0)) }
        let prefix = "Error: "
        if let first = lines.first, first.hasPrefix(prefix) {
            // A value from the command line may contain lines of its own.
            let end = lines.firstIndex { $0.hasPrefix("Help:") || $0.hasPrefix("Usage:") } ?? 1
            var text = lines[..<end].joined(separator: " ").dropFirst(prefix.count)
            lines.removeFirst(end)
            while text.last == "." { text.removeLast() }
            note(text.prefix(1).lowercased() + text.dropFirst())
        }
        let rest = lines.joined(separator: "\n") + "\n"
        _ = Machine.write(Array(rest.utf8), to: 2)
    }
}
