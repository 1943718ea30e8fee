import CLinux
import OTPCore

/// swiftotp-helper's end of a connection: the standard input of its process, which is the
/// standard output too.
public struct HelperConnection: ~Copyable {
    /// The number of the user at the other end, as the kernel knows it.
    public let peer: UInt32
    private let socket: FileDescriptor
    /// When the connection ends in any case, in milliseconds of CLOCK_MONOTONIC.
    private let end: Int64

    /// Takes over the standard input, which has to be a connected Unix socket, for so many
    /// milliseconds at most.
    public init(lasting: Int64) throws(Errno) {
        let socket = FileDescriptor(0)
        let peer = try System.peer(of: socket)
        // A socket that is not a Unix socket, or not connected, has nobody at the other end.
        guard peer != .max else { throw Errno(number: ENOTCONN) }
        end = try HelperFrame.now() + lasting
        self.peer = peer
        self.socket = socket
    }

    /// Takes one of the connections that this user may have at a time; `nil` where none is left.
    /// Throws where they cannot be counted, such as beside a socket without a path.
    public func takeSlot() throws(StoreError) -> HelperSlot? {
        let path = System.path(of: socket)
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else {
            throw StoreError(.missing, path, "the socket has no folder")
        }
        return try HelperSlot(of: peer, in: Array(path[..<slash]))
    }

    /// Waits so many milliseconds for a request; `nil` where the other side has ended. To be
    /// wiped.
    public func receive(within patience: Int64) throws(Errno) -> [UInt8]? {
        try HelperFrame.receive(
            from: socket, maximum: HelperRequest.maximumLength, until: deadline(patience))
    }

    /// Sends a reply within so many milliseconds.
    public func send(_ reply: Span<UInt8>, within patience: Int64) throws(Errno) {
        try HelperFrame.send(reply, to: socket, until: deadline(patience))
    }

    private func deadline(_ patience: Int64) throws(Errno) -> Int64 {
        min(try HelperFrame.now() + patience, end)
    }
}
