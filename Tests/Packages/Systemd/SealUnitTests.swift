import Foundation
import TestSupport
import Testing

/// A sealed seal key as systemd opens it, and as the service finds it in its sandbox. The programs are
/// those built along with the tests; the TPM is swtpm.
@Suite("The sealed key, under systemd")
struct SealUnitTests {
    private static let unit = "swiftotp-key.service"
    private static let device = "swtpm:path=/srv/tpm"

    private func install(in root: PrivateRoot) async throws {
        for (program, place) in [
            ("otp-enroll", "/usr/bin/otp-enroll"), ("swiftotpd", "/usr/libexec/swiftotpd"),
        ] { try await root.output("install", "-D", root.bring(Build.product(program)), place) }
        try root.write(try Project.text("packaging/open-key"), to: "/srv/open-key")
        try await root.output(
            "install", "-D", "-m", "755", "/srv/open-key", "/usr/libexec/swiftotp/open-key")
        for unit in ["swiftotpd.service", "swiftotpd.socket", Self.unit] {
            try root.write(
                try Project.text("packaging/systemd/\(unit)"), to: "/etc/systemd/system/\(unit)")
        }
        try root.write(
            try Project.text("packaging/tmpfiles/swiftotp.conf"),
            to: "/usr/lib/tmpfiles.d/swiftotp.conf")
        try await root.output("systemd-tmpfiles", "--create", "swiftotp.conf")
        try await root.output("systemctl", "daemon-reload")
        try await root.output("systemctl", "enable", "--now", "--quiet", "swiftotpd.socket")
        try await root.output(
            "sh", "-ec",
            """
            mkdir /srv/state
            swtpm_setup --tpm2 --tpmstate /srv/state --createek --overwrite
            systemd-run --quiet --unit=tpm swtpm socket --tpm2 --tpmstate dir=/srv/state \\
                --server type=unixio,path=/srv/tpm --ctrl type=unixio,path=/srv/tpm.ctrl \\
                --flags not-need-init,startup-clear
            while [ ! -e /srv/tpm.ctrl ]; do sleep 0.1; done
            """)
        try await tool("tpm2_pcrextend 7:sha256=" + String(repeating: "0f", count: 32), in: root)
    }

    private func tool(_ line: String, in root: PrivateRoot) async throws {
        try await root.output("sh", "-ec", "TPM2TOOLS_TCTI=\(Self.device) exec \(line)")
    }

    /// swtpm has no resource manager, so what programs leave in it is flushed.
    private func flush(in root: PrivateRoot) async throws {
        for kind in ["--loaded-session", "--transient-object", "--saved-session"] {
            try await tool("tpm2_flushcontext \(kind)", in: root)
        }
    }

    /// What a start of the machine does with these units.
    private func restart(_ root: PrivateRoot) async throws {
        try await root.output(
            "systemctl", "stop", "swiftotpd.socket", "swiftotpd.service", Self.unit)
        try await root.output("sh", "-ec", "rm -f /run/swiftotp-key/*")
        _ = try await root.run("systemctl", "reset-failed", Self.unit)
        try await flush(in: root)
        try await root.output("systemctl", "start", "swiftotpd.socket")
    }

    private func verify(_ code: String, in root: PrivateRoot) async throws -> Command {
        try await root.run("otp-enroll", "verify", "alice", input: code + "\n")
    }

    @Test("The key is not open before the socket listens, or the service cannot use or replace it")
    func opened() async throws {
        let machine = try await SystemdMachine()
        let root = machine.root
        try await install(in: root)
        try await root.user("alice", password: "first factor")
        let codes = try await root.enroll("alice").backupCodes
        #expect(try await verify(codes[0], in: root).status == 0)
        // The service was started before there was anything in its folder.
        let sealed = try await root.run(
            "otp-enroll", "seal", "--to", "tpm2", "--tpm2-device", Self.device)
        #expect(sealed.status == 0, "\(sealed.errors)")
        #expect(try await verify(codes[1], in: root).status == 0)

        try await restart(root)
        #expect(try await machine.property("ActiveState", of: Self.unit) == "active")
        let done = try await verify(codes[2], in: root)
        #expect(done.status == 0, "\(done.errors)")
        #expect(try await machine.service() != nil)
        let status = try await root.run("systemctl", "status", Self.unit).output
        #expect(status.contains("the seal key is open (tpm2)"), "\(status)")
        // In the sandbox, the service writes in memory.
        try await flush(in: root)
        let rekeyed = try await root.run("otp-enroll", "rekey", "--yes")
        #expect(rekeyed.status == 0, "\(rekeyed.errors)")
        let key = try #require(
            rekeyed.output.firstMatch(of: #/Recovery key: (\S+)/#)?.output.1)
        #expect(try await verify(codes[3], in: root).status == 0)
        try await restart(root)
        #expect(try await verify(codes[4], in: root).status == 0)

        try await tool("tpm2_clear -c platform", in: root)
        try await restart(root)
        #expect(try await machine.property("ActiveState", of: Self.unit) == "failed")
        let refused = try await verify(codes[5], in: root)
        #expect(refused.status == 1 && refused.errors.contains("otp-enroll seal --recover"))
        let log = try await root.output("journalctl", "-q", "-o", "cat", "-u", Self.unit)
        #expect(log.contains("was the firmware changed"), "\(log)")
        try await flush(in: root)
        let recovered = try await root.run("otp-enroll", "seal", "--recover", input: key + "\n")
        #expect(recovered.status == 0, "\(recovered.errors)")
        #expect(try await verify(codes[5], in: root).status == 0)
        try await restart(root)
        #expect(try await verify(codes[6], in: root).status == 0)
    }
}
