import CLinux
import Glibc

/// A connected Unix socket, closed with its owner. Besides `WipingMalloc.swift`, the only file of
/// OTPWire with unsafe code.
public struct Socket: ~Copyable, Sendable {
    private let number: CInt

    /// Takes ownership of a descriptor, which must be a connected Unix socket.
    public init(_ number: CInt) { self.number = number }

    deinit { _ = close(number) }

    /// Connects to the service at an absolute path of 1 to 107 bytes without NUL.
    public init(connectingTo path: [UInt8]) throws(WireError) {
        guard (1..<108).contains(path.count), !path.contains(0) else {
            throw .system(ENAMETOOLONG)
        }
        let text = path.map(CChar.init(bitPattern:)) + [0]
        // SAFETY: a C string that lives through the call.
        let number = unsafe text.withUnsafeBufferPointer { text -> CInt in
            guard let start = text.baseAddress else { return -1 }
            return unsafe swiftotp_connect(start)
        }
        guard number >= 0 else { throw .system(swiftotp_errno()) }
        self.number = number
    }

    /// For poll(2).
    var descriptor: CInt { number }

    /// The effective user at the other end when it connected, from the kernel (SO_PEERCRED). Throws
    /// if nobody is there.
    public func peer() throws(WireError) -> UInt32 {
        var (process, user): (Int32, UInt32) = (0, .max)
        // SAFETY: locals that the call fills.
        guard unsafe swiftotp_peer(number, &process, &user) == 0 else {
            throw .system(swiftotp_errno())
        }
        // A socket that is not a Unix socket, or not connected, has nobody at the other end.
        guard user != .max else { throw .system(ENOTCONN) }
        return user
    }

    /// Sends all of it before the deadline. If nobody is at the other end, that is an error, not a
    /// signal.
    public func send(_ bytes: [UInt8], until deadline: Deadline) throws(WireError) {
        var done = 0
        var interruptions = Interruptions()
        while done < bytes.count {
            // SAFETY: reads the bytes after the `done` ones.
            let sent = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
                return unsafe Glibc.send(number, rest.baseAddress, rest.count, swiftotp_send_flags)
            }
            if sent > 0 {
                done += sent
                continue
            }
            try wait(after: swiftotp_errno(), &interruptions, toWrite: true, until: deadline)
        }
    }

    /// Has the kernel say who sends something here; on a listening socket, this applies to all
    /// connections accepted from it.
    public func tellSenders() {
        _ = swiftotp_pass_credentials(number)
    }

    /// Receives 1 to `count` bytes before the deadline; if the kernel says who sent them, `sender`
    /// is set to the real user. The caller wipes the bytes.
    func receive(
        _ count: Int, from sender: inout UInt32?, until deadline: Deadline
    ) throws(WireError) -> [UInt8] {
        // Nobody has this UID (chown(2) takes it for "leave it").
        let nobody = UInt32.max
        var told = nobody
        defer { if told != nobody { sender = told } }
        var bytes = [UInt8](repeating: 0, count: count)
        var interruptions = Interruptions()
        while true {
            // SAFETY: writes at most `count` bytes into the array, and to a local.
            let received = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe swiftotp_receive(number, buffer.baseAddress, buffer.count, &told)
            }
            if received > 0 {
                bytes.removeLast(count - received)
                return bytes
            }
            if received == 0 { throw .closed }
            try wait(after: swiftotp_errno(), &interruptions, toWrite: false, until: deadline)
        }
    }

    /// Calls that a signal interrupted are repeated, but not for ever: a system could interrupt
    /// each time.
    private struct Interruptions {
        private var left = 1000

        mutating func allowOneMore() throws(WireError) {
            guard left > 0 else { throw .system(EINTR) }
            left -= 1
        }
    }

    /// After a call that failed with `error`: waits, if another try makes sense.
    private func wait(
        after error: CInt, _ interruptions: inout Interruptions, toWrite: Bool,
        until deadline: Deadline
    ) throws(WireError) {
        switch error {
        case EINTR: try interruptions.allowOneMore()
        case EAGAIN:
            var one = pollfd(fd: number, events: Int16(toWrite ? POLLOUT : POLLIN), revents: 0)
            // SAFETY: one descriptor, and a local that the call fills.
            let ready = unsafe poll(&one, 1, deadline.milliseconds)
            let failure = swiftotp_errno()
            if ready < 0 {
                guard failure == EINTR else { throw .system(failure) }
                try interruptions.allowOneMore()
            }
        case EPIPE, ECONNRESET: throw .closed
        default: throw .system(error)
        }
        if deadline.isOver { throw .timedOut }
    }
}
