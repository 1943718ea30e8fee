import Foundation
import TestSupport
import Testing

/// An unprivileged user who types `otp-enroll` on a machine where swiftotpd listens.
struct Citizen {
    let account: Account
    let service: Service
    private let scratch: Scratch
    /// The program, where every user can run it.
    private let program: String

    /// `policy` is the text of the service's configuration.
    init(policy: String = "", messenger: Messenger? = nil) async throws {
        account = try await Account.make("citizen")
        scratch = try Scratch()
        service = try await Service(configuration: policy, messenger: messenger?.socket)
        program = try await Citizen.install(in: scratch)
    }

    /// Copies the program, and libraries that may lie where only root can read.
    private static func install(in scratch: Scratch) async throws -> String {
        let program = try Build.product("otp-enroll")
        let folder = try scratch.folder("bin", mode: 0o755)
        let needed = try await Command.output(["ldd", program])
        let libraries = needed.matches(of: #/=> (/\S+)/#).map { String($0.output.1) }
            .filter { !$0.hasPrefix("/lib/") && !$0.hasPrefix("/usr/lib/") }
        try await Command.output(
            ["install", "-m", "755", "--target-directory", folder, program] + libraries)
        return folder + "/otp-enroll"
    }

    // MARK: The user's commands

    /// The words that run a command as this user.
    func words(_ arguments: [String], socket: String? = nil) -> [String] {
        bare(arguments + ["--socket", socket ?? service.socket])
    }

    /// The same in this environment's language.
    func words(_ arguments: [String], in environment: [String]) -> [String] {
        bare(arguments + ["--socket", service.socket], in: environment)
    }

    /// The same without naming a socket.
    func bare(_ arguments: [String], in environment: [String] = ["LC_ALL=C.UTF-8"]) -> [String] {
        let folder = (program as NSString).deletingLastPathComponent
        return account.running(
            ["env"] + environment + ["LD_LIBRARY_PATH=\(folder)", program] + arguments)
    }

    /// Runs a command without a terminal.
    func run(_ arguments: String..., input: String = "") async throws -> Command {
        try await Command.run(words(arguments), input: input)
    }

    /// Runs a command that must succeed, and returns the object that it prints.
    func json(
        _ arguments: String..., input: String = "", at location: SourceLocation = #_sourceLocation
    ) async throws -> [String: Any] {
        let done = try await Command.run(words(arguments + ["--json"]), input: input)
        #expect(done.status == 0, "\(done.errors)", sourceLocation: location)
        return try Citizen.object(done.output)
    }

    static func object(_ text: String) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
        return try #require(value as? [String: Any])
    }

    /// A command on a terminal.
    func terminal(_ arguments: String...) throws -> Terminal { try Terminal(words(arguments)) }

    /// A command on a screen that the test can read.
    func screen(_ arguments: String...) async throws -> Screen {
        try await Screen(words(arguments))
    }

    static let question = "Verification code: "
    static let interview = "Code shown by the app: "

    // MARK: Root's commands on the same machine

    /// Runs a command as root, on the service's store.
    func root(_ arguments: String..., input: String = "") async throws -> Command {
        try await Command.run(
            [try Build.product("otp-enroll")] + arguments + ["--store", service.store],
            input: input)
    }

    /// Enrolls the citizen without questions, and returns the phone and the backup codes.
    func enroll(_ arguments: String...) async throws -> (phone: Phone, codes: [String]) {
        let words = [
            try Build.product("otp-enroll"), "add", account.name, "--no-confirm", "--json",
        ]
        let told = try Citizen.object(
            try await Command.output(words + arguments + ["--store", service.store]))
        let uri = try #require(told["uri"] as? String)
        return (try Phone(scanning: uri), try #require(told["backup_codes"] as? [String]))
    }

    /// The names of the authenticators, as root sees them.
    func names() async throws -> [String] {
        let told = try Citizen.object(try await root("status", account.name, "--json").output)
        let list = try #require(told["authenticators"] as? [[String: Any]])
        return list.compactMap { $0["name"] as? String }
    }

    /// The bytes of the citizen's record; nil if there is none.
    func record() async throws -> Data? {
        let uid = try await Command.output(["id", "-u", account.name])
            .trimmingCharacters(in: .whitespacesAndNewlines)
        return FileManager.default.contents(atPath: "\(service.store)/\(uid)")
    }

    /// Waits until the service has no connections left.
    func waitForQuiet() async throws {
        _ = try await patiently("the connections to end") { service.connections == 0 ? true : nil }
    }
}
