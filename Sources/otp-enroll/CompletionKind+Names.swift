import ArgumentParser
import OTPCore
import OTPStore
import OTPWire

// Shell completion. The shells ask this program, which prints nothing if something is wrong, and
// ends soon if something hangs.
extension CompletionKind {
    /// The word with which a shell asks (defined by ArgumentParser).
    static let request = "---completion"
    /// The time before the shell goes on without an answer, in seconds.
    static let patience: UInt32 = 2

    /// The names of users.
    static var users: CompletionKind {
        .custom { _, _, start in LocalNames.users.beginning(start) }
    }

    /// The names of groups.
    static var groups: CompletionKind {
        .custom { _, _, start in LocalNames.groups.beginning(start) }
    }

    /// The names of PAM services.
    static var services: CompletionKind {
        .custom { _, _, start in SystemFiles.names(in: "/etc/pam.d").sorted().beginning(start) }
    }

    /// The languages that have a catalog.
    static var languages: CompletionKind {
        .custom { _, _, start in
            (CatalogFile.languages.map(\.name) + ["default"]).beginning(start)
        }
    }

    /// The authenticators of the user on the command line.
    static var authenticators: CompletionKind {
        .custom { words, index, start in
            CommandLineSoFar(words, at: index).account?.authenticatorNames.beginning(start) ?? []
        }
    }

    /// The same, preceded by users.
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

/// An unfinished command line: which user it is about so far.
private struct CommandLineSoFar {
    private var options: [String: String] = [:]
    /// The user named.
    private(set) var user: String?

    /// `words` are the shell's, starting with the program's name; the one at `index` is being
    /// typed.
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
        // The command precedes it.
        user = names.dropFirst().first
    }

    /// The user's account; `nil` if the caller may not see it, or if it is not available.
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
    /// Those that begin with the typed text; all of them if that is quoted, which the shell
    /// handles.
    fileprivate func beginning(_ start: String) -> [String] {
        let isPlain = !start.contains { "\"'\\".contains($0) }
        return isPlain ? filter { $0.hasPrefix(start) } : self
    }
}
