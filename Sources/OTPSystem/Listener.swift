import CLinux
import Glibc
import OTPWire

/// The socket that systemd listens on and passes to us (sd_listen_fds(3)), or one of our own. It has
/// unsafe code.
public struct Listener: ~Copyable {
    /// The first descriptor that is passed (SD_LISTEN_FDS_START).
    private static let passed: CInt = 3

    /// The socket. It stays open as long as the process lives.
    private let descriptor: CInt

    /// Why nothing can be accepted.
    public struct Problem: Error {
        public let text: String
    }

    /// Takes over the socket from systemd.
    public init() throws(Problem) {
        descriptor = Listener.passed
        guard Listener.isPassed, Process.variable("LISTEN_FDS") == "1"
        else { throw Problem(text: "there is no socket: let systemd start this") }
        var (isListening, length) = (CInt(0), socklen_t(MemoryLayout<CInt>.size))
        // SAFETY: locals that the call fills.
        let result = unsafe getsockopt(
            descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &length)
        guard result == 0, isListening == 1 else {
            throw Problem(text: "systemd handed over something that is not a listening socket")
        }
        prepare()
    }

    /// Whether systemd passed a socket.
    public static var isPassed: Bool { Process.variable("LISTEN_PID") == "\(getpid())" }

    /// Listens at an absolute path of 1 to 107 bytes, for our own user alone (mode 0600; root may
    /// always connect). A socket that is left there is replaced.
    public init(at path: [UInt8]) throws(Problem) {
        let text = path.map(CChar.init(bitPattern:)) + [0]
        // SAFETY: a C string that lives through the call.
        descriptor = unsafe text.withUnsafeBufferPointer { text -> CInt in
            guard let start = text.baseAddress else { return -1 }
            return unsafe swiftotp_listen(start)
        }
        guard descriptor >= 0 else {
            let shown = String(decoding: path, as: UTF8.self)
            throw Problem(text: "cannot listen at \(shown): error number \(swiftotp_errno())")
        }
        prepare()
    }

    private func prepare() {
        // A blocking accept could wait for ever: poll(2) comes first.
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = swiftotp_pass_credentials(descriptor)
    }

    /// Who connected.
    public enum Arrival: ~Copyable {
        case connection(Socket)
        case nobody
        /// No descriptor is left, or the system has other trouble: try again later.
        case trouble(CInt)
    }

    /// What happened first: somebody connected, or some of the others (by index) have something to
    /// read or are gone.
    public struct Event {
        public var isCalled = false
        public var ready: [Int] = []
    }

    /// Waits for a connection, and for `others`.
    public func wait(with others: [CInt], until deadline: Deadline) -> Event {
        var list = ([descriptor] + others).map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        // SAFETY: the array's own length is given, and it is filled in place.
        let count = unsafe list.withUnsafeMutableBufferPointer { list in
            unsafe poll(list.baseAddress, nfds_t(list.count), deadline.milliseconds)
        }
        guard count > 0 else { return Event() }
        return Event(
            isCalled: list[0].revents != 0,
            ready: others.indices.filter { list[$0 + 1].revents != 0 })
    }

    /// The next connection.
    public func accept() -> Arrival {
        let number = Glibc.accept(descriptor, nil, nil)
        if number >= 0 { return .connection(Socket(number)) }
        let error = swiftotp_errno()
        switch error {
        // The client is already gone, or there was a signal.
        case EAGAIN, EINTR, ECONNABORTED: return .nobody
        default: return .trouble(error)
        }
    }
}
