import Foundation
import TestSupport
import Testing

/// A command that writes; it is killed, and its calls fail.
struct WritingCommand: CustomTestStringConvertible, Sendable {
    /// URIS, OUT and ACCOUNT stand for a file to read, one to make, and a user to import.
    let words: [String]
    /// The user whose record it concerns.
    var user = "root"
    /// What is typed.
    var input = Input.nothing

    enum Input: Sendable { case nothing, backupCode, wrongCode, twoCodes }

    var testDescription: String {
        words.joined(separator: " ") + (input == .nothing ? "" : ", \(input)")
    }

    /// Whether codes are tried, which are charged first.
    var isTry: Bool { input != .nothing }

    /// Whether root's phone can log in afterwards.
    var leavesPhone: Bool {
        input != .twoCodes && (user != "root" || !["reset", "disable"].contains(words[0]))
    }

    static let all = [
        WritingCommand(words: ["issue", "root"]),
        WritingCommand(words: ["issue", "root", "--revoke"]),
        WritingCommand(words: ["issue", "daemon"], user: "daemon"),
        WritingCommand(words: ["reset", "root"]),
        WritingCommand(words: ["unlock", "root"]),
        WritingCommand(words: ["codes", "--yes"]),
        WritingCommand(words: ["remove", "--yes", "tablet"]),
        WritingCommand(words: ["disable", "--yes"]),
        WritingCommand(words: ["add", "--no-confirm"]),
        WritingCommand(words: ["add", "daemon", "--no-confirm"], user: "daemon"),
        WritingCommand(words: ["trusted", "--revoke", "laptop"]),
        WritingCommand(words: ["trusted", "--revoke-all"]),
        WritingCommand(words: ["verify"], input: .backupCode),
        WritingCommand(words: ["verify"], input: .wrongCode),
        WritingCommand(words: ["resync"], input: .twoCodes),
        WritingCommand(words: ["import", "--from", "otpauth", "--user", "root", "URIS"]),
        WritingCommand(
            words: ["import", "--from", "otpauth", "--user", "daemon", "URIS"], user: "daemon"),
        WritingCommand(
            words: ["import", "--from", "google-authenticator", "--user", "ACCOUNT"],
            user: "ACCOUNT"),
        WritingCommand(
            words: ["export", "root", "--format", "json", "--output", "OUT", "--reveal-secrets"]),
    ]
}

/// The output of `status` without the times.
struct RecordState: Equatable {
    var enrolled: Bool
    var names: [String]
    /// Whether each device's clock is off; by how much depends on the moment.
    var isOff: [Bool]
    var codesLeft: Int
    var temporary: String
    var trusted: [String]
    var failures: Int
    var events: [String]

    init(_ told: [String: Any]) throws {
        enrolled = try #require(told["enrolled"] as? Bool)
        let list = try #require(told["authenticators"] as? [[String: Any]])
        names = list.compactMap { $0["name"] as? String }
        isOff = list.compactMap { $0["drift"] as? Int }.map { $0 != 0 }
        codesLeft = try #require(told["backup_codes_left"] as? Int)
        let code = told["temporary_code"] as? [String: Any]
        temporary = code.map { $0["used"] is String ? "used" : "live" } ?? "none"
        let keys = try #require(told["trusted"] as? [[String: Any]])
        trusted = keys.compactMap { $0["name"] as? String }
        failures = try #require(told["failures"] as? Int)
        let log = try #require(told["events"] as? [[String: Any]])
        events = log.compactMap { $0["event"] as? String }
    }
}

/// A store in which the same command is run again and again.
struct CommandRehearsal {
    let desk: Desk
    let command: WritingCommand
    private let user: String
    /// The user's UID, which names the record.
    private let uid: String
    private let words: [String]
    private let input: String
    /// The words before the service.
    private let around: String
    private let phone: Phone
    private let saved: Snapshot
    /// The record before the command, with the charge if codes are tried, and after it.
    private(set) var states: [RecordState] = []
    /// Its calls, starting with the first one on the way to the store.
    private(set) var calls: ArraySlice<Trace.Call> = []
    /// The file that OUT stands for.
    var output: String { desk.scratch.file("out") }

