import Foundation
import TestSupport
import Testing

/// polkit's own programs. From version 127 on, the password is checked by a service whose unit may
/// not write anything (polkit-agent-helper@.service).
@Suite("packages: polkit")
struct PolkitTests {
    private static let helper = "polkit-agent-helper.socket"

    @Test("Becoming root through polkit needs no code, or is refused with the right one")
    func authentication() async throws {
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
        #expect(try await isAllowed("999-999", in: root) == false)
        #expect(try await isAllowed(codes[0], in: root))
        #expect(try await isAllowed(codes[0], in: root) == false)
        // One code, checked by the service: no other process has written to the store.
        let left = try await root.output("otp-enroll", "status", "alice", "--json")
        #expect(left.contains("\"backup_codes_left\": 9"), "\(left)")
        #expect(try await machine.service() != nil)
    }

    /// What pkexec asks for. Not through pkexec, whose own agent is root's: polkit 128 accepts no
    /// answer from that, whoever checks the password.
    private static let question = """
        ready=$(TMPDIR=/tmp mktemp -u)
        mkfifo "$ready"
        pkttyagent --process $$ --notify-fd 3 3>"$ready" &
        cat "$ready"
        pkcheck --action-id org.freedesktop.policykit.exec --process $$ \\
            --allow-user-interaction && echo allowed:$(id -un).
        kill $!
        """

    /// Whether alice is allowed, with her password and a code.
    private func isAllowed(_ code: String, in root: PrivateRoot) async throws -> Bool {
        let alice = ["setpriv", "--reuid=alice", "--regid=alice", "--init-groups"]
        let terminal = try Terminal(root.running(alice + ["sh", "-c", Self.question]))
        try await terminal.expectHidden("assword")
        try await terminal.type("first factor")
        try await terminal.expectHidden("Verification code")
        try await terminal.type(code)
        return try await terminal.expectAny(["allowed:alice.", "ot authorized"]) == 0
    }
}
