import Foundation
import OTPStore
import TestSupport
import Testing

/// At its end a command has no secret in memory, neither one that it read nor one that it showed.
@Suite("What a command leaves in its memory")
struct CommandSecretsProof {
    /// A command that is stopped before its last step, when everything is done.
    private struct Ended {
        let terminal: Terminal
        let image: MemoryImage
        let pid: pid_t

        var shown: String { get async { await terminal.transcript } }
    }

    /// Starts a command under strace(1), which stops it where it would exit.
    private func start(_ desk: Desk, _ words: [String]) throws -> (Terminal, trace: String) {
        let trace = try desk.scratch.write("", to: "trace")
        let terminal = try Terminal(
            [
                "strace", "-o", trace, "-e", "trace=exit_group", "-e",
                "inject=exit_group:error=ENOSYS:signal=STOP",
            ] + desk.words(words), columns: 200, rows: 60)
        return (terminal, trace)
    }

    private func end(_ terminal: Terminal, _ trace: String) async throws -> Ended {
        let limit = ContinuousClock.now + .seconds(120)
        while try !String(contentsOfFile: trace, encoding: .utf8).contains("stopped by") {
            // Read in the meantime: a long list would fill the terminal's buffer, and block
            // forever.
            _ = await terminal.transcript
            guard ContinuousClock.now < limit else { throw Trouble("the command does not end") }
            try await Task.sleep(for: .milliseconds(15))
        }
        let tracer = terminal.child.pid
        let children = try String(
            contentsOfFile: "/proc/\(tracer)/task/\(tracer)/children", encoding: .utf8)
        let pid = try #require(children.split(separator: " ").compactMap { pid_t($0) }.first)
        return Ended(terminal: terminal, image: try MemoryImage(of: pid), pid: pid)
    }

    /// Runs a command that asks exactly these questions.
    private func run(
        _ desk: Desk, _ words: [String], answers: [(question: String, answer: String)] = []
    ) async throws -> Ended {
        let (terminal, trace) = try start(desk, words)
        for (question, answer) in answers {
            try await terminal.expect(question)
            try await terminal.type(answer)
        }
        return try await end(terminal, trace)
    }

    /// Looks for these, and for what is secret in any command; then it may end.
    private func check(
        _ ended: Ended, _ desk: Desk, _ forms: [SecretForm], _ what: String
    ) async throws {
        let places = ended.image.places(of: try forms + sealKey(desk))
        #expect(places == [], "\(what): \(places)")
        kill(ended.pid, SIGKILL)
        #expect(try SystemLog.shared().finds(forms) == [])
        try Proof.tell(
            "Secrets", "otp-enroll \(what)",
            "\(ended.image.count / 1024) KB of memory at exit searched for "
                + "\(forms.count) forms of the secrets: none found")
    }

    private func sealKey(_ desk: Desk) throws -> [SecretForm] {
        let file = try Data(contentsOf: URL(fileURLWithPath: desk.store + "/seal.key"))
        return SecretForm.binary("seal key", Array(file.dropFirst(16)))
    }

    /// The part of the output of `add --no-confirm` and others that matches.
    private func found(_ pattern: Regex<(Substring, Substring)>, in text: String) -> [String] {
        text.matches(of: pattern).map { String($0.output.1) }
    }

