import CLinux
import OTPCore

/// The system calls of swiftotp-helper's connection. It has unsafe code (see
/// `SystemCalls.swift`).
extension System {
    /// Connects to a Unix socket at an absolute path of less than 108 bytes (unix(7)).
    static func connect(_ path: [UInt8]) throws(Errno) -> FileDescriptor {
        guard path.count < 108 else { throw Errno(number: ENAMETOOLONG) }
        // SAFETY: the path is a C string that lives through the call.
        let number = unsafe withCString(path) { unsafe swiftotp_connect($0) }
        guard number >= 0 else { throw .last }
        return FileDescriptor(number)
    }

    /// The user at the other end of a Unix socket, as the kernel knows (SO_PEERCRED).
    public static func peer(of socket: borrowing FileDescriptor) throws(Errno) -> UInt32 {
        var uid: UInt32 = 0
        // SAFETY: a local that the call fills.
        guard unsafe swiftotp_peer(socket.number, &uid) == 0 else { throw .last }
        return uid
    }

    /// The path that a Unix socket is bound to; empty where it has none.
    static func path(of socket: borrowing FileDescriptor) -> [UInt8] {
        let number = socket.number
        return unsafe [UInt8](unsafeUninitializedCapacity: 108) { buffer, filled in
            guard let start = buffer.baseAddress else { return }
            // SAFETY: the call writes at most 108 bytes, and says how many.
            filled = unsafe start.withMemoryRebound(to: CChar.self, capacity: 108) {
                unsafe swiftotp_socket_path(number, $0)
            }
        }
    }

    /// Tries to lock one byte of a file for as long as it is open here (F_OFD_SETLK, fcntl(2));
    /// `false` where somebody else has it.
    static func tryLock(_ file: borrowing FileDescriptor, byte: Int64) throws(Errno) -> Bool {
        if swiftotp_lock_byte(file.number, Int(byte)) == 0 { return true }
        let error = Errno.last
        guard error.number == EAGAIN || error.number == EACCES else { throw error }
        return false
    }

    /// Sends some of the bytes without waiting; how many. Nobody at the other end is an error, not
    /// a signal.
    static func send(_ bytes: Span<UInt8>, to socket: borrowing FileDescriptor) throws(Errno) -> Int
    {
        let number = socket.number
        // SAFETY: reads at most the span's bytes.
        let sent = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe swiftotp_send(number, buffer.baseAddress, buffer.count)
        }
        if sent >= 0 { return sent }
        let error = Errno.last
        guard error.number == EINTR || error.number == EAGAIN else { throw error }
        return 0
    }

    /// Receives 1 to `count` bytes; none at the end. To be wiped.
    static func receive(
        _ count: Int, from socket: borrowing FileDescriptor
    ) throws(Errno) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let number = socket.number
        var retries = Retries()
        while true {
            // SAFETY: writes at most `count` bytes into the array.
            let received = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe swiftotp_receive(number, buffer.baseAddress, buffer.count)
            }
            if received >= 0 {
                bytes.removeLast(count - received)
                return bytes
            }
            let error = Errno.last
            guard retries.allow(error) else { throw error }
        }
    }

    /// Waits until something can be read or written; whether it can.
    static func poll(
        _ socket: borrowing FileDescriptor, toWrite: Bool, milliseconds: Int64
    ) throws(Errno) -> Bool {
        let ready = swiftotp_poll(socket.number, toWrite ? 1 : 0, Int(milliseconds))
        if ready < 0 && Errno.last.number != EINTR { throw .last }
        return ready > 0
    }
}
