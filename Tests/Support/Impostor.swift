/// A program that listens in the service's place.
public final class Impostor: Sendable {
    /// Where it listens.
    public let socket: String
    /// Its output.
    public let terminal: Terminal

    private let scratch: Scratch

    /// Listens with Python, and runs `work` for each connection `c`; `w` is a welcome, `frame`
    /// receives a frame, and `reply` sends the welcome and answers one request. A full one accepts
    /// no connection, and has no queue for one either. `words` make it somebody else's; its socket is
    /// called `name`.
    public init(
        _ work: String, isFull: Bool = false, at name: String = "swiftotpd.sock",
        as words: ([String]) -> [String] = { $0 }
    ) async throws {
        scratch = try Scratch()
        let socket = try scratch.folder("run", mode: 0o777) + "/" + name
        let script = """
            import os, socket, time
            s = socket.socket(socket.AF_UNIX); s.bind("\(socket)"); os.chmod("\(socket)", 0o666)
            s.listen(\(isFull ? 0 : 9))
            first = socket.socket(socket.AF_UNIX)
            if \(isFull ? 1 : 0): first.connect("\(socket)")
            print("listening", flush=True)
            w = b"\\x00\\x02\\x40\\x02"
            def frame():
                length = int.from_bytes(c.recv(2, socket.MSG_WAITALL), "big")
                return c.recv(length, socket.MSG_WAITALL)
            def reply(text):
                c.sendall(w)
                c.recv(9999)
                c.sendall((len(text) + 1).to_bytes(2, "big") + b"\\x4a" + text.encode())
            while \(isFull ? 1 : 0): time.sleep(1)
            while True:
                c, _ = s.accept()
                try:
                    \(work)
                except OSError:
                    pass
                c.close()
            """
        self.socket = socket
        terminal = try Terminal(words(["/usr/bin/python3", "-c", script]))
        try await terminal.expect("listening")
    }
}
