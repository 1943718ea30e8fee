/// What something does with a connection that listens in the place of swiftotpd, and is none; bytes
/// are in digits of base 16.
enum FakeService: Sendable {
    /// Never says a word.
    case silent
    /// Never takes a connection, and lets nobody wait for one either.
    case full
    /// Sends this when the login was told, and ends.
    case sends(String)
    /// Sends this, and then nothing.
    case stops(String)
    /// Sends this, and then a byte each second.
    case drips(String)
    /// Sends the first part, takes an answer, and sends the second one.
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
