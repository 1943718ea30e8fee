import Foundation
import TestSupport

/// A listener in swiftotpd's place that sends these bytes to every connection, and nothing else.
final class ScriptedService: Sendable {
    let socket: String
    private let scratch: Scratch
    private let child: Child

    /// As `account`, or as root.
    init(saying bytes: [UInt8], as account: Account? = nil) async throws {
        scratch = try Scratch()
        let folder = try scratch.folder("run", mode: 0o777)
        socket = folder + "/swiftotpd.sock"
        let script = """
            import os, socket, sys
            path, words = sys.argv[1], bytes.fromhex(sys.argv[2])
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(path + ".new")
            os.chmod(path + ".new", 0o666)
            listener.listen(64)
            os.rename(path + ".new", path)
            held = []
            while True:
                connection, _ = listener.accept()
                connection.sendall(words)
                held.append(connection)

            """
        let hex = bytes.map { String(format: "%02x", $0) }.joined()
        let words = ["/usr/bin/python3", "-Ic", script, socket, hex]
        let quiet = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(quiet) }
        let started = try Child(
            account?.running(words) ?? words, streams: .descriptors(quiet, quiet, quiet))
        child = started
        let path = socket
        _ = try await patiently("somebody to listen") {
            guard started.status == nil else { throw Trouble("nothing listens on \(path)") }
            return access(path, F_OK) == 0 ? true : nil
        }
    }

    deinit { child.end() }
}