    init(_ command: WritingCommand) async throws {
        _ = try SystemLog.shared()
        desk = try Desk()
        self.command = command
        let (phone, codes) = try await desk.enroll()
        self.phone = phone
        try await desk.enroll("--name", "tablet")
        if command.user != "daemon" { try await desk.enroll("--name", "tablet", "daemon") }
        _ = try await desk.json("issue", "root")
        try await desk.fail(2)
        let shelf = TrustShelf(store: desk.store, user: "root")
        try shelf.trust(try TrustedKeyPair(beginning: "Twin/+1abc"), "laptop")
        try shelf.trust(try TrustedKeyPair(beginning: "Twin/+2abc"), "desktop")
        user = command.user == "ACCOUNT" ? try await CommandRehearsal.guest() : command.user
        uid = try await Command.output(["id", "-u", user])
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let uris = try desk.scratch.write(
            "otpauth://totp/a:root?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n", to: "uris")
        let names = ["URIS": uris, "OUT": desk.scratch.file("out"), "ACCOUNT": user]
        around = try desk.scratch.write("", to: "around")
        let service = try WrappedService(in: desk.scratch, behind: "$(cat '\(around)')")
        words = try desk.words(command.words.map { names[$0] ?? $0 }, by: service.program)
        switch command.input {
        case .nothing: input = ""
        case .backupCode: input = codes[3] + "\n"
        case .wrongCode: input = Desk.wrongCode + "\n"
        case .twoCodes:
            let then = Int(Date().timeIntervalSince1970) + 7200
            input = try await phone.code(at: then) + "\n" + phone.code(at: then + 30) + "\n"
        }
        saved = try Snapshot(of: desk.store)
        try await see()
    }

    /// A user with a file from the real google-authenticator.
    private static func guest() async throws -> String {
        let account = try await Account.make("guest")
        try await Command.output(
            account.running(
                ["google-authenticator", "-t", "-f", "-q", "-C", "-w", "3", "-d", "-u"]))
        return account.name
    }

    /// Observes one undisturbed run.
    private mutating func see() async throws {
        let before = try await state()
        let done = try await run(traced())
        #expect((done.status == 0) == (command.input != .wrongCode), "\(done.errors)")
        let after = try await state()
        #expect(before != after)
        var charged = before
        charged.failures += 1
        states = command.isTry ? [before, charged, after] : [before, after]
        calls = try Trace(trace).from(", \"\(desk.scratch.path.split(separator: "/").last ?? "")\"")
        #expect(try Trace(trace).steps == states.count - 1)
    }
}

extension CommandRehearsal {
    /// Restores the store, and removes what was written elsewhere.
    func restore() throws {
        try saved.restore()
        unlink(output)
        unlink(trace)
    }

    /// The trace of the service's calls; with several services, of the first one that ends.
    var trace: String { desk.scratch.file("trace") }

    /// The words that trace it, see `Trace.words`.
    func traced(_ calls: [String] = ["all"], injection: String? = nil) -> [String] {
        Trace.words(
            to: trace, calls: calls, injection: injection, follows: false, appends: true)
    }

    /// Runs the command, with its service behind these words.
    func run(_ words: [String] = []) async throws -> Command {
        // A program that runs out of memory ends, and needs no backtrace.
        let quiet = ["env", "SWIFT_BACKTRACE=enable=no"]
        try desk.scratch.write((words + quiet).joined(separator: " "), to: "around")
        return try await Command.run(self.words, input: input)
    }

    /// Whether the output says that the record was changed.
    func claims(_ done: Command) -> Bool {
        switch command.words[0] {
        // These report each user's result, and in the last line of errors that something failed.
        case "import": done.output.contains("1 of 1 are here.")
        case "export": !done.output.isEmpty && done.errors.isEmpty
        default: !done.output.isEmpty
        }
    }

    func state() async throws -> RecordState {
        try RecordState(try await desk.json("status", user))
    }

    /// The state after these calls.
    func state(after trace: Trace) -> RecordState { states[min(trace.steps, states.count - 1)] }

    /// The changed files of the store, other than the record concerned.
    func otherChanges() throws -> [String] {
        try saved.changes().filter { $0 != uid && !$0.hasPrefix("name-") }
    }

    /// Expects no harm: codes are valid once, undone work can be done, and other users log in as
    /// before.
    func expectLife(after state: RecordState, _ what: String) async throws {
        if command.input != .wrongCode, command.isTry || state == states[0] {
            unlink(output)
            let again = try await run()
            #expect((again.status == 0) == (state != states.last), "\(what): \(again.errors)")
        }
        // A leftover of one interrupted run is gone after the next.
        let others = try otherChanges().filter { state == states[0] || !$0.hasPrefix("new.") }
        #expect(others.isEmpty, "\(what): \(others)")
        guard command.leavesPhone else { return }
        #expect(try await desk.verify(try await phone.code()) == (true, "code"), "\(what)")
    }
}
