/// What a false service that listens in swiftotpd's place does with a connection; bytes are in hex.
enum FakeService: Sendable {
    /// Never sends anything.
    case silent
    /// Never accepts a connection, and its queue is full.
    case full
    /// Sends this after the login's first frame, and ends.
    case sends(String)
    /// Sends this, and then nothing.
    case stops(String)
    /// Sends this, and then a byte each second.
    case drips(String)
    /// Sends the first part, reads an answer, and sends the second part.
    case asks(String, then: String)

    var isFull: Bool { if case .full = self { true } else { false } }

    /// For `Impostor`.
    var work: String {
        func send(_ hex: String) -> String { "c.sendall(bytes.fromhex('\(hex)'))" }
        return switch self {
        case .silent, .full: "frame(); time.sleep(60)"
        case .sends(let hex): "frame(); \(send(hex))"
        case .stops(let hex): "frame(); \(send(hex)); time.sleep(60)"
        case .drips(let hex):
            "frame(); \(send(hex))\n        while True: time.sleep(1); c.sendall(b'\\1')"
        case .asks(let hex, let more): "frame(); \(send(hex)); frame(); \(send(more))"
        }
    }
}
