import ArgumentParser
import OTPWire

// What the shells complete. They ask this program, which says nothing where something is wrong, and
// ends soon where something hangs.
extension CompletionKind {
    /// The word by which a shell asks (ArgumentParser has it).
    static let request = "---completion"
    /// How long it may take before the shell goes on without, in seconds.
    static let patience: UInt32 = 2

    /// The names of users.
    static var users: CompletionKind {
        .custom { _, _, start in LocalNames.users.beginning(start) }
    }

    /// The names of groups.
    static var groups: CompletionKind {
        .custom { _, _, start in LocalNames.groups.beginning(start) }
    }

    /// The names of PAM's services.
    static var services: CompletionKind {
        .custom { _, _, start in SystemFiles.names(in: "/etc/pam.d").sorted().beginning(start) }
    }

    /// The authenticators of the user on the command line.
    static var authenticators: CompletionKind {
        .custom { words, index, start in
            CommandLineSoFar(words, at: index).account?.authenticatorNames.beginning(start) ?? []
        }
    }

    /// The same, and users before it.
    static var usersAndAuthenticators: CompletionKind {
        .custom { words, index, start in
            let line = CommandLineSoFar(words, at: index)
            let names = line.account?.authenticatorNames ?? []
            let users = line.user == nil && Machine.isRoot ? LocalNames.users : []
            return (names + users).beginning(start)
        }
    }

    /// The SSH keys that the user on the command line trusts.
    static var trustedKeys: CompletionKind {
        .custom { words, index, start in
            let keys = CommandLineSoFar(words, at: index).account?.trusted ?? []
            return keys.map { Output.printable($0.name) }.beginning(start)
        }
    }
}

/// A command line that somebody is typing: whom it is about so far.
private struct CommandLineSoFar {
    private var options: [String: String] = [:]
    /// The user who is named.
    private(set) var user: String?

    /// `words` are the shell's, the program's name first; the one at `index` is being typed.
    init(_ words: [String], at index: Int) {
        var rest = words.enumerated().dropFirst().filter { $0.offset != index }.map(\.element)[...]
        var names: [String] = []
        while let word = rest.popFirst() {
            if ["--config", "--store", "--socket"].contains(word) {
                options[word] = rest.popFirst()
            } else if !word.hasPrefix("-") {
                names.append(word)
            }
        }
        // The command stands before it.
        user = names.dropFirst().first
    }

    /// The user's account; `nil` where the caller may not know, or it cannot be had.
    var account: AccountDocument? {
        guard
            let service = try? ServiceConnection(
                configuration: options["--config"], store: options["--store"],
                socket: options["--socket"]),
            let context = try? Context(user, by: service)
        else { return nil }
        return try? context.account()
    }
}

extension AccountDocument {
    fileprivate var authenticatorNames: [String] {
        authenticators.map { Output.printable($0.name) }
    }
}

extension [String] {
    /// Those that begin as what was typed; all where that is quoted, which the shell understands.
    fileprivate func beginning(_ start: String) -> [String] {
        let isPlain = !start.contains { "\"'\\".contains($0) }
        return isPlain ? filter { $0.hasPrefix(start) } : self
    }
}
