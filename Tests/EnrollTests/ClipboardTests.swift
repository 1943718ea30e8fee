import Foundation
import TestSupport
import Testing

/// The clipboard of a real terminal, which takes a text from an escape sequence.
@Suite struct ClipboardTests {
    let desk: Desk
    let account: Account

    init() async throws {
        desk = try Desk()
        account = try await Account.make("copy")
    }

    /// Runs a shell script with the words as its arguments in a terminal (tmux) that lets programs
    /// set the clipboard; returns the exit status, the screen and the clipboard.
    private func run(
        _ script: String, _ words: [String], term: String = "tmux-256color"
    ) async throws -> (status: Int32, screen: String, clipboard: String?) {
        let scratch = try Scratch()
        let status = scratch.file("status")
        let settings = try scratch.write(
            "set -s set-clipboard on\nset -g default-terminal \(term)\n", to: "tmux.conf")
        let tmux = ["tmux", "-u", "-S", scratch.file("tmux")]
        let whole =
            "(\(script)); echo $? >\(status).new; mv \(status).new \(status); sleep infinity"
        try await Command.output(
            tmux + ["-f", settings, "new-session", "-d", "-x", "90", "-y", "24"]
                + ["sh", "-c", whole, "sh"] + words)
        let ended: Int32
        do {
            ended = try await patiently("the end of \(script)") {
                try? Int32(String(contentsOfFile: status, encoding: .utf8).dropLast())
            }
            // The program's last output may still be on its way to the screen.
            try await Task.sleep(for: .milliseconds(300))
        } catch {
            _ = try await Command.run(tmux + ["kill-server"])
            throw error
        }
        let screen = try await Command.output(tmux + ["capture-pane", "-p", "-S", "-"])
        let buffer = try await Command.run(tmux + ["show-buffer"])
        try await Command.output(tmux + ["kill-server"])
        return (ended, screen, buffer.status == 0 ? buffer.output : nil)
    }

    /// Where the terminal is when other output is redirected.
    @Test(arguments: [
        #""$@""#, #""$@" >/dev/null"#, #""$@" 2>/dev/null"#, #""$@" >/dev/null 2>&1"#,
        #""$@" </dev/null >/dev/null 2>&1"#,
    ])
    func theCodeIsOnTheClipboardAlone(script: String) async throws {
        let done = try await run(script, desk.words(["issue", account.name, "--copy"]))
        #expect(done.status == 0, "\(done.screen)")
        let code = try #require(done.clipboard)
        #expect(code.wholeMatch(of: #/[0-9A-Z]{4}(-[0-9A-Z]{4}){2}/#) != nil, "\(code)")
        #expect(!done.screen.contains(code))
        // Nothing of the sequence stays on the screen.
        let encoded = Data(code.utf8).base64EncodedString()
        #expect(!done.screen.contains(encoded) && !done.screen.contains("]52;"))
        let verified = try await desk.run("verify", account.name, input: code + "\n")
        #expect(verified.status == 0, "\(verified.errors)")
    }

    @Test func whereNoTerminalIsItIsAFailure() async throws {
        let done = try await desk.run("issue", account.name, "--copy")
        #expect(done.status == 1)
        #expect(
            done.errors.hasPrefix(
                """
                otp-enroll: there is no terminal whose clipboard could be used
                hint: run it at a terminal; with ssh: ssh -t

                """), "\(done.errors)")
        #expect(!done.output.contains("\u{1b}") && !done.errors.contains("\u{1b}"))
    }

    /// A terminal that does not know the sequence would show the code in Base64.
    @Test func aDumbTerminalHasNoClipboard() async throws {
        let words = try desk.words(["issue", account.name, "--copy"])
        let done = try await run(#"TERM=dumb "$@""#, words)
        #expect(done.status == 1)
        #expect(done.screen.contains("otp-enroll: this terminal has no clipboard"))
        #expect(done.clipboard == nil)
    }
}
