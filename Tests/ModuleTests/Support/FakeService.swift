import Foundation
import TestSupport

/// Something that listens in the place of swiftotpd, and is none.
final class FakeService: Sendable {
    /// What it does with a connection.
    enum Manner: Sendable {
        /// Never says a word.
        case silent
        /// Never takes a connection, and lets nobody wait for one either.
        case full
        /// Sends this, in digits of base 16, when the login was told, and ends.
        case sends(String)
        /// Sends this, and then nothing.
        case stops(String)
        /// Sends this, and then a byte each second.
        case drips(String)
        /// Sends the first part, takes an answer, and sends the second one.
        case asks(String, then: String)

        var words: [String] {
            switch self {
            case .silent: ["silent", ""]
            case .full: ["full", ""]
            case .sends(let hex): ["sends", hex]
            case .stops(let hex): ["stops", hex]
            case .drips(let hex): ["drips", hex]
            case .asks(let hex, let more): ["asks", hex, more]
            }
        }
    }

    let socket: String
    private let scratch: Scratch
    private let run: Task<Void, Never>

    /// Starts it, as root or as somebody else.
    init(_ manner: Manner, as account: Account? = nil) async throws {
        let scratch = try Scratch()
        let folder = try scratch.folder("run", mode: 0o777)
        let socket = folder + "/swiftotpd.sock"
        let program = try scratch.write(Self.program, to: "fake.py", mode: 0o644)
        let words = ["python3", "-B", program, socket] + manner.words
        let all = account?.running(words) ?? words
        run = Task { _ = try? await Command.run(all, within: .seconds(300)) }
        (self.scratch, self.socket) = (scratch, socket)
        // It gets its name when it listens.
        _ = try await patiently("the false service to listen") {
            access(socket, F_OK) == 0 ? true : nil
        }
    }

    deinit { run.cancel() }

    private static let program = """
        import os, socket, sys, time
        path, manner, data = sys.argv[1:4]
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path + ".new")
        os.chmod(path + ".new", 0o666)
        listener.listen(0 if manner == "full" else 16)
        waiting = []
        if manner == "full":
            first = socket.socket(socket.AF_UNIX)
            first.connect(path + ".new")
        os.rename(path + ".new", path)
        while manner == "full":
            time.sleep(1)

        def frame(connection):
            length = int.from_bytes(connection.recv(2, socket.MSG_WAITALL), "big")
            return connection.recv(length, socket.MSG_WAITALL)

        while True:
            connection, _ = listener.accept()
            waiting.append(connection)
            try:
                frame(connection)
                if manner != "silent":
                    connection.sendall(bytes.fromhex(data))
                while manner == "drips":
                    time.sleep(1)
                    connection.sendall(b"\\1")
                if manner == "asks":
                    frame(connection)
                    connection.sendall(bytes.fromhex(sys.argv[4]))
            except OSError:
                pass
            if manner in ("sends", "asks"):
                waiting.pop().close()

        """
}
