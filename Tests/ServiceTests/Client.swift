import Foundation
import TestSupport
import Testing

/// One line of what Tests/second-client prints: the name of what came, and its fields as
/// docs/PROTOCOL.md has them.
struct Reply: Decodable, Sendable {
    let kind: String
    let account: Account?
    let outcome: Outcome?
    let change: Change?
    let begun: Begun?
    let helpDesk: HelpDesk?
    let rows: [Row]?
    /// Why something was denied.
    let why: String?
    let trouble: Trouble?
    let text: String?
    let texts: [String]?
    /// Of a login: what came, the question that is open, and how it ended.
    let frames: [Frame]?
    let question: String?
    let end: Int?
    /// What a new contact is confirmed with.
    let ticket: String?

    struct Account: Decodable, Sendable {
        let isEnrolled: Bool
        let authenticators: [Authenticator]
        let backupCodesLeft: Int
        let trusted: [Trusted]
        let failures: Int
        let language: String?
        let contacts: [Contact]?
    }

    /// Where codes are sent.
    struct Contact: Decodable, Sendable {
        let kind: String
        let address: String
    }

    struct Authenticator: Decodable, Sendable {
        let name: String
    }

    /// A trusted SSH key.
    struct Trusted: Decodable, Equatable, Sendable {
        let fingerprint: String
        let name: String
        let since: UInt64
        let until: UInt64
        let lastUsed: UInt64
        let address: String
    }

    struct Outcome: Decodable, Sendable {
        let isAccepted: Bool
        let reason: String
    }

    struct Change: Decodable, Sendable {
        let backupCodes: [String]?
        let replaced: Bool?
        let authenticator: Authenticator?
        let temporaryCode: String?
        let unsent: String?
    }

    /// How many fields a row has.
    struct Row: Decodable, Sendable {
        let count: Int

        init(from decoder: any Decoder) throws {
            count = try decoder.unkeyedContainer().count ?? 0
        }
    }

    struct HelpDesk: Decodable, Sendable {
        let group: String?
        let daily: Int
        let count: Int
        let acts: [Act]

        struct Act: Decodable, Sendable {
            let act: String
            let helper: String
            let user: String
        }
    }

    struct Begun: Decodable, Sendable {
        let authenticator: Authenticator
        let key: String
        let ticket: String
        let replaces: Bool
    }

    struct Trouble: Decodable, Sendable {
        let code: String
        let detail: String
    }

    /// The names of the user's authenticators.
    var authenticators: [String]? { account?.authenticators.map(\.name) }
    /// Backup codes in clear.
    var codes: [String]? { change?.backupCodes }
    /// The word for how a try ended.
    var reason: String? { outcome?.reason }

    struct Frame: Decodable, Equatable, Sendable {
        let kind: String
        let text: String
    }

    /// What a login said beside its questions.
    var said: [String] {
        (frames ?? []).filter { $0.kind.hasSuffix("Message") }.map(\.text)
    }

    /// The lines that a login had written to the log, without their priorities.
    var logged: [String] {
        (frames ?? []).filter { $0.kind == "log" }.map { String($0.text.dropFirst()) }
    }
}

/// A second client of the service, which knows docs/PROTOCOL.md only.
struct Client {
    let service: Service
    /// Who is connected.
    let user: String
    private let around: [String]
    private let program: Program

    /// An ordinary user's.
    init(_ service: Service, _ account: Account) throws {
        try self.init(service, user: account.name, around: account.running([]))
    }

    /// A client of root's.
    static func root(_ service: Service) throws -> Client {
        try Client(service, user: "root", around: [])
    }

    /// A client of a number without a name.
    static func number(_ service: Service, _ uid: String) throws -> Client {
        try Client(
            service, user: uid,
            around: ["setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", "--reset-env"])
    }

