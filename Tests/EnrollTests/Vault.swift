import Foundation
import TestSupport
import Testing

/// A key of age that backups are encrypted to.
struct Vault {
    let identity: String
    let recipient: String

    init(in scratch: Scratch) async throws {
        identity = scratch.file("identity-\(UUID().uuidString)")
        try await Command.output(["age-keygen", "-o", identity])
        recipient = try await Command.output(["age-keygen", "-y", identity])
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// What is in a backup.
    func open(_ file: String) async throws -> String {
        try await Command.output(["age", "-d", "-i", identity, file])
    }

    /// Encrypts something else as a backup.
    func seal(_ text: String, to file: String) async throws {
        try await Command.output(["age", "-r", recipient, "-o", file], input: text)
    }
}

extension Desk {
    /// Makes a backup, and returns its path.
    func backUp(to vault: Vault, _ name: String = "backup.age") async throws -> String {
        let file = scratch.file(name)
        let done = try await run("backup", file, "-r", vault.recipient, "-i", vault.identity)
        #expect(done.status == 0, "\(done.errors)")
        return file
    }

    func restore(_ file: String, _ vault: Vault, _ more: String...) async throws -> Command {
        try await Command.run(words(["restore", file, "-i", vault.identity, "--yes"] + more))
    }

    /// Removes the store, as a lost disk would.
    func loseStore() throws { try FileManager.default.removeItem(atPath: store) }
}
