import Foundation
import TestSupport

/// A stack with the module in a folder of its own, and logins through the real libpam.
struct Stack {
    /// Replaces PAM_IGNORE, so that it differs from every other code: libpam itself never returns
    /// this one.
    static let ignored = "PAM_ACCT_EXPIRED"
    /// pam_debug's words that do so.
    static let ignoredWords = "auth=acct_expired"

    let folder: String
    let service: String

    /// Writes a service file whose result is the module's own, with `arguments`. `behind` are words
    /// before a service that is started for the login.
    init(
        _ scratch: Scratch, _ arguments: String, service: String = "login",
        door: ServiceAccess = .current, behind: [String] = []
    ) throws {
        let module = try Build.module()
        let door = try door.arguments(scratch, behind: behind)
        try scratch.write(
            """
            auth [success=done ignore=1 default=die] \(module) \(door) \(arguments)
            auth requisite pam_deny.so
            auth requisite pam_debug.so auth=acct_expired
            account required pam_permit.so

            """, to: "pam.d/\(service)", mode: 0o644)
        self.init(folder: scratch.file("pam.d"), service: service)
    }

    /// An existing service file.
    init(folder: String, service: String) {
        self.folder = folder
        self.service = service
    }

    /// Runs pam-dialogue with `commands` after the stack's own, and returns its output.
    func run(_ commands: [String], around: [String] = []) async throws -> [DialogueResult] {
        let input =
            ["confdir \(folder)", "service \(service)", "tty pts/7"] + commands + ["quit", ""]
        let done = try await Command.run(
            around + [try Build.product("pam-dialogue")], input: input.joined(separator: "\n"),
            within: .seconds(60))
        guard done.status == 0 else {
            throw Trouble("pam-dialogue: \(done.status) \(done.output) \(done.errors)")
        }
        return try done.output.split(separator: "\n").map {
            try JSONDecoder().decode(DialogueResult.self, from: Data($0.utf8))
        }
    }

    /// One login with these answers.
    func login(
        _ user: String, _ answers: [String], with more: [String] = [], around: [String] = []
    ) async throws -> DialogueResult {
        let answers = answers.map { "answer \($0)" }
        let results = try await run(
            ["user \(user)"] + more + answers + ["go authenticate"], around: around)
        guard let result = results.last else { throw Trouble("pam-dialogue printed nothing") }
        return result
    }
}
