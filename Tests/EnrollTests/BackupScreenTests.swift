import Foundation
import TestSupport
import Testing

/// `backup` and `restore` at a terminal, where age asks for a passphrase.
@Suite struct BackupScreenTests {
    let desk: Desk
    let file: String

    init() throws {
        desk = try Desk()
        file = desk.scratch.file("backup.age")
    }

    private static let passphrase = "correct horse battery"

    /// Makes a backup, with these answers to the questions for a passphrase.
    private func backUp(_ answers: [String]) async throws -> Terminal {
        let terminal = try Terminal(desk.words(["backup", file, "--passphrase"]))
        let questions = ["Enter passphrase", "Confirm passphrase", "Enter passphrase"]
        for (question, answer) in zip(questions, answers) {
            try await terminal.expectHidden(question)
            try await terminal.type(answer)
        }
        return terminal
    }

    private func restore(_ passphrase: String) async throws -> Terminal {
        let terminal = try Terminal(desk.words(["restore", file]))
        try await terminal.expectHidden("Enter passphrase")
        try await terminal.type(passphrase)
        return terminal
    }

    @Test("With a passphrase no backup is made, or it is not restored")
    func passphrase() async throws {
        let codes = try await desk.enroll().codes
        let making = try await backUp(Array(repeating: Self.passphrase, count: 3))
        try await making.expect("It was decrypted again, and is whole.")
        #expect(try await making.finish() == 0)
        let before = try Snapshot(of: desk.store)
        let wrong = try await restore("incorrect")
        try await wrong.expect("otp-enroll: age: ")
        #expect(try await wrong.finish() == 1)
        #expect(try before.changes() == [])
        let right = try await restore(Self.passphrase)
        try await right.expect("Restore this, and end all backup codes? [y/N]")
        try await right.type("y")
        try await right.expect("1 user was restored, 1 of them over a record that was here.")
        #expect(try await right.finish() == 0)
        #expect(try await desk.verify(codes[0]).0 == false)
    }

    @Test("A backup whose passphrase was typed in two ways is kept")
    func mistyped() async throws {
        try await desk.enroll()
        try desk.scratch.write("earlier", to: "backup.age")
        let making = try await backUp([Self.passphrase, Self.passphrase, "correct horse"])
        try await making.expect("otp-enroll: age: ")
        try await making.expect("hint: it is another passphrase, or the file is damaged")
        #expect(try await making.finish() == 1)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "earlier")
        #expect(access(file + ".new", F_OK) != 0)
    }

    @Test("Left at the passphrase, a backup is begun, or a restore has changed something")
    func left() async throws {
        try await desk.enroll()
        let making = try Terminal(desk.words(["backup", file, "--passphrase"]))
        try await leave(making, saying: "interrupted: nothing was written")
        #expect(access(file, F_OK) != 0 && access(file + ".new", F_OK) != 0)
        // As far as its first line says, it has a passphrase.
        let head = "age-encryption.org/v1\n-> scrypt bBjlhJVYZeE4aqUdmtRHfw 15\n"
        let body = String(repeating: "A", count: 43) + "\n--- " + String(repeating: "A", count: 43)
        try desk.scratch.write(head + body + "\n", to: "backup.age")
        let before = try Snapshot(of: desk.store)
        let restoring = try Terminal(desk.words(["restore", file]))
        try await leave(restoring, saying: "interrupted: nothing was changed")
        #expect(try before.changes() == [])
    }

    private func leave(_ terminal: Terminal, saying words: String) async throws {
        try await terminal.expectHidden("Enter passphrase")
        try await terminal.send("\u{3}")
        try await terminal.expect("otp-enroll: \(words)")
        #expect(try await terminal.finish() == 1)
    }
}
