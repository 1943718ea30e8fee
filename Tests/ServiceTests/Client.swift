import Foundation
import TestSupport
import Testing

/// One reply, as Tests/second-client prints it.
struct Reply: Decodable, Sendable {
    let kind: String
    let flag: Bool?
    let authenticators: [String]?
    let keys: [String]?
    let hashes: [String]?
    let backupCodesLeft: Int?
    let trusted: [Trusted]?
    let failures: Int?
    let outcome: Int?
    let name: String?
    let replaces: Bool?
    let replaced: Bool?
    let key: String?
    let verdict: Int?
    let codes: [String]?
    let why: Int?
    let text: String?
    let answered: Int?
    let refused: Int?

    /// A trusted SSH key.
    struct Trusted: Decodable, Equatable, Sendable {
        let fingerprint: String
        let name: String
        let since: UInt64
        let until: UInt64
        let lastUsed: UInt64
        let address: String
    }
}

/// A second client of the helper, which knows docs/PROTOCOL.md only, run as an ordinary user.
struct Client {
    let helper: Helper
    /// Who is connected.
    let user: String
    private let around: [String]
    private let scratch: Scratch
    private let program: String

    init(_ helper: Helper, _ account: Account) throws {
        try self.init(helper, user: account.name, around: account.running([]))
    }

    /// A client of root's.
    static func root(_ helper: Helper) throws -> Client {
        try Client(helper, user: "root", around: [])
    }

    init(_ helper: Helper, user: String, around: [String]) throws {
        (self.helper, self.user, self.around) = (helper, user, around)
        scratch = try Scratch()
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../second-client").standardizedFileURL
        // Where everybody may read it, wherever the sources are.
        program = try scratch.write(
            String(contentsOf: source, encoding: .utf8), to: "second-client", mode: 0o644)
    }

    /// Takes these steps on one connection; what came back.
    @discardableResult
    func run(_ steps: String..., within limit: Duration = .seconds(60)) async throws -> [Reply] {
        try await run(steps, within: limit)
    }

    @discardableResult
    func run(_ steps: [String], within limit: Duration = .seconds(60)) async throws -> [Reply] {
        let words = around + ["/usr/bin/python3", "-I", program, helper.socket]
        let output = try await Command.output(
            words, input: steps.joined(separator: "\n") + "\n", within: limit)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try output.split(separator: "\n").map {
            try decoder.decode(Reply.self, from: Data($0.utf8))
        }
    }

    /// Enrolls the user with one phone; the backup codes.
    @discardableResult
    func enroll() async throws -> [String] {
        let replies = try await run("begin", "confirm =")
        return try #require(replies.last?.codes, "\(replies)")
    }

    /// The file of the user's record.
    var recordFile: String {
        get async throws {
            let uid = try await Command.output(["id", "-u", user])
            return helper.store + "/" + uid.trimmingCharacters(in: .newlines)
        }
    }

    /// The bytes of the user's record; none where there is none.
    var record: Data {
        get async throws {
            (try? Data(contentsOf: URL(fileURLWithPath: await recordFile))) ?? Data()
        }
    }
}

extension Helper {
    /// Waits until no process of the helper is left.
    func rest(within limit: Duration = .seconds(10)) async throws {
        _ = try await patiently("all helpers to end", within: limit) {
            self.serving.isEmpty ? true : nil
        }
    }
}
