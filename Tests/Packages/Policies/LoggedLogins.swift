import Foundation
import Synchronization
import TestSupport

/// Logins through the real libpam and module, each from its own address, and their lines in the
/// system log.
struct LoggedLogins: Sendable {
    let account: Account
    let phone: Phone
    let backupCodes: [String]
    let store: String
    /// The module, as named in a service, with a new swiftotpd for each login.
    let module: String
    private let scratch: Scratch
    private let log: SystemLog
    /// A name used by no other logins, to find their lines.
    private let service: String

    private static let made = Mutex(0)

    /// A PAM service with the module and its own store, with one enrolled user.
    init() async throws {
        struct Enrolled: Decodable {
            let uri: String
            let backupCodes: [String]
        }
        log = try SystemLog.shared()
        let number = Self.made.withLock { made in
            made += 1
            return made
        }
        service = "door\(number)"
        scratch = try Scratch()
        store = try scratch.folder("store")
        account = try await Account.make("visited")
        _ = try scratch.folder("pam.d", mode: 0o755)
        // The name of the installed file, which is in each line.
        let file = scratch.file("pam_swiftotp.so")
        try FileManager.default.createSymbolicLink(
            atPath: file, withDestinationPath: Build.module())
        module = "\(file) socket=/nonexistent program=\(try Build.product("swiftotpd"))"
        try scratch.write(
            """
            auth required \(module) store=\(store)
            account required pam_permit.so

            """, to: "pam.d/\(service)", mode: 0o644)
        let output = try await Command.output([
            Build.product("otp-enroll"), "add", account.name, "--no-confirm", "--json", "--store",
            store,
        ])
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let enrolled = try decoder.decode(Enrolled.self, from: Data(output.utf8))
        (phone, backupCodes) = (try Phone(scanning: enrolled.uri), enrolled.backupCodes)
    }

    /// Clears all failures.
    func unlock() async throws {
        try await Command.output([
            Build.product("otp-enroll"), "unlock", account.name, "--store", store,
        ])
    }

    /// Issues a temporary code.
    func issue() async throws -> String {
        struct Issued: Decodable { let code: String }
        let output = try await Command.output([
            Build.product("otp-enroll"), "issue", account.name, "--json", "--store", store,
        ])
        return try JSONDecoder().decode(Issued.self, from: Data(output.utf8)).code
    }

    /// One login, and its line as in a log file. `reply` is pam-dialogue's answer, and user, tty
    /// and rhost use its escapes.
    func line(
        _ reply: String, user: String? = nil, rhost: String, tty: String = "ssh"
    ) async throws -> String {
        let input = [
            "confdir \(scratch.file("pam.d"))", "service \(service)",
            "user \(user ?? account.name)",
            "tty \(tty)", "rhost \(rhost)", "fail-delay note", reply, "go authenticate", "quit", "",
        ]
        let words = "pam-dialogue: pam_swiftotp(\(service):auth): "
        let before = log.lines(containing: words).count
        let done = try await Command.run(
            [Build.product("pam-dialogue")], input: input.joined(separator: "\n"))
        guard done.status == 0 else { throw Trouble("pam-dialogue: \(done.output)") }
        let line = try await patiently("the login's line", within: .seconds(5)) {
            log.lines(containing: words).dropFirst(before).first
        }
        return Self.filed(line)
    }

    /// A line as syslog writes it to a file: with the host after the date, which has 15 characters.
    static func filed(_ line: SystemLog.Line) -> String {
        "\(line.text.prefix(15)) door\(line.text.dropFirst(15))"
    }

    /// A line of another program, with a header made here.
    static func filed(_ words: String, of program: String) -> String {
        let now = DateFormatter()
        now.locale = Locale(identifier: "en_US_POSIX")
        now.dateFormat = "MMM dd HH:mm:ss"
        return "\(now.string(from: Date())) door \(program)[7]: \(words)"
    }
}
