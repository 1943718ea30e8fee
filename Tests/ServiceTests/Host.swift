import Foundation
import OTPStore
import TestSupport

@testable import OTPCore

/// A program with the real module: pam-dialogue, run as root or as an ordinary user, like a screen
/// locker.
final class Host {
    /// One line of pam-dialogue's output.
    struct Result: Decodable, Sendable {
        struct Message: Decodable, Sendable {
            let style: String
            /// As pam-dialogue prints it: each byte as the code point of the same number.
            private let text: String

            var words: String {
                let bytes = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
                return String(decoding: bytes, as: UTF8.self)
            }
        }

        let event: String?
        let message: [Message]?
        let name: String?
        let prompts: Int?
        let ns: Int?
        let messages: [Message]?

        /// The messages that are not questions.
        var said: [String] {
            (messages ?? []).filter { ["error", "info"].contains($0.style) }.map(\.words)
        }
    }

    /// The visible result of PAM_IGNORE, which libpam itself never returns.
    static let ignored = "PAM_ACCT_EXPIRED"
    static let unavailable = "PAM_AUTHINFO_UNAVAIL"

    private let scratch: Scratch
    private let child: PipedChild

    /// A program that runs as `account` or as root, with the module alone in its stack. The module
    /// finds its service at `socket`, and starts `program` if nobody listens there.
    init(
        _ socket: String, as account: Account? = nil, name: String = "locker",
        arguments: String = "", program: String? = nil, around: [String] = []
    ) async throws {
        let (module, dialogue) = try await Copies.shared()
        scratch = try Scratch()
        let folder = try scratch.folder("pam.d", mode: 0o755)
        let door = try "socket=\(socket) program=\(program ?? Build.product("swiftotpd"))"
        try scratch.write(
            """
            auth [success=done ignore=1 default=die] \(module) \(door) \(arguments)
            auth requisite pam_deny.so
            auth requisite pam_debug.so auth=acct_expired
            account required pam_permit.so

            """, to: "pam.d/\(name)", mode: 0o644)
        let words = around + [dialogue]
        child = try PipedChild(account?.running(words) ?? words)
        try child.write("confdir \(folder)\nservice \(name)\nfail-delay note\n")
    }

    /// One login, with or without an answer given in advance.
    func login(_ user: String, _ answer: String? = nil) async throws -> Result {
        try start(user, answer)
        return try await next()
    }

    /// Begins a login, with or without an answer given in advance; the result is the next line.
    func start(_ user: String, _ answer: String? = nil) throws {
        let reply = answer.map { "answer \($0)\n" } ?? ""
        try child.write("forget\nuser \(user)\n\(reply)go authenticate\n")
    }

    /// Begins a login, waits for the question, and returns it.
    func begin(_ user: String) async throws -> String {
        let later = String(repeating: "answer-later\n", count: 12)
        try child.write("forget\nuser \(user)\n\(later)go authenticate\n")
        return try await question()
    }

    /// The next question.
    func question() async throws -> String {
        let result = try await next()
        guard let text = result.message?.first?.words else {
            throw Trouble("no question, but \(result)")
        }
        return text
    }

    /// Types an answer.
    func type(_ text: String) throws { try child.write("answer \(text)\n") }

    /// Types an answer, and waits for the result.
    func answer(_ text: String) async throws -> Result {
        try type(text)
        return try await next()
    }

    /// The next line of output.
    func next() async throws -> Result {
        guard let line = try await child.line(within: .seconds(120)) else {
            throw Trouble("pam-dialogue has ended")
        }
        return try JSONDecoder().decode(Result.self, from: line)
    }

    var process: pid_t { child.child.pid }
}

/// Copies of module and program that everybody can read, wherever the sources are.
private final class Copies: Sendable {
    private let scratch: Scratch

    private static let one = Task { try await Copies() }

    static func shared() async throws -> (module: String, dialogue: String) {
        let scratch = try await one.value.scratch
        return (scratch.file("pam_swiftotp.so"), scratch.file("pam-dialogue"))
    }

    /// With cp(1): a file written by this process could not be run while it starts another program.
    private init() async throws {
        scratch = try Scratch()
        for (from, to) in [
            (try Build.module(), "pam_swiftotp.so"),
            (try Build.product("pam-dialogue"), "pam-dialogue"),
        ] {
            try await Command.output(["install", "-m", "755", from, scratch.file(to)])
        }
    }
}

/// A user with a record in a service's store who gets a new phone for each code, so that any number
/// of logins can follow each other.
struct Person: Sendable {
    let store: String
    let user: String

    /// Makes the record.
    init(_ user: String, in store: String) throws {
        (self.store, self.user) = (store, user)
        guard let found = try SystemUsers().user(named: Array(user.utf8)) else {
            throw Trouble("no user \(user)")
        }
        var record = Record()
        let key = try SystemRandom().bytes(20)
        try record.add(Self.phone(), key: key.span)
        try Store.make(path: Array(store.utf8)).store.make(record, of: found)
    }

    private static func phone() throws -> Authenticator {
        guard let name = Name("phone".utf8),
            let phone = Authenticator(name: name, added: UInt64(Date().timeIntervalSince1970))
        else { throw Trouble("no authenticator") }
        return phone
    }

    private func session() throws -> RecordFile {
        guard let found = try SystemUsers().user(named: Array(user.utf8)),
            let session = try Store(path: Array(store.utf8)).open(found)
        else { throw Trouble("no record of \(user)") }
        return session
    }

    /// Gives the phone a new key, clears all failures, and returns the current code.
    func code() throws -> String {
        let key = try SystemRandom().bytes(20)
        let phone = try Self.phone()
        let session = try session()
        defer { session.close() }
        session.withRecord { record in
            try? record.add(phone, key: key.span)
            record.throttle.unlock()
        }
        try session.commit()
        let step = TOTP.step(at: UInt64(Date().timeIntervalSince1970), period: 30)
        return HOTP.text(
            HOTP.code(key: key.span, factor: step, algorithm: .sha1, digits: 6), digits: 6)
    }

    /// Issues a temporary code.
    func issue() throws -> String {
        let session = try session()
        defer { session.close() }
        var random = try SystemRandom().bytes(TemporaryCode.randomLength)
        let salt = try SystemRandom().bytes(HashedCode.saltLength)
        var code = ""
        session.withRecord {
            $0.issueTemporaryCode(
                at: UInt64(Date().timeIntervalSince1970), validFor: 3600,
                boot: SystemClock().boot(), random: &random, salt: salt
            ) { code = $0 }
        }
        try session.commit()
        return code
    }

    /// The number of counted failures.
    var failures: UInt32 {
        get throws {
            let session = try session()
            defer { session.close() }
            return session.withRecord { $0.throttle.failures }
        }
    }

    /// The bytes of the record.
    var record: [UInt8] {
        get throws {
            let session = try session()
            defer { session.close() }
            return session.withRecord { $0.encoded }
        }
    }

    /// The file of the record.
    var file: String { get throws { "\(store)/\(try Account.numbers(of: user).uid)" } }
}

/// The output of `make release`, next to the tests' folder.
enum Release {
    static func program() throws -> String {
        let path = Build.products.deletingLastPathComponent().appendingPathComponent(
            "release/swiftotpd"
        )
        .path
        guard access(path, X_OK) == 0 else { throw Trouble("\(path) is missing: `make release`") }
        return path
    }
}
