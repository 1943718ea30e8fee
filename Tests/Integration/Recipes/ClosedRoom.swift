import Foundation
import TestSupport

/// A server and its client under one policy, with their own network, and removed together.
struct ClosedRoom {
    let policy: Policy
    /// Where they run, and the configuration from the page.
    let folder: String

    /// The words that run a script in there: what it starts in the background ends with it.
    func running(_ script: String, _ arguments: [String] = []) -> [String] {
        policy.running(
            [
                "unshare", "--net", "--pid", "--fork", "--kill-child", "env", "-C", folder,
                "sh", "-ec", "ip link set lo up\n" + script, "sh",
            ] + arguments)
    }

    func write(_ lines: [String], to name: String) throws {
        let text = lines.joined(separator: "\n") + "\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }

    /// Makes `server.key` and `server.crt`.
    func makeCertificate() async throws {
        try await Command.output(
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=server",
                "-keyout", folder + "/server.key", "-out", folder + "/server.crt",
            ])
    }
}
