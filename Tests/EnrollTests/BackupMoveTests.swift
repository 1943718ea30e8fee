import Foundation
import TestSupport
import Testing

/// `backup --to`: by the real ssh and sshd, to another store.
@Suite struct BackupMoveTests {
    let desk: Desk
    let other: Desk

    init() throws { (desk, other) = (try Desk(), try Desk()) }

    /// An sshd for root, and the words before a program whose home has what reaches it.
    private struct Server {
        let sshd: Terminal
        let around: [String]

        init(in scratch: Scratch) async throws {
            let port = try Port.free()
            let folder = try scratch.folder("ssh", mode: 0o700)
            for name in ["host_key", "user_key"] {
                try await Command.output([
                    "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "\(folder)/\(name)",
                ])
            }
            let hostKey = try String(contentsOfFile: folder + "/host_key.pub", encoding: .utf8)
            try scratch.write("[127.0.0.1]:\(port) \(hostKey)", to: "ssh/known_hosts")
            try scratch.write(
                """
                Host other
                HostName 127.0.0.1
                Port \(port)
                User root
                IdentityFile ~/.ssh/user_key
                StrictHostKeyChecking yes

                """, to: "ssh/config")
            let config = try scratch.write(
                """
                ListenAddress 127.0.0.1:\(port)
                HostKey \(folder)/host_key
                PidFile none
                UsePAM no
                PermitRootLogin prohibit-password
                StrictModes no
                AuthorizedKeysFile \(folder)/user_key.pub

                """, to: "sshd_config")
            sshd = try Terminal(["/usr/sbin/sshd", "-D", "-e", "-f", config])
            try await sshd.expect("Server listening on 127.0.0.1")
            let script = #"mkdir -p /root/.ssh && mount --bind "$0" /root/.ssh && exec "$@""#
            around = ["unshare", "-m", "sh", "-c", script, folder]
        }

        func end() { sshd.child.signal(SIGTERM) }
    }

    private func words(_ more: [String]) throws -> [String] {
        let remote = "\(try Build.product("otp-enroll")) --store \(other.store)"
        return try desk.words(["backup", "--to", "other", "--remote", remote] + more)
    }

    @Test("A move asks after it has begun, loses a user, or a code counts at both hosts unasked")
    func moves() async throws {
        let server = try await Server(in: desk.scratch)
        defer { server.end() }
        let codes = try await desk.enroll().codes
        try await desk.enroll("daemon")
        #expect(try await desk.verify(codes[0]).0)
        let refused = try Terminal(server.around + words([]))
        try await refused.expect("2 users would be restored, 0 of them over")
        try await refused.expect("19 backup codes would end")
        try await refused.expect("Do this on other? [y/N]")
        try await refused.type("n")
        try await refused.expect("otp-enroll: nothing was changed")
        #expect(try await refused.finish() == 1)
        #expect(access(other.store, F_OK) != 0)
        let done = try await Command.run(server.around + words(["--yes", "--keep-backup-codes"]))
        #expect(done.status == 0, "\(done.errors)")
        #expect(done.output.contains("2 users were restored"), "\(done.output)")
        #expect(done.errors.contains("let nobody log in here with a code"), "\(done.errors)")
        #expect(try await other.verify(codes[0]).0 == false)
        #expect(try await other.verify(codes[1]).0)
        // Another seal key.
        let keys = [desk, other].map {
            FileManager.default.contents(atPath: $0.store + "/seal.key")
        }
        #expect(keys[0] != nil && keys[0] != keys[1])
    }

    @Test("What is wrong at the other end is not said")
    func trouble() async throws {
        let server = try await Server(in: desk.scratch)
        defer { server.end() }
        try await desk.enroll()
        let nowhere = try await Command.run(
            server.around + desk.words(["backup", "--to", "nowhere.invalid", "--yes"]))
        #expect(nowhere.status == 1)
        #expect(nowhere.errors.contains("ssh does not reach nowhere.invalid"), "\(nowhere.errors)")
        let missing = try await Command.run(
            server.around
                + desk.words(["backup", "--to", "other", "--remote", "/nowhere/x", "--yes"]))
        #expect(missing.status == 1)
        #expect(missing.errors.contains("/nowhere/x does not run on other"), "\(missing.errors)")
        // A host's name is no option of ssh's.
        let mark = desk.scratch.file("mark")
        let option = try await Command.run(
            server.around
                + desk.words(["backup", "--to=-oProxyCommand=touch \(mark)", "--yes"]))
        #expect(option.status == 1 && access(mark, F_OK) != 0, "\(option.errors)")
        // The other end's own words come through.
        try await other.enroll("daemon")
        unlink(other.store + "/marker")
        unlink(other.store + "/1")
        let lost = try await Command.run(server.around + words(["--yes"]))
        #expect(lost.status == 1 && lost.errors.contains("its marker is missing"), "\(lost.errors)")
        #expect(lost.errors.contains("not everything was restored on other"), "\(lost.errors)")
    }
}
