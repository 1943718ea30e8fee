import Foundation
import TestSupport
import Testing

/// The completion scripts in their shells, with Tab being typed.
@Suite("Completion")
struct CompletionTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// Writes the script of a shell under the name by which that shell finds it; returns a folder
    /// with the program for PATH.
    private func script(_ shell: String, as name: String) async throws -> String {
        let program = try Build.product("otp-enroll")
        let text = try await Command.output([program, "--generate-completion-script", shell])
        #expect(text.contains("otp-enroll"))
        return try scratch.write(text, to: name)
    }

    /// What is typed before Tab, and what must be there after it.
    static let cases = [
        ("otp-enroll stat", "otp-enroll status "),
        ("otp-enroll add --no-c", "otp-enroll add --no-confirm "),
        ("otp-enroll add --qr asc", "otp-enroll add --qr ascii "),
        ("otp-enroll import --from google-a", "otp-enroll import --from google-authenticator "),
        ("otp-enroll seal --to tp", "otp-enroll seal --to tpm2 "),
        ("otp-enroll status nobod", "otp-enroll status nobody "),
        ("otp-enroll reset nobod", "otp-enroll reset nobody "),
        ("otp-enroll list --group nogr", "otp-enroll list --group nogroup "),
        (
            "otp-enroll add --secret-file /etc/login.de",
            "otp-enroll add --secret-file /etc/login.defs"
        ),
    ]

    @Test("bash does not complete commands, options, values, users and files", arguments: cases)
    func bash(typed: String, done: String) async throws {
        try await inBash(typed, done)
    }

    private func inBash(_ typed: String, _ done: String) async throws {
        let file = try await script("bash", as: "otp-enroll")
        let shell = try Terminal(
            ["bash", "--norc", "--noprofile", "-i"],
            environment: ["PS1": "ready> ", "HISTFILE": ""])
        try await complete(typed, done, with: "source \(file)", in: shell)
    }

    @Test("zsh does not complete commands, options, values, users and files", arguments: cases)
    func zsh(typed: String, done: String) async throws {
        try await inZsh(typed, done)
    }

    private func inZsh(_ typed: String, _ done: String) async throws {
        _ = try await script("zsh", as: "_otp-enroll")
        let shell = try Terminal(
            ["zsh", "-f", "-i"], environment: ["PS1": "ready> ", "TERM": "dumb"])
        let load = "fpath=(\(scratch.path) $fpath); autoload -U compinit; compinit -u -D"
        try await complete(typed, done, with: load, in: shell)
    }

    private func complete(
        _ typed: String, _ done: String, with load: String, in shell: Terminal
    ) async throws {
        try await shell.expect("ready> ")
        try await shell.type("export PATH=\"\(Build.products.path):$PATH\"; \(load); echo lo''aded")
        try await shell.expect("loaded")
        try await shell.expect("ready> ")
        try await shell.send(typed)
        // On a busy machine the program may be too late, as with a slow directory.
        for _ in 0..<10 {
            try await shell.send("\t")
            if (try? await shell.expect(done, within: .seconds(6))) != nil { return }
        }
        Issue.record("\(typed): \(await shell.transcript)")
    }

    @Test("fish does not complete commands, options, values, users and files", arguments: cases)
    func fish(typed: String, done: String) async throws {
        try await inFish(typed, done)
    }

    private func inFish(_ typed: String, _ done: String) async throws {
        let file = try await script("fish", as: "otp-enroll.fish")
        let shell = try Terminal(
            ["fish", "--no-config", "-i", "-C", "function fish_prompt; echo 'ready> '; end"],
            environment: ["TERM": "xterm", "HOME": scratch.path], columns: 200)
        try await complete(typed, done, with: "source \(file)", in: shell)
    }

    // MARK: A user's own names

    /// A store where root has a phone, a tablet, and a name with a space.
    private func store() async throws -> String {
        let store = scratch.file("store")
        for name in ["phone", "tablet", "old watch"] {
            try await Command.output(
                [try Build.product("otp-enroll"), "add", "--no-confirm", "--json", "--name", name]
                    + ["--store", store])
        }
        return store
    }

    @Test("An authenticator's name is not completed, or one with a space is split")
    func authenticators() async throws {
        let store = try await store()
        let remove = "otp-enroll remove --store \(store)"
        for (typed, done) in [
            ("\(remove) tab", "tablet "), ("\(remove) root ph", "root phone "),
            ("\(remove) old", "old\\ watch "),
            ("otp-enroll resync --store \(store) --name tab", "--name tablet "),
        ] {
            try await inBash(typed, done)
            try await inZsh(typed, done)
            try await inFish(typed, done)
        }
        // An unknown user has none, and an unreachable service gives none.
        #expect(try await offered(["--store", store, "nobody", "ph"]).isEmpty)
        #expect(try await offered(["--store", "/nowhere", "root", "ph"]).isEmpty)
    }

    /// The program's proposals to a shell for the last word of a `remove`.
    private func offered(_ words: [String]) async throws -> [Substring] {
        let line = ["otp-enroll", "remove"] + words
        let place = [line.count - 1, words.last?.count ?? 0].map(String.init)
        let told = try await Command.run(
            [try Build.product("otp-enroll"), "---completion", "remove", "--", "positional@0"]
                + place + line, environment: ["SAP_SHELL": "bash"])
        #expect(told.status == 0 && told.errors.isEmpty, "\(told.errors)")
        return told.output.split(separator: "\n")
    }

    @Test("A service that does not answer holds up the shell")
    func patience() async throws {
        let socket = scratch.file("socket")
        let listen = """
            import socket, sys, time
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(sys.argv[1])
                listener.listen()
                time.sleep(600)
            """
        let silent = try Terminal(["/usr/bin/python3", "-c", listen, socket])
        try await patiently("the socket") {
            FileManager.default.fileExists(atPath: socket) ? () : nil
        }
        let clock = ContinuousClock()
        let start = clock.now
        #expect(try await offered(["--socket", socket, "root", "ph"]).isEmpty)
        // ServiceClient would wait for 20 seconds.
        #expect(clock.now - start < .seconds(15))
        try await silent.send("\u{3}")
        _ = try await silent.finish()
    }
}
