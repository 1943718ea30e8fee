import Foundation
import TestSupport

/// A place to log in, under one policy. Behind it, "inside:" and the user's name are printed.
protocol Door: Sendable {
    /// Whether the program asks this person for a password.
    func asksPassword(_ person: Person) -> Bool
    /// Starts one login.
    func start(_ person: Person) throws -> Terminal
}

extension Door {
    /// Starts one login and gives the first factor, so that our question comes next.
    func knock(_ person: Person) async throws -> Terminal {
        let terminal = try start(person)
        if asksPassword(person) {
            // Each program words it differently, but always with this.
            try await terminal.expect("assword")
            try await terminal.type(person.password)
        }
        return terminal
    }
}

// MARK: The doors of the programs

/// What every login runs inside.
private let proof = SSHDoor.proof

/// Makes a login shell of the person print the proof and end.
private func greet(_ person: Person) throws {
    guard person.isKnown else { return }
    let file = URL(fileURLWithPath: "/home/\(person.name)/.profile")
    try Data("\(proof)\nexit\n".utf8).write(to: file)
}

/// sshd, with the ssh client, which starts a shell.
struct SSHDoor: Door {
    let server: SSHServer
    let key: Bool
    /// Runs this instead of the shell, unless empty.
    var command = ""
    /// A service for this door alone.
    var service: Service?

    /// A command that shows who runs it.
    static let proof = "echo inside:$(id -un)."

    init(server: SSHServer, key: Bool, person: Person) throws {
        self.server = server
        self.key = key
        try greet(person)
    }

    func asksPassword(_ person: Person) -> Bool { !key }

    func start(_ person: Person) throws -> Terminal {
        try SSHClient.login(person.name, on: server, key: key, command: command)
    }
}

/// sudo, run by the person, who may become root.
struct SudoDoor: Door {
    let policy: Policy
    private let words: [String]

    init(policy: Policy, person: Person, words: [String] = []) throws {
        self.policy = policy
        self.words = words
        // sudo reads the whole folder, except for files with a dot in their name: so no
        // half-written file is ever read.
        let file = "/etc/sudoers.d/\(person.name)"
        let rules = """
            Defaults:\(person.name) passwd_tries=1, timestamp_timeout=0, !lecture
            \(person.name) ALL=(ALL) ALL

            """
        try Data(rules.utf8).write(to: URL(fileURLWithPath: file + ".new"))
        guard chmod(file + ".new", 0o440) == 0, rename(file + ".new", file) == 0 else {
            throw Trouble("cannot write \(file)")
        }
    }

    func asksPassword(_ person: Person) -> Bool { person.isKnown }

    func start(_ person: Person) throws -> Terminal {
        try Terminal(
            policy.running(
                [
                    "setpriv", "--reuid", person.user, "--clear-groups",
                    "--regid", person.isKnown ? person.name : "nogroup", "sudo",
                ] + words + ["sh", "-c", proof]))
    }
}

/// su to the person, run by a user without any rights.
struct SuDoor: Door {
    let policy: Policy
    var words: [String] = []

    /// The callers: several, since the number of open logins per user is limited.
    private static let callers = ["nobody", "daemon", "bin", "games", "man", "mail", "news", "lp"]

    private func caller(_ person: Person) -> String {
        let number = person.name.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) % 1009 }
        return Self.callers[number % Self.callers.count]
    }

    func asksPassword(_ person: Person) -> Bool { person.isKnown }

    func start(_ person: Person) throws -> Terminal {
        try Terminal(
            policy.running(
                [
                    "setpriv", "--reuid", caller(person), "--regid", "nogroup", "--clear-groups",
                    "su",
                ] + words + [person.name, "-c", proof]))
    }
}

/// login, as started by getty on a terminal.
struct LoginDoor: Door {
    let policy: Policy

    init(policy: Policy, person: Person) throws {
        self.policy = policy
        try greet(person)
    }

    func asksPassword(_ person: Person) -> Bool { true }

    func start(_ person: Person) throws -> Terminal {
        try Terminal(policy.running(["login", person.name]))
    }
}
