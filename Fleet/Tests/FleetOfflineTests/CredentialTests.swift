import Foundation
import TestSupport
import Testing

@testable import FleetNetwork

@Suite("The master key as a credential of systemd")
struct CredentialTests {
    /// What somebody else may do with the credential or its folder.
    static let harms = [
        "chmod 604 fleet.key", "chmod 620 fleet.key", "chown nobody fleet.key",
        "chmod 440 fleet.key; chgrp nogroup fleet.key", "ln -sf /etc/hostname fleet.key",
        "chmod 770 .", "chmod 703 .", "chown nobody .",
    ]

    @Test("A credential is read that others than root may change or read", arguments: harms)
    func refused(_ change: String) async throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/fleet.key"
        try PrivateFile.write("key", at: path, mode: 0o400)
        // As newer versions of systemd give it to the service's user.
        try await Built.run(["chmod", "440", path])
        #expect(try PrivateFile.credential(path) == "key")
        try await Built.run(["env", "-C", folder.path, "sh", "-c", change])
        #expect(throws: FleetProblem.self) { try PrivateFile.credential(path) }
    }

    /// The guide's command that begins with these words, with the folders of a test.
    private static func page(_ beginning: String, in fleet: LiveFleet) throws -> String {
        let lines = try Project.text("docs/FLEET.md").split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix("    \(beginning)") }, "\(beginning)")
        return String(line).replacing("/etc/swiftotp-server/", with: "\(fleet.path(of: 1))/")
            .replacing("/etc/credstore.encrypted/", with: "\(fleet.folder)/")
            // Not every machine has a TPM.
            .replacing("host+tpm2", with: "host")
    }

    /// Makes a credential of the first server's key as the guide says, and opens it as systemd does.
    private func seal(_ fleet: LiveFleet) async throws -> String {
        let folder = "\(fleet.folder)/credentials"
        let script = """
            mount -t tmpfs none /var/lib
            mkdir /var/lib/systemd
            \(try Self.page("systemd-creds encrypt", in: fleet))
            \(try Self.page("systemd-creds decrypt", in: fleet))
            umask 077
            mkdir '\(folder)'
            systemd-creds decrypt --name=fleet.key '\(fleet.folder)/swiftotp-fleet.key' \
                '\(folder)/fleet.key'
            chmod 400 '\(folder)/fleet.key'
            chmod 500 '\(folder)'
            """
        try await Built.run(["unshare", "--mount", "sh", "-ec", script])
        return folder
    }

    @Test("With a sealed key the server does not serve, a command does not say how, or both count")
    func sealed() async throws {
        let fleet = try await LiveFleet()
        let port = try LiveFleet.freePort()
        try await fleet.makeFleet(port: port)
        let file = "\(fleet.path(of: 1))/fleet.key"
        let key = try PrivateFile.read(file)
        let folder = try await seal(fleet)
        #expect(!PrivateFile.exists(file))

        let bare = try await Built.refusal { try await fleet.server("hosts") }
        let program = try Built.program("swiftotp-server")
        #expect(bare.contains("\(file) is missing"), "\(bare)")
        #expect(
            bare.contains(
                "\n    systemd-run -qdGP -E SUDO_USER -p LoadCredentialEncrypted="
                    + "fleet.key:/etc/credstore.encrypted/swiftotp-fleet.key "
                    + "\(program) hosts --folder \(fleet.path(of: 1))\n"), "\(bare)")
        let served = try await Built.refusal { try await fleet.server("serve") }
        #expect(served.contains("the unit lacks `LoadCredentialEncrypted="), "\(served)")
        #expect(!served.contains("systemd-run"), "\(served)")

        fleet.credentials.withLock { $0 = folder }
        try fleet.startServer()
        try await fleet.join(port)
        try fleet.startAgent()
        #expect(await eventually { await fleet.isReady() })
        #expect(try await fleet.server("hosts").contains("web17"))

        let rotated = try await Built.refusal {
            try await fleet.server("rotate-key", "--owner", fleet.owner, "--alone")
        }
        #expect(rotated.contains("it has to be a file while it is replaced"), "\(rotated)")
        let made = try await Built.refusal {
            try await fleet.server(
                "init", "--fleet", "lab", "--names", "127.0.0.1", "--owner", fleet.owner,
                "--database", fleet.owner)
        }
        #expect(made.contains("is a server's folder already"), "\(made)")
        #expect(!PrivateFile.exists(file))

        // One of them may be an old one.
        try PrivateFile.write(key, at: file)
        let both = try await Built.refusal { try await fleet.server("hosts") }
        #expect(both.contains("there are two master keys"), "\(both)")
        PrivateFile.remove(file)
        try await Built.run(["chmod", "604", "\(folder)/fleet.key"])
        let open = try await Built.refusal { try await fleet.server("hosts") }
        #expect(open.contains("that root and this program's user alone may read"), "\(open)")
    }
}
