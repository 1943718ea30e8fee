import Foundation
import OTPCore
import OTPStore
import TestSupport

/// What a record says, but for the times.
struct Standing: Equatable {
    var failures: UInt32
    /// Whether a code of each authenticator was used.
    var used: [Bool]
    var backupCodes: Int
    /// A code that an admin gave out, and whether it was used.
    var temporary: Bool?
    /// The trusted keys, and whether each was used.
    var trusted: [Bool]
    var events: [String]

    init(_ record: borrowing Record) {
        failures = record.throttle.failures
        used = record.authenticators.map { $0.nextStep > 0 }
        backupCodes = record.backupCodesLeft
        temporary = record.temporaryCode.map { $0.used > 0 }
        trusted = record.trusted.map { $0.lastUsed > $0.since }
        events = record.events.events.map(\.kind.name)
    }
}

/// How a login ended that something was done to.
struct Ending {
    /// The exit status of the program, 128 and the signal where one ended it.
    let status: Int32
    /// What it printed, where it came to that.
    let result: DialogueResult?
    /// What was typed first.
    let answer: String?
    /// The phone that the key was typed into, where one was shown.
    var phone: Phone?

    var isGranted: Bool { result?.name == "PAM_SUCCESS" }
}

/// To which process of a login something is done.
enum Victim: String, CaseIterable, Sendable {
    /// The service that was started for it.
    case service
    /// The program that asks.
    case host
}

/// A store from which the same login is begun again and again.
struct Rehearsal {
    let kind: LoginKind
    let enrolled: Enrolled
    private let arguments: String
    /// A variable in the environment of the services that hosts start here.
    let mark = "REHEARSAL=\(UUID().uuidString)"
    private let phone: Phone
    private let temporaryCode: String
    private let saved: Snapshot

    /// Somebody with all that any kind of login needs, and a second user in the same store.
    init(_ kind: LoginKind, _ arguments: String = "") async throws {
        // libc connects to the log once; without one, the calls would be others.
        _ = try SystemLog.shared()
        self.kind = kind
        enrolled = try Enrolled()
        self.arguments = "\(kind.arguments) \(arguments)"
        if kind == .trustedKey {
            try await enrolled.trust(LoginKey())
            // So that a use of it is later, which the record tells in seconds.
            try await Task.sleep(for: .milliseconds(1100))
        }
        phone = try enrolled.renewKey()
        temporaryCode = try enrolled.issue()
        _ = try Enrolled.enroll("bin", in: enrolled.store)
        if kind == .firstDevice { try enrolled.forget() }
        saved = try Snapshot(of: enrolled.store)
    }

    /// Puts every file back as it was.
    func restore() throws { try saved.restore() }

    /// The files that are not as they were, without the user's own record.
    func otherChanges() throws -> [String] {
        let own = try enrolled.recordFile.dropFirst(enrolled.store.count + 1)
        return try saved.changes().filter { $0 != own }
    }

    /// What the record says; nil where there is none.
    func standing() throws -> Standing? {
        guard access(try enrolled.recordFile, F_OK) == 0 else { return nil }
        return try enrolled.read { Standing($0) }
    }
}

// MARK: Logging in

extension Rehearsal {
    /// The login of this kind, with these words before one of its processes.
    func login(_ words: [String] = [], _ victim: Victim = .host) async throws -> Ending {
        let stack = try enrolled.stack(
            arguments, service: "sshd", behind: victim == .service ? words : ["env", mark])
        let around = victim == .host ? words : []
        if kind.enrolls { return try await enroll(stack, around) }
        return try await run(try await answer(), stack, around)
    }

    /// Once more with the same answer.
    func repeated(_ login: Ending) async throws -> Ending {
        try await run(login.answer, try enrolled.stack(arguments, service: "sshd"))
    }

    /// A login with an answer, or without one, in a program that may come to no good end.
    private func run(
        _ answer: String?, _ stack: Stack, _ around: [String] = []
    ) async throws -> Ending {
        let answers = [answer].compactMap { $0.map { "answer \($0)" } }
        let input = start(stack) + answers + ["go authenticate", "quit", ""]
        let done = try await Command.run(
            around + [try Build.product("pam-dialogue")], input: input.joined(separator: "\n"))
        var result: DialogueResult?
        if let line = done.output.split(separator: "\n").last,
            case .end(let told) = try InteractiveLogin.next(in: Data(line.utf8))
        {
            result = told
        }
        return Ending(status: done.status, result: result, answer: answer)
    }

    /// What pam-dialogue is told first.
    private func start(_ stack: Stack) -> [String] {
        ["confdir \(stack.folder)", "service \(stack.service)", "user \(enrolled.user)"]
            + (kind.hasKey ? LoginKey().login : ["tty ssh"])
    }

    /// What is typed first; nil for nothing.
    private func answer() async throws -> String? {
        switch kind {
        case .rightCode: try await phone.code()
        // Of the form of a backup code, and never one by chance.
        case .wrongCode: "0ZZZZ-ZZZZZ-ZZZZZ"
        case .backupCode: enrolled.backupCodes[0]
        case .temporaryCode, .newDevice: temporaryCode
        case .trustedKey, .firstDevice: nil
        }
    }

    /// The kinds in which a key is shown and its first code typed: question by question.
    private func enroll(_ stack: Stack, _ around: [String]) async throws -> Ending {
        // Without an echo, which could come in the middle of a line of the program's.
        let terminal = try Terminal(
            ["sh", "-c", #"stty -echo && exec "$@""#, "sh"] + around
                + [Build.product("pam-dialogue")])
        let later = Array(repeating: "answer-later", count: 4)
        for line in start(stack) + later + ["go authenticate"] {
            try await terminal.send(line + "\n")
        }
        var (phone, seen): (Phone?, Int) = (nil, 0)
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            let isOver = terminal.child.status != nil
            // What was typed at first is echoed, and a line may not be whole yet.
            let lines = await terminal.transcript.split(
                separator: "\n", omittingEmptySubsequences: false
            ).dropLast().filter { $0.hasPrefix("{\"") }
            if lines.count > seen {
                let next = try InteractiveLogin.next(in: Data(lines[seen].utf8))
                seen += 1
                guard case .question(let question) = next else {
                    try await terminal.send("quit\n")
                    continue
                }
                if question.contains("Key: ") {
                    phone = try InteractiveLogin.phone(typing: question)
                }
                try await terminal.send("answer \(try await answer(to: question, phone))\n")
            } else if let status = terminal.child.status, isOver {
                var result: DialogueResult?
                if let last = lines.last,
                    case .end(let told) = try InteractiveLogin.next(in: Data(last.utf8))
                {
                    result = told
                }
                return Ending(status: status, result: result, answer: temporaryCode, phone: phone)
            } else {
                try await Task.sleep(for: .milliseconds(3))
            }
        }
        throw Trouble("\(around): no end of it; it said: \(await terminal.transcript)")
    }

    private func answer(to question: String, _ phone: Phone?) async throws -> String {
        if question.contains("Key: ") { return try await phone?.code() ?? "" }
        return question.contains("Press Return") ? "" : temporaryCode
    }

    /// Logs in as nothing had happened, with something that was not used yet; what comes of it.
    func loginAfterwards(_ phone: Phone?) async throws -> String? {
        let stack = try enrolled.stack(arguments, service: "sshd")
        if kind != .firstDevice {
            return try await run(enrolled.backupCodes[7], stack).result?.name
        }
        guard try standing() != nil else { return try await login().result?.name }
        guard let phone else { throw Trouble("enrolled, and no key was shown") }
        return try await run(try await phone.code(steps: 1), stack).result?.name
    }
}
