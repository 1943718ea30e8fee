import Foundation
import TestSupport
import Testing

/// polkit's own programs. From version 127 on, polkit has the password checked by a service whose unit
/// may write nothing (polkit-agent-helper@.service).
@Suite("packages: polkit asks")
struct PolkitTests {
    private static let helper = "polkit-agent-helper.socket"
    private static let words = "pkexec sh -c 'echo inside:$(id -un).'; true"

    @Test("pkexec lets somebody in without the right code, or shuts them out with it")
    func pkexec() async throws {
        let machine = try await SystemdMachine()
        let root = machine.root
        try await root.installPackages()
        try await root.user("alice", password: "first factor")
        try await root.output("usermod", "--append", "--groups", "sudo", "alice")
        let codes = try await root.enroll("alice").backupCodes
        try await root.output("pam-auth-update", "--enable", "swiftotp")
        if try await root.run("systemctl", "cat", Self.helper).status == 0 {
            try await root.output("systemctl", "start", Self.helper)
        }
        #expect(try await isLetIn("BBBB-BBBB-BBBB-BBBB", in: root) == false)
        #expect(try await isLetIn(codes[0], in: root) == true)
        #expect(try await isLetIn(codes[0], in: root) == false)
        // One code, and by the service: nobody else has written to the store.
        let left = try await root.output("otp-enroll", "status", "alice", "--json")
        #expect(left.contains("\"backup_codes_left\": 9"), "\(left)")
        #expect(try await machine.service() != nil)
    }

    /// alice's pkexec, with her password and a code.
    private func isLetIn(_ code: String, in root: PrivateRoot) async throws -> Bool {
        let alice = ["setpriv", "--reuid=alice", "--regid=alice", "--init-groups"]
        let terminal = try Terminal(root.running(alice + ["sh", "-c", Self.words]))
        try await terminal.expect("assword")
        try await terminal.type("first factor")
        try await terminal.expect("Verification code")
        try await terminal.type(code)
        return try await terminal.expectAny(["inside:root.", "ot authorized"]) == 0
    }
}
