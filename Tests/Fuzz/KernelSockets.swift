import CLinux

// Connections: the service's calls on its end, and the module's on its own.

/// The other end of a connection. It does what the input says, when it is asked.
protocol OtherEnd: AnyObject {
    /// The effective user of the program there (SO_PEERCRED); `nil` if there is none.
    var user: UInt32? { get }
    /// The real user, delivered by the kernel with the data (SCM_CREDENTIALS); `nil` if it is not.
    var sender: UInt32? { get }

    /// Accepts sent bytes; returns how many, or a negative error number.
    func take(_ bytes: [UInt8]) -> Int
    /// At most `count` bytes to receive.
    func give(_ count: Int) -> Delivery
    /// Whether a call would not block.
    func isReady(toWrite: Bool) -> Bool
    /// A send failed without effect, so the rest of the frame may be missing.
    func miss()
    /// The connection was closed.
    func hangUp()
}

extension OtherEnd {
    func miss() {}
}

/// The result of recv(2).
enum Delivery {
    case bytes([UInt8])
    /// Nothing yet.
    case nothing
    /// The end.
    case closed
    case failed(CInt)
}

/// The result of connect(2).
enum Reached {
    case line(any OtherEnd)
    case nobody(CInt)
}

extension Kernel {
    fileprivate func receive(_ number: CInt, _ count: Int) -> (bytes: [UInt8], error: CInt) {
        guard let line = line(Int(number)) else { return ([], ENOTCONN) }
        switch line.give(count) {
        case .bytes(let bytes): return (bytes, 0)
        case .closed: return ([], 0)
        case .nothing: return ([], EAGAIN)
        case .failed(let error): return ([], error)
        }
    }

    /// Time passes until the other end acts, or until the timeout.
    fileprivate func wait(for one: inout pollfd, _ milliseconds: CInt) -> Int {
        guard let line = line(Int(one.fd)) else { return -Int(EBADF) }
        upTime += 1_000_000
        guard line.isReady(toWrite: one.events & Int16(POLLOUT) != 0) else {
            expect(milliseconds >= 0, "a wait without an end")
            upTime += Int64(milliseconds) * 1_000_000
            return 0
        }
        one.revents = one.events
        return 1
    }
}

// MARK: Both ends

@_cdecl("__wrap_send")
public func sendBytes(
    _ file: CInt, _ bytes: UnsafeRawPointer?, _ count: Int, _ flags: CInt
) -> Int {
    let sent = call { kernel, isShort in
        expect(flags & 0x4040 == 0x4040, "a send that waits, or raises a signal")
        guard let line = kernel.line(Int(file)) else { return -Int(ENOTCONN) }
        let part = UnsafeRawBufferPointer(start: bytes, count: isShort ? (count + 1) / 2 : count)
        return line.take(Array(part))
    }
    if sent < 0 { kernel?.line(Int(file))?.miss() }
    return sent
}

@_cdecl("__wrap_poll")
public func pollFiles(_ files: UnsafeMutablePointer<pollfd>?, _ count: UInt, _ timeout: CInt)
    -> CInt
{
    guard let files, count == 1 else { mistake("a wait for more than one connection") }
    return CInt(call { kernel, _ in kernel.wait(for: &files.pointee, timeout) })
}

/// Sends some bytes followed by others, as the module does (`swiftotp_send_two`).
func sendMessage(_ file: CInt, _ message: UnsafePointer<msghdr>?, _ flags: CInt) -> Int {
    guard let message, let parts = message.pointee.msg_iov else { mistake("no message") }
    var bytes: [UInt8] = []
    for part in UnsafeBufferPointer(start: parts, count: Int(message.pointee.msg_iovlen))
    where part.iov_len > 0 {
        bytes += UnsafeRawBufferPointer(start: part.iov_base, count: part.iov_len)
    }
    return bytes.withUnsafeBytes { sendBytes(file, $0.baseAddress, $0.count, flags) }
}

/// The peer's identity is the only socket option that is read.
func socketOption(
    _ file: CInt, _ level: CInt, _ name: CInt, _ value: UnsafeMutableRawPointer?,
    _ length: UnsafeMutablePointer<UInt32>?
) -> CInt {
    CInt(
        call { kernel, _ in
            guard level == SOL_SOCKET, name == SO_PEERCRED, length?.pointee == 12 else {
                mistake("another option of a socket")
            }
            guard let line = kernel.line(Int(file)) else { return -Int(ENOTCONN) }
            let credentials: [UInt32] = line.user.map { [77, $0, $0] } ?? [0, .max, .max]
            value?.copyMemory(from: credentials, byteCount: 12)
            return 0
        })
}

func setSocketOption(_ file: CInt) -> CInt {
    CInt(call { kernel, _ in kernel.file(Int(file)) == nil ? -Int(EBADF) : 0 })
}

// MARK: The service's

/// Stands in for recvmsg(2), as called by `swiftotp_receive`.
@_cdecl("__wrap_recvmsg")
public func receiveMessage(
    _ file: CInt, _ message: UnsafeMutablePointer<msghdr>?, _ flags: CInt
) -> Int {
    call { kernel, isShort in
        guard let message, message.pointee.msg_iovlen == 1, let part = message.pointee.msg_iov
        else {
            mistake("a message in pieces")
        }
        expect(flags & 0x40 != 0, "a receive that waits")
        let room = part.pointee.iov_len
        let (bytes, error) = kernel.receive(file, isShort ? (room + 1) / 2 : room)
        guard error == 0 else { return -Int(error) }
        bytes.withUnsafeBytes { buffer in
            if let start = buffer.baseAddress { memcpy(part.pointee.iov_base, start, buffer.count) }
        }
        message.pointee.msg_controllen = 0
        if !bytes.isEmpty, let sender = kernel.line(Int(file))?.sender {
            // A header of 16 bytes (length, level, SCM_CREDENTIALS), and struct ucred.
            message.pointee.msg_control?.storeBytes(of: 28, as: Int.self)
            let rest: [UInt32] = [UInt32(SOL_SOCKET), 2, 77, sender, sender]
            message.pointee.msg_control?.advanced(by: 8).copyMemory(from: rest, byteCount: 20)
            message.pointee.msg_controllen = 32
        }
        return bytes.count
    }
}

// MARK: The module's

func receiveBytes(
    _ file: CInt, _ place: UnsafeMutableRawPointer?, _ count: Int, _ flags: CInt
) -> Int {
    call { kernel, isShort in
        expect(flags & 0x40 != 0, "a receive that waits")
        let (bytes, error) = kernel.receive(file, isShort ? (count + 1) / 2 : count)
        guard error == 0 else { return -Int(error) }
        if !bytes.isEmpty { place?.copyMemory(from: bytes, byteCount: bytes.count) }
        return bytes.count
    }
}

func makeSocket(_ domain: CInt, _ type: CInt, _ protocol: CInt) -> CInt {
    expect(domain == AF_UNIX && type & O_CLOEXEC != 0, "a socket that gets about")
    return CInt(call { kernel, _ in kernel.socket() })
}

func connectSocket(
    _ file: CInt, _ address: UnsafePointer<sockaddr_un>?, _ length: UInt32
) -> CInt {
    CInt(
        call { kernel, _ in
            guard let address, length == MemoryLayout<sockaddr_un>.size else {
                mistake("an address that is none")
            }
            let path = withUnsafeBytes(of: address.pointee.sun_path) { Array($0).asCString }
            switch kernel.listener(path) {
            case .line(let line):
                kernel.connect(Int(file), to: line)
                return 0
            case .nobody(let error): return -Int(error)
            }
        })
}
