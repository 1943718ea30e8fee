import TestSupport

/// Something that listens in the service's place.
final class Impostor: Sendable {
    /// Where it listens.
    let socket: String
    /// What it prints.
    let terminal: Terminal
    private let scratch: Scratch

    /// Listens with python, and does `work` with each connection `c`; `w` is a welcome, and
    /// `reply` says it and answers one request. `words` make it somebody else's.
    init(_ work: String, as words: ([String]) -> [String] = { $0 }) async throws {
        scratch = try Scratch()
        let socket = try scratch.folder("run", mode: 0o777) + "/swiftotpd.sock"
        let script = """
            import os, socket, time
            s = socket.socket(socket.AF_UNIX); s.bind("\(socket)"); os.chmod("\(socket)", 0o666)
            s.listen(9); print("listening", flush=True)
            w = b"\\x00\\x02\\x40\\x02"
            def reply(text):
                c.sendall(w)
                c.recv(9999)
                c.sendall((len(text) + 1).to_bytes(2, "big") + b"\\x4a" + text.encode())
            while True:
                c, _ = s.accept()
                try:
                    \(work)
                except OSError:
                    pass
                c.close()
            """
        self.socket = socket
        terminal = try Terminal(words(["python3", "-c", script]))
        try await terminal.expect("listening")
    }
}