    /// A client with the rights of root that a user has started, as su is.
    static func setuid(_ service: Service, startedBy account: Account) throws -> Client {
        try Client(
            service, user: account.name,
            around: ["setpriv", "--ruid", account.name, "--reset-env"])
    }

    private init(_ service: Service, user: String, around: [String]) throws {
        (self.service, self.user, self.around) = (service, user, around)
        program = try Program()
    }

    /// Takes these steps on one connection; what came back.
    @discardableResult
    func run(_ steps: String..., within limit: Duration = .seconds(60)) async throws -> [Reply] {
        try await run(steps, within: limit)
    }

    @discardableResult
    func run(_ steps: [String], within limit: Duration = .seconds(60)) async throws -> [Reply] {
        try await program.run(around, [service.socket], steps, within: limit)
    }

    /// Takes these steps at a service of the user's own, on a store of the user's own.
    static func run(atOwnServiceOf account: Account, _ steps: [String]) async throws -> [Reply] {
        let service = try Scratch()
        let (uid, gid) = try Account.numbers(of: account.name)
        chown(service.path, uid, gid)
        let copy = service.file("swiftotpd")
        try Scratch.copy(program: Build.product("swiftotpd"), to: copy)
        return try await Program().run(
            account.running([]), ["--stdio", copy, "--stdio", "--store", service.file("store")],
            steps, within: .seconds(60))
    }

    /// The program, copied to a place that everybody can read, wherever the sources are.
    private struct Program {
        private let scratch: Scratch
        private let file: String

        init() throws {
            scratch = try Scratch()
            let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../second-client").standardizedFileURL
            file = try scratch.write(
                String(contentsOf: source, encoding: .utf8), to: "second-client", mode: 0o644)
        }

        func run(
            _ around: [String], _ arguments: [String], _ steps: [String], within limit: Duration
        ) async throws -> [Reply] {
            let output = try await Command.output(
                around + ["/usr/bin/python3", "-I", file] + arguments,
                input: steps.joined(separator: "\n") + "\n", within: limit)
            return try output.split(separator: "\n").map {
                try JSONDecoder().decode(Reply.self, from: Data($0.utf8))
            }
        }
    }

    /// Enrolls the user with one phone, and returns the backup codes.
    @discardableResult
    func enroll() async throws -> [String] {
        let replies = try await run("begin", "confirm =")
        return try #require(replies.last?.codes, "\(replies)")
    }

    /// The file of the user's record.
    var recordFile: String {
        get throws { "\(service.store)/\(try Account.numbers(of: user).uid)" }
    }

    /// The bytes of the user's record; empty if there is none.
    var record: Data {
        get throws { (try? Data(contentsOf: URL(fileURLWithPath: recordFile))) ?? Data() }
    }
}

extension Service {
    /// Waits until it serves `count` connections.
    func serves(_ count: Int, within limit: Duration = .seconds(20)) async throws {
        _ = try await patiently("\(count) connections", within: limit) {
            self.connections == count ? true : nil
        }
    }

    /// Stops it, and waits until all of its threads have ended.
    func stop() async throws {
        signal(SIGSTOP)
        guard let process else { throw Trouble("there is no service to stop") }
        _ = try await patiently("the service to stop") {
            let threads = try FileManager.default.contentsOfDirectory(
                atPath: "/proc/\(process)/task")
            let states = threads.map { thread in
                (try? kernelFile("/proc/\(process)/task/\(thread)/stat")) ?? ""
            }
            return states.allSatisfy { $0.contains(") T ") } ? true : nil
        }
    }

    /// The words before a service whose calls are written to a file. The process ID stays the same,
    /// as the service checks it to accept its socket.
    static func traced(
        to file: String, calls: [String] = ["all"], injection: String? = nil
    ) -> [String] {
        ["strace", "-D"] + Trace.words(to: file, calls: calls, injection: injection).dropFirst()
    }

    /// Waits until no connection is left.
    func rest(within limit: Duration = .seconds(20)) async throws {
        try await serves(0, within: limit)
    }
}
