import Foundation
import TestSupport

/// One operation's result, as pam-dialogue prints it.
struct Result: Decodable, Sendable {
    struct Message: Decodable, Sendable {
        let style: String
        let text: String
    }

    let op: String
    let code: Int
    let name: String
    let prompts: Int
    let left: Int
    let messages: [Message]

    /// What was said beside the questions.
    var said: [String] {
        messages.filter { $0.style == "error" || $0.style == "info" }.map(\.text)
            .filter { $0 != Stack.ignoredWords }
    }
}

/// Where the module finds its service.
enum Door: Sendable {
    /// Nothing listens, and a service is started for each login.
    case ownService
    /// One service for all, which listens here.
    case resident(String)

    /// The door of this test.
    @TaskLocal static var current = Door.ownService

    /// The module's arguments for it. `behind` are words before the service that it starts, such as
    /// `faketime -f -1h`.
    func arguments(_ scratch: Scratch, behind: [String]) throws -> String {
        switch self {
        case .ownService:
            let program = try Door.program(scratch, behind: behind)
            return "socket=/nonexistent/swiftotpd.sock program=\(program)"
        // If a service were started all the same, the login would be denied: there is none.
        case .resident(let socket): return "socket=\(socket) program=/nonexistent/swiftotpd"
        }
    }

    /// What starts swiftotpd with words before it; the module gives it no environment.
    static func program(
        _ scratch: Scratch, behind: [String], program: String? = nil
    ) throws -> String {
        let program = try program ?? Build.product("swiftotpd")
        guard !behind.isEmpty else { return program }
        let words = (behind + [program]).map { "'\($0.replacing("'", with: #"'\''"#))'" }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin"
        return try scratch.write(
            """
            #!/bin/sh
            export PATH='\(path)' LC_ALL=C.UTF-8
            exec \(words.joined(separator: " ")) "$@"

            """, to: "swiftotpd-\(UUID().uuidString)", mode: 0o755)
    }

    /// Waits until the services have ended that have `mark` in their environment: one whose host was
    /// killed goes on for a moment, and finds out.
    static func waitForServices(_ mark: String) async throws {
        let wanted = Array(mark.utf8)
        try await patiently("the service to end") {
            let numbers = try FileManager.default.contentsOfDirectory(atPath: "/proc")
            return numbers.contains { number in
                guard pid_t(number) != nil else { return false }
                let text = FileManager.default.contents(atPath: "/proc/\(number)/environ") ?? Data()
                return Array(text).firstPlace(of: wanted) != nil
            } ? nil : ()
        }
    }
}

/// A module's stack in a folder of its own, and logins through the real libpam.
struct Stack {
    /// What PAM_IGNORE is turned into, so that it can be told from every other code:
    /// libpam itself never returns it.
    static let ignored = "PAM_ACCT_EXPIRED"
    /// What pam_debug says where it does that.
    static let ignoredWords = "auth=acct_expired"

    let folder: String
    let service: String

    /// Writes a service file whose result is the module's own, with `arguments`. `behind` are words
    /// before a service that is started for the login.
    init(
        _ scratch: Scratch, _ arguments: String, service: String = "login",
        door: Door = .current, behind: [String] = []
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

    /// A service file that is written already.
    init(folder: String, service: String) {
        self.folder = folder
        self.service = service
    }

    /// Runs pam-dialogue with `commands` after the stack's own, and gives what it printed.
    func run(_ commands: [String], around: [String] = []) async throws -> [Result] {
        let input =
            ["confdir \(folder)", "service \(service)", "tty pts/7"] + commands + ["quit", ""]
        let done = try await Command.run(
            around + [try Build.product("pam-dialogue")], input: input.joined(separator: "\n"),
            within: .seconds(60))
        guard done.status == 0 else {
            throw Trouble("pam-dialogue: \(done.status) \(done.output) \(done.errors)")
        }
        return try done.output.split(separator: "\n").map {
            try JSONDecoder().decode(Result.self, from: Data($0.utf8))
        }
    }

    /// One login with these answers.
    func login(
        _ user: String, _ answers: [String], with more: [String] = [], around: [String] = []
    ) async throws -> Result {
        let answers = answers.map { "answer \($0)" }
        let results = try await run(
            ["user \(user)"] + more + answers + ["go authenticate"], around: around)
        guard let result = results.last else { throw Trouble("pam-dialogue printed nothing") }
        return result
    }
}
