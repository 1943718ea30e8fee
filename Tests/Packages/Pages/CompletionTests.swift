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
        let file = try await script("bash", as: "otp-enroll")
        let shell = try Terminal(
            ["bash", "--norc", "--noprofile", "-i"],
            environment: ["PS1": "ready> ", "HISTFILE": ""])
        try await complete(typed, done, with: "source \(file)", in: shell)
    }

    @Test("zsh does not complete commands, options, values, users and files", arguments: cases)
    func zsh(typed: String, done: String) async throws {
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
        try await shell.type("PATH=\(Build.products.path):$PATH; \(load); echo lo''aded")
        try await shell.expect("loaded")
        try await shell.expect("ready> ")
        try await shell.send(typed + "\t")
        try await shell.expect(done, within: .seconds(20))
    }

    @Test("fish does not complete commands, options, values, users and files", arguments: cases)
    func fish(typed: String, done: String) async throws {
        let file = try await script("fish", as: "otp-enroll.fish")
        let told = try await Command.output(
            ["fish", "--no-config", "--command", "source \(file); complete -C '\(typed)'"],
            environment: ["PATH": "\(Build.products.path):/usr/bin:/bin"])
        // One per line: the word, a tab, and its description.
        let words = told.split(separator: "\n").map { $0.split(separator: "\t")[0] }
        let wanted = try #require(done.split(separator: " ").last)
        #expect(words == [wanted])
    }
}
