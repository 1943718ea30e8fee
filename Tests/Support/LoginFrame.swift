/// Frames as in docs/PROTOCOL.md, made byte by byte: what a test sends to swiftotpd.
public enum FrameBytes {
    /// A whole frame.
    public static func frame(_ kind: UInt8, _ payload: [UInt8] = []) -> [UInt8] {
        number(payload.count + 1) + [kind] + payload
    }

    /// A two-byte number.
    static func number(_ value: Int) -> [UInt8] {
        [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
    }

    /// A text of the first frame of a login.
    public static func text(_ bytes: [UInt8]) -> [UInt8] { number(bytes.count) + bytes }
}

/// The first frame of a login.
public struct LoginFrame: Sendable {
    public var version: UInt8 = 2
    public var flags: UInt8 = 0
    public var user = "alice"
    public var service = "sshd"
    public var terminal = "ssh"
    public var remoteHost = "192.0.2.7"
    public var remoteUser = ""
    public var connection = ""
    public var methods = ""
    public var arguments: [String] = []

    public init() {}

    public init(_ user: String, service: String, arguments: [String] = []) {
        (self.user, self.service, self.arguments) = (user, service, arguments)
        (terminal, remoteHost) = ("", "")
    }

    /// Its payload.
    public var payload: [UInt8] {
        let texts = [user, service, terminal, remoteHost, remoteUser, connection, methods]
        return [version, flags]
            + (texts + arguments).flatMap { FrameBytes.text(Array($0.utf8)) }
    }

    /// All of it.
    public var bytes: [UInt8] { FrameBytes.frame(1, payload) }
}
