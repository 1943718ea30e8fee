import Foundation
import TestSupport

/// A Unix socket in a test's folder, where a test plays swiftotpd.
final class UnixSocket: Sendable {
    let path: [UInt8]
    private let listener: CInt

    /// Listens at `path`, with room for `backlog` waiting connections.
    init(at path: String, backlog: CInt = 8) throws {
        self.path = Array(path.utf8)
        listener = try UnixSocket.new()
        var address = try UnixSocket.address(path)
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isBound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, length) == 0 }
        }
        guard isBound, listen(listener, backlog) == 0 else {
            throw Trouble("cannot listen at \(path): \(errno)")
        }
    }

    // Also for those with a copy: programs started by another test, until their exec.
    deinit {
        shutdown(listener, CInt(SHUT_RDWR))
        Foundation.close(listener)
    }

    /// Takes the next connection and gives it to `body` in its own thread, with a limit on how long
    /// it may wait; closes it afterwards. The semaphore signals the end.
    @discardableResult
    func serve(_ body: @escaping @Sendable (CInt) -> Void) -> DispatchSemaphore { serve([body]) }

    /// The same for several connections in turn.
    @discardableResult
    func serve(_ bodies: [@Sendable (CInt) -> Void]) -> DispatchSemaphore {
        let end = DispatchSemaphore(value: 0)
        let listener = listener
        Thread.detachNewThread {
            for body in bodies {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { break }
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                var limit = timeval(tv_sec: 30, tv_usec: 0)
                let length = socklen_t(MemoryLayout<timeval>.size)
                setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, length)
                body(connection)
                Foundation.close(connection)
            }
            end.signal()
        }
        return end
    }

    /// Connects to `path` like any program.
    static func connect(to path: String) throws -> CInt {
        let file = try new()
        var address = try address(path)
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isThere = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(file, $0, length) == 0
            }
        }
        guard isThere else { throw Trouble("cannot connect to \(path): \(errno)") }
        return file
    }

    /// A new socket without a peer.
    static func new() throws -> CInt {
        let file = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard file >= 0 else { throw Trouble("no socket: \(errno)") }
        return file
    }

    /// Two connected sockets.
    static func pair() throws -> (CInt, CInt) {
        var both: [CInt] = [-1, -1]
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &both) == 0 else { throw Trouble("no pair: \(errno)") }
        return (both[0], both[1])
    }

    private static func address(_ path: String) throws -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room else { throw Trouble("\(path) is too long") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return address
    }

    /// Everything received before the other side ends or `count` bytes have arrived.
    static func receive(_ count: Int, from connection: CInt) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var part = [UInt8](repeating: 0, count: count - bytes.count)
            let received = read(connection, &part, part.count)
            guard received > 0 else { break }
            bytes += part.prefix(received)
        }
        return bytes
    }

    /// Sends bytes in parts of `size` bytes.
    static func send(_ bytes: [UInt8], to connection: CInt, parts size: Int = .max) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(size))
            guard Foundation.send(connection, part, part.count, CInt(MSG_NOSIGNAL)) > 0
            else { return }
            rest = rest.dropFirst(part.count)
        }
    }
}
