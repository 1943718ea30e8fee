import Foundation
import TestSupport
import Testing

/// `restore` where a PAM line accepts codes that are further off than swiftotp.conf says.
@Suite struct RestoreWindowTests {
    let desk: Desk
    let vault: Vault
    let policy: Policy

    init() async throws {
        desk = try Desk()
        vault = try await Vault(in: desk.scratch)
        policy = try Policy()
    }

    /// Tries a code of up to ten steps from now.
    private func verify(_ code: String) async throws -> Command {
        let widest = try desk.scratch.write("window = 10\n", to: "widest.conf", mode: 0o644)
        return try await Command.run(
            desk.words(["verify", "root", "--json", "--config", widest]), input: code + "\n")
    }

    @Test(
        "A code that a PAM line's window has let in counts again, or a later one does not",
        arguments: [("window=8", 8), ("conf=FILE", 8), ("window=none", 10)])
    func lines(option: String, steps: Int) async throws {
        let phone = try await desk.enroll().phone
        let file = try await desk.backUp(to: vault)
        try desk.loseStore()
        let wide = try desk.scratch.write("window = 8\n", to: "wide.conf", mode: 0o644)
        let options = option.replacing("FILE", with: wide)
        try policy.write(["auth required pam_swiftotp.so \(options)"], service: "vpn")
        let begun = Int(Date().timeIntervalSince1970)
        let done = try await Command.run(
            policy.running(desk.words(["restore", file, "-i", vault.identity, "--yes"])))
        #expect(done.status == 0, "\(done.errors)")
        let ended = Int(Date().timeIntervalSince1970)
        let used = try await verify(try await phone.code(at: begun + steps * phone.period))
        #expect(used.output.contains("\"reason\": \"replayed\""), "\(used.output)\(used.errors)")
        guard steps < 10 else { return }
        #expect(try await desk.run("unlock", "root").status == 0)
        let later = try await verify(try await phone.code(at: ended + 10 * phone.period))
        #expect(later.status == 0, "\(later.output)\(later.errors)")
    }
}
