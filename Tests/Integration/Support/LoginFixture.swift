import Foundation
import TestSupport
import Testing

/// One test's fixture: a person, a store, and doors of one program to it.
struct LoginFixture: Sendable {
    /// What the module says to users.
    enum Words {
        static let prompt = "Verification code: "
        static let refused = "That code was not accepted."
        static let alreadyUsed = "That code was already used. Wait for the next one."
    }

    let program: LoginProgram
    let person: Person
    let log: SystemLog
    let scratch: Scratch
    let answerer: Answerer
    private let store: String
    /// The module's arguments for the answerer.
    private let way: String

    init(_ program: LoginProgram, _ answerer: Answerer = .resident) async throws {
        try Build.requireGround()
        self.program = program
        log = try SystemLog.shared()
        scratch = try Scratch()
        store = try scratch.folder("store")
        try await Service.makeStore(at: store)
        person = Person(try await Account.make())
        self.answerer = answerer
        way = try await answerer.arguments()
    }

    /// The module as a service names it, with this fixture's store; `way` leads to another
    /// answerer.
    func module(_ options: String = "", by way: String? = nil) throws -> String {
        "\(try Build.module()) store=\(store) \(way ?? self.way) \(options)"
    }

    /// The program's door, with the module behind the first factor.
    func door(_ options: String = "") async throws -> any Door {
        // As in README: a remote user who has proven a password may learn reasons.
        let isProven = program.service == "sshd" && program.password
        let all = options + (isProven ? " after_first_factor" : "")
        return try await program.door(try program.policy(try module(all)), person)
    }

    /// The words that run an otp-enroll command on this fixture's store.
    func words(_ arguments: [String]) throws -> [String] {
        [try Build.product("otp-enroll")] + arguments + ["--store", store]
    }

    /// Runs an otp-enroll command of root's, which must succeed, and returns its output.
    @discardableResult
    func command(_ arguments: String..., input: String = "") async throws -> String {
        try await Command.output(words(arguments), input: input)
    }

    /// Issues a temporary code.
    func issue() async throws -> String {
        struct Issued: Decodable { let code: String }
        let output = try await command("issue", person.name, "--json")
        return try JSONDecoder().decode(Issued.self, from: Data(output.utf8)).code
    }

    /// Enrolls the person like an admin's script, and returns phone and backup codes.
    func enroll() async throws -> (phone: Phone, backupCodes: [String]) {
        struct Enrolled: Decodable {
            let uri: String
            let backupCodes: [String]
        }
        let output = try await command(
            "add", person.name, "--name", "phone", "--no-confirm", "--json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let enrolled = try decoder.decode(Enrolled.self, from: Data(output.utf8))
        return (try Phone(scanning: enrolled.uri), enrolled.backupCodes)
    }

    /// Enrolls the person by themselves: on a terminal, with a camera and a first code.
    func enrollAtTerminal() async throws -> (phone: Phone, used: String, backupCodes: [String]) {
        let screen = try await Screen(words(["add", person.name]))
        let phone = try await screen.phone()
        try await phone.settle()
        let code = try await phone.code()
        try await screen.type(code)
        let backupCodes = try await screen.backupCodes()
        await screen.close()
        return (phone, code, backupCodes)
    }

    /// The result of a login.
    struct Outcome {
        let asked: Bool
        let admitted: Bool
        let transcript: String
    }

    /// Logs in, and answers with the code if one is asked for.
    func login(_ door: any Door, code: String, as stranger: Person? = nil) async throws -> Outcome {
        let person = stranger ?? self.person
        let terminal = try await door.knock(person)
        let refusal = stranger == nil ? program.refusal : program.unknown
        let welcome = "inside:\(program.becomes ?? person.name)."
        var met = try await terminal.expectAny([welcome, refusal, Words.prompt])
        let asked = met == 2
        if asked {
            try await terminal.type(code)
            met = try await terminal.expectAny([welcome, refusal])
        }
        return Outcome(asked: asked, admitted: met == 0, transcript: await terminal.transcript)
    }

    /// Logs in, and expects to be let in by the code.
    @discardableResult
    func expectAdmitted(
        _ door: any Door, code: String, factor: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Outcome {
        let before = logged(person.name).count
        let outcome = try await login(door, code: code)
        #expect(outcome.asked, "\(outcome.transcript)", sourceLocation: sourceLocation)
        #expect(outcome.admitted, "\(outcome.transcript)", sourceLocation: sourceLocation)
        try await expectLogged(
            "login granted", ["factor": factor], after: before, code: code,
            sourceLocation: sourceLocation)
        return outcome
    }

    /// Logs in, and expects a question and then a refusal with the words for the reason.
    func expectRefused(
        _ door: any Door, code: String, reason: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = logged(person.name).count
        let words = reason == "replayed" ? Words.alreadyUsed : Words.refused
        let outcome = try await login(door, code: code)
        #expect(outcome.asked, "\(outcome.transcript)", sourceLocation: sourceLocation)
        #expect(!outcome.admitted, "\(outcome.transcript)", sourceLocation: sourceLocation)
        #expect(
            outcome.transcript.contains(words) == program.letsModulesSpeak,
            "\(outcome.transcript)",
            sourceLocation: sourceLocation)
        try await expectLogged(
            "authentication failure", ["reason": reason], after: before, code: code,
            sourceLocation: sourceLocation)
    }

    /// The module's log lines about a person.
    func logged(_ name: String) -> [SystemLog.Line] {
        log.lines(containing: "pam_swiftotp(\(program.service):auth): ")
            .filter { $0.fields["user"] == name }
    }

    /// Expects exactly one new line in the log, private, complete, and without the code.
    func expectLogged(
        _ what: String, _ fields: [String: String], after count: Int, code: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let new = try await patiently("a log line “\(what)”", within: .seconds(5)) {
            let lines = logged(person.name).dropFirst(count)
            return lines.isEmpty ? nil : Array(lines)
        }
        let line = new[0]
        #expect(new.count == 1, "\(new)", sourceLocation: sourceLocation)
        #expect(line.facility == 10, "not AUTHPRIV: \(line)", sourceLocation: sourceLocation)
        #expect(line.text.contains(what + ";"), "\(line)", sourceLocation: sourceLocation)
        var wanted = fields.merging(program.origin) { $1 }
        wanted["service"] = program.service
        for (key, value) in wanted {
            let found = line.fields[key] ?? ""
            // A terminal's name ends with a number.
            let fits = key == "tty" ? found.hasPrefix(value) : found == value
            #expect(fits, "\(key) in \(line)", sourceLocation: sourceLocation)
        }
        let bare = code.filter { $0 != "-" && $0 != " " }
        for line in log.lines(containing: person.name) {
            let leaked = line.text.contains(code) || line.text.contains(bare)
            #expect(!leaked, "the code is in the log: \(line)", sourceLocation: sourceLocation)
        }
    }
}
