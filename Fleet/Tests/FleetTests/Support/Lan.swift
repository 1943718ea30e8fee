import Foundation
import TestSupport

/// A network with nothing in it but the machines of one test.
final class Lan: Sendable {
    private let keeper: Terminal

    init() async throws {
        try Build.requireGround()
        keeper = try Terminal([
            "unshare", "--net", Project.path("Tests/machine"), "--lan", "sh", "-c",
            "echo it is up; exec sleep infinity",
        ])
        try await keeper.expect("it is up")
    }

    /// The words that run a program in it.
    var words: [String] { ["nsenter", "--target", "\(keeper.child.pid)", "--net"] }

    deinit { keeper.child.signal(SIGKILL) }
}

/// A machine made of namespaces (Tests/machine).
final class Machine: Sendable {
    let name: String
    let address: String
    /// Its files, as seen from outside: `folder/etc/pam.d` and so on.
    let folder: String
    let lan: Lan
    private let keeper: Terminal

    init(_ name: String, number: Int, on lan: Lan, in scratch: Scratch) async throws {
        (self.name, self.lan) = (name, lan)
        address = "192.0.2.\(number)"
        folder = scratch.file(name)
        keeper = try Terminal(
            lan.words + [Project.path("Tests/machine"), name, "\(number)", scratch.path])
        try await keeper.expect("is up")
    }

    /// The words that run a program on it.
    var words: [String] {
        ["nsenter", "--target", "\(keeper.child.pid)", "--net", "--mount", "--uts"]
    }

    /// Machines with these numbers, by their names.
    static func all(
        _ names: [String: Int], on lan: Lan, in scratch: Scratch
    ) async throws -> (String) throws -> Machine {
        var machines: [String: Machine] = [:]
        for (name, number) in names {
            machines[name] = try await Machine(name, number: number, on: lan, in: scratch)
        }
        let all = machines
        return { name in
            guard let machine = all[name] else { throw Trouble("no machine \(name)") }
            return machine
        }
    }

    /// The words that run a program on it as the user postgres.
    func words(asPostgres words: [String]) -> [String] {
        self.words + [
            "setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", "env", "-C",
            "/",
        ] + words
    }

    /// Runs a program that must succeed on it.
    @discardableResult
    func run(_ words: [String], input: String = "") async throws -> String {
        try await Command.output(self.words + words, input: input)
    }

    deinit { keeper.child.signal(SIGKILL) }

    // MARK: Its cable

    /// What happens to its cable.
    enum Cable: String, CaseIterable, Sendable {
        /// It is pulled out, and the machine knows.
        case cut
        /// Nothing arrives any more at either end, and nobody is told.
        case silent
        /// Packets wait for seconds: a kilobit a second.
        case slow
    }

    /// Harms the cable.
    func harm(_ cable: Cable) async throws {
        switch cable {
        case .cut: try await link("set", name, "down")
        case .silent: try await link("set", name, "nomaster")
        case .slow:
            let rate = ["rate", "1kbit", "burst", "1600", "latency", "60s"]
            try await Command.output(
                lan.words + ["tc", "qdisc", "replace", "dev", name, "root", "tbf"] + rate)
        }
    }

    /// Mends it.
    func mend(_ cable: Cable) async throws {
        switch cable {
        case .cut: try await link("set", name, "up")
        case .silent: try await link("set", name, "master", "lan", "up")
        case .slow:
            try await Command.output(lan.words + ["tc", "qdisc", "delete", "dev", name, "root"])
        }
    }

    /// Mends everything.
    func mend() async throws {
        try await link("set", name, "master", "lan", "up")
        _ = try await Command.run(lan.words + ["tc", "qdisc", "delete", "dev", name, "root"])
    }

    private func link(_ words: String...) async throws {
        try await Command.output(lan.words + ["ip", "link"] + words)
    }
}

/// A program that runs for long, and what it says.
final class Daemon: Sendable {
    let child: Child
    private let log: String

    /// Starts it; what it writes goes to the end of `log`.
    init(_ words: [String], log: String) throws {
        let quiet = open("/dev/null", O_RDWR | O_CLOEXEC)
        let file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        defer { for file in [quiet, file] { close(file) } }
        guard quiet >= 0, file >= 0 else { throw Trouble("cannot open \(log)") }
        child = try Child(words, streams: .descriptors(quiet, file, file))
        self.log = log
    }

    /// What it and those before it have said.
    var said: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    /// Waits until `isUp`; throws what it said if it ends before.
    func wait(for what: String, _ isUp: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while try await !isUp() {
            guard child.status == nil, ContinuousClock.now < end else {
                throw Trouble("\(what) did not come: \(said)")
            }
            try await Task.sleep(for: .milliseconds(30))
        }
    }

    /// Kills it, and waits until it is gone.
    func kill() { child.end() }

    /// Ends it with a signal, and waits.
    func end(_ signal: Int32 = SIGTERM) async throws {
        child.signal(signal)
        _ = try await child.finish()
    }
}