    private static var key: Regex<(Substring, Substring)> {
        /(?:secret=|"secret": "|key: )([A-Z2-7]{32})/
    }
    private static var backup: Regex<(Substring, Substring)> {
        /([0-9][0-9A-HJ-NP-TV-Z]{4}-[0-9A-Z]{5}-[0-9A-Z]{5})/
    }
    private static var temporary: Regex<(Substring, Substring)> {
        /(T[0-9A-Z]{3}-[0-9A-Z]{4}-[0-9A-Z]{4})/
    }

    private func secrets(in text: String) -> [SecretForm] {
        Set(found(Self.key, in: text)).flatMap { SecretForm.key($0) }
            + found(Self.backup, in: text).flatMap { SecretForm.groups($0) }
            + found(Self.temporary, in: text).flatMap { SecretForm.groups($0) }
    }

    // MARK: Commands

    @Test("add on a terminal: the key is in memory after it ends")
    func add() async throws {
        _ = try SystemLog.shared()
        let desk = try Desk()
        let (terminal, trace) = try start(desk, ["add", "--digits", "8"])
        try await terminal.expect("Code shown by the app: ")
        let groups = await terminal.transcript.matches(of: /((?:[A-Z2-7]{4} ){3}[A-Z2-7]{4})/)
        let key = groups.prefix(2).map(\.output.1).joined().filter { $0 != " " }
        let phone = try Phone(scanning: "otpauth://totp/x:y?secret=\(key)&digits=8")
        let tracer = terminal.child.pid
        let children = try String(
            contentsOfFile: "/proc/\(tracer)/task/\(tracer)/children", encoding: .utf8)
        let pid = try #require(children.split(separator: " ").compactMap { pid_t($0) }.first)
        let now = try MemoryImage(of: pid).places(of: SecretForm.key(key))
        #expect(now.contains { $0.hasPrefix("key, from") }, "the search finds nothing")
        try await terminal.type("98765421")
        try await terminal.expect("That is not a code")
        var code = try await phone.code()
        while !SecretForm.isUnusual(code) { code = try await phone.code(after: code) }
        try await terminal.type(code)
        let ended = try await end(terminal, trace)
        let codes = found(Self.backup, in: await ended.shown)
        #expect(codes.count == 10)
        let forms =
            SecretForm.key(key) + SecretForm.code(code) + SecretForm.code("98765421")
            + codes.flatMap { SecretForm.groups($0) }
        try await check(ended, desk, forms, "add")
    }

    @Test(
        "Every command about somebody who is enrolled",
        arguments: [
            ["status"], ["list"], ["codes", "--yes"], ["codes", "--yes", "--json"],
            ["issue", "root"],
            ["issue", "root", "--json"], ["remove", "second", "--yes"], ["disable", "--yes"],
            ["reset", "root", "--yes"],
        ])
    func command(words: [String]) async throws {
        _ = try SystemLog.shared()
        let desk = try Desk()
        let (phone, codes) = try await desk.enroll()
        let second = try await desk.enroll("--name", "second").phone
        let ended = try await run(desk, words)
        let shown = secrets(in: await ended.shown)
        let forms =
            SecretForm.key(phone.secret) + SecretForm.key(second.secret)
            + codes.flatMap { SecretForm.groups($0) } + shown
        #expect(shown.isEmpty != ["codes", "issue"].contains(words[0]))
        try await check(ended, desk, forms, words.joined(separator: " "))
    }

    @Test("verify and resync, with what was typed")
    func typed() async throws {
        _ = try SystemLog.shared()
        let desk = try Desk()
        let (phone, codes) = try await desk.enroll("--digits", "8")
        var pair = ["", ""]
        var ahead = -1
        while !pair.allSatisfy({ SecretForm.isUnusual($0) }) {
            ahead += 1
            pair = [try await phone.code(steps: ahead), try await phone.code(steps: ahead + 1)]
        }
        let wrong = "98765421", question = "ode"
        for (words, answers) in [
            (["verify"], [wrong]), (["verify"], [codes[0]]), (["verify"], [codes[1].lowercased()]),
            (["resync", "root"], pair),
        ] {
            let ended = try await run(desk, words, answers: answers.map { (question, $0) })
            let forms =
                SecretForm.key(phone.secret)
                + answers.flatMap { $0.count == 8 ? SecretForm.code($0) : SecretForm.groups($0) }
            try await check(ended, desk, forms, words.joined(separator: " "))
        }
    }

    @Test("import and export, with the files that they read and write")
    func moved() async throws {
        _ = try SystemLog.shared()
        let desk = try Desk()
        let key = String((0..<32).map { _ in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".randomElement()! })
        let uris = try desk.scratch.write("otpauth://totp/a:root?secret=\(key)\n", to: "uris")
        let imported = try await run(desk, ["import", "--from", "otpauth", "--user", "root", uris])
        try await check(imported, desk, SecretForm.key(key), "import")
        for format in ["otpauth", "users.oath", "json"] {
            let file = desk.scratch.file("out.\(format)")
            let words = ["export", "--format", format, "--output", file, "--reveal-secrets"]
            let exported = try await run(desk, words)
            let text = try String(contentsOfFile: file, encoding: .utf8)
            #expect(!text.isEmpty)
            try await check(exported, desk, SecretForm.key(key), "export --format \(format)")
        }
    }
}
