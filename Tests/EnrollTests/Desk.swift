import Foundation
import TestSupport
import Testing

/// Somebody who types `otp-enroll`, with a store of their own.
struct Desk {
    let scratch: Scratch
    let store: String

    /// A store that nobody has made yet.
    init() throws {
        scratch = try Scratch()
        store = scratch.file("store")
    }

    /// The words that run a command on this store.
    func words(_ arguments: [String]) throws -> [String] {
        [try Build.product("otp-enroll")] + arguments + ["--store", store]
    }

    /// Runs a command without a terminal.
    func run(_ arguments: String..., input: String = "") async throws -> Command {
        try await Command.run(words(arguments), input: input)
    }

    /// Runs a command with `--json` and gives its object, after checking its exit status.
    func json(
        _ arguments: String..., input: String = "", status: Int32 = 0,
        at location: SourceLocation = #_sourceLocation
    ) async throws -> [String: Any] {
        let done = try await Command.run(words(arguments + ["--json"]), input: input)
        #expect(done.status == status, "\(done.errors)", sourceLocation: location)
        let value = try JSONSerialization.jsonObject(with: Data(done.output.utf8))
        return try #require(value as? [String: Any], sourceLocation: location)
    }

    /// Enrolls the caller without a question, and gives the phone and the backup codes.
    @discardableResult
    func enroll(_ arguments: String...) async throws -> (phone: Phone, codes: [String]) {
        let words = try words(["add", "--no-confirm", "--json"] + arguments)
        let object = try JSONSerialization.jsonObject(
            with: Data(try await Command.output(words).utf8))
        let members = try #require(object as? [String: Any])
        let uri = try #require(members["uri"] as? String)
        let codes = try #require(members["backup_codes"] as? [String])
        return (try Phone(scanning: uri), codes)
    }

    /// The names of the caller's authenticators, as `status` tells them.
    func names() async throws -> [String] {
        let status = try await json("status")
        let list = try #require(status["authenticators"] as? [[String: Any]])
        return list.compactMap { $0["name"] as? String }
    }

    /// Whether the caller is enrolled, as `status` tells it.
    func isEnrolled() async throws -> Bool {
        let enrolled = try await json("status")["enrolled"] as? Bool
        return try #require(enrolled as Bool?)
    }

    /// The record of root, byte by byte; nil where there is none.
    var record: Data? { FileManager.default.contents(atPath: store + "/0") }

    /// A command on a screen that can be looked at.
    func screen(
        _ arguments: String..., columns: Int = 80, rows: Int = 24, locale: String = "C.UTF-8",
        environment: [String: String] = [:]
    ) async throws -> Screen {
        try await Screen(
            words(arguments), columns: columns, rows: rows, locale: locale,
            environment: environment)
    }
}

/// The words that run a program as somebody who is not root. Reading stays allowed, so that the
/// program is found wherever it was built.
func withoutRoot(_ words: [String]) -> [String] {
    [
        "setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups",
        "--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search",
    ] + words
}
