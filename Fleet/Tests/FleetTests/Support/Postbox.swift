import Foundation
import TestSupport

/// swiftotp-messenger on a machine, whose programs put messages into a folder.
final class Postbox: Sendable {
    private let unit: SocketUnit
    private let scratch: Scratch
    private let folder: String
    private let socket: String

    init(on machine: Machine) async throws {
        let scratch = try Scratch()
        folder = try scratch.folder("sent")
        let queue = try scratch.folder("queue", mode: 0o700)
        let program = try scratch.write(
            """
            #!/bin/sh
            file=$(mktemp "\(scratch.file("sent"))/.new.XXXXXX")
            { echo "$1"; cat; } >"$file"
            mv "$file" "\(scratch.file("sent"))/$$.$(date +%s%N)"

            """, to: "send", mode: 0o755)
        let settings = try scratch.write(
            "mail = \(program) {to}\nsms = \(program) {to}\n", to: "messenger.conf", mode: 0o644)
        socket = "\(machine.folder)/run/swiftotp-messenger/messenger.sock"
        unit = try await SocketUnit(
            socket, in: scratch, backlog: 64,
            starting: machine.words + [
                Host.program("swiftotp-messenger"), "--config", settings, "--queue", queue,
            ])
        self.scratch = scratch
    }

    /// All messages: the address in the first line, then the text.
    var messages: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { !$0.hasPrefix(".") }.compactMap {
            try? String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)
        }
    }

    /// Ends it, as `systemctl stop` ends its socket.
    func end() {
        unit.end()
        unlink(socket)
    }
}
