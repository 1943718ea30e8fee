import Foundation
import TestSupport

/// A TPM in software (swtpm), on a socket of its own.
///
/// It has no resource manager, as /dev/tpmrm0 has, so what a program leaves in it has to be flushed.
final class SoftTPM: Sendable {
    /// Its name for `--tpm2-device` and the TPM's tools.
    let device: String
    private let scratch: Scratch
    private let child: Child

    init() async throws {
        scratch = try Scratch()
        let state = try scratch.folder("state"), socket = scratch.file("tpm")
        device = "swtpm:path=\(socket)"
        try await Command.output([
            "swtpm_setup", "--tpm2", "--tpmstate", state, "--createek", "--overwrite",
        ])
        let quiet = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(quiet) }
        child = try Child(
            [
                "swtpm", "socket", "--tpm2", "--tpmstate", "dir=\(state)", "--server",
                "type=unixio,path=\(socket)", "--ctrl", "type=unixio,path=\(socket).ctrl",
                "--flags", "not-need-init,startup-clear",
            ], streams: .descriptors(quiet, quiet, quiet))
        _ = try await patiently("a TPM at \(socket)") {
            access(socket + ".ctrl", F_OK) == 0 ? true : nil
        }
        // As firmware does before it starts anything.
        try await changeFirmware()
    }

    /// Measures something else at the start of the machine.
    func changeFirmware() async throws {
        let digest = String(repeating: "0123456789abcdef", count: 4)
        try await tool("tpm2_pcrextend", "7:sha256=\(digest)")
    }

    /// Forgets all that was ever sealed to it.
    func clear() async throws { try await tool("tpm2_clear", "-c", "platform") }

    /// Forgets what programs have left open.
    func flush() async throws {
        for kind in ["--loaded-session", "--transient-object", "--saved-session"] {
            try await tool("tpm2_flushcontext", kind)
        }
    }

    private func tool(_ words: String...) async throws {
        try await Command.output(words, environment: ["TPM2TOOLS_TCTI": device])
    }
}
