import CLinux
import OTPCore

/// A connection to swiftotp-helper, for programs that are not root: one request, one reply.
public final class HelperClient {
    /// Where the helper listens unless something says otherwise.
    public static var defaultPath: [UInt8] {
        [UInt8]("/run/swiftotp/helper.sock" as StaticString)
    }
    /// How long a reply is waited for, in milliseconds: longer than the helper waits for a lock.
    private static let patience: Int64 = 20_000

    private let socket: FileDescriptor
    private let path: [UInt8]

    /// Connects to the helper at `path`, or the default one. It has to be root's, so that nobody
    /// else can play it.
    public init(path: [UInt8]?) throws(StoreError) {
        self.path = path ?? HelperClient.defaultPath
        let peer: UInt32
        do throws(Errno) {
            socket = try System.connect(self.path)
            peer = try System.peer(of: socket)
        } catch {
            if error.number == ENOENT || error.number == ECONNREFUSED {
                throw StoreError(.missing, self.path, "swiftotp-helper does not listen there")
            }
            if error.number == EAGAIN {
                throw StoreError(.busy, self.path, "too many wait for swiftotp-helper")
            }
            throw StoreError(self.path, error)
        }
        guard peer == 0 else {
            throw StoreError(.unsafe, self.path, "somebody who is not root listens there")
        }
    }

    /// Sends a request, which is wiped, and waits for its reply.
    public func ask(_ request: inout [UInt8]) throws(StoreError) -> HelperReply {
        defer { Secret.wipe(&request) }
        var reply: [UInt8]
        do throws(Errno) {
            let deadline = try HelperFrame.now() + HelperClient.patience
            do throws(Errno) {
                try HelperFrame.send(request.span, to: socket, until: deadline)
            } catch {
                // A helper that refuses a connection has said why before it ended.
                guard error.number == EPIPE else { throw error }
            }
            guard
                let frame = try HelperFrame.receive(
                    from: socket, maximum: HelperReply.maximumLength, until: deadline)
            else { throw Errno(number: ECONNRESET) }
            reply = frame
        } catch {
            throw failure(error)
        }
        defer { Secret.wipe(&reply) }
        guard let reply = HelperReply(decoding: reply.span) else {
            throw StoreError(.system, path, "swiftotp-helper speaks another language")
        }
        return reply
    }

    private func failure(_ error: Errno) -> StoreError {
        switch error.number {
        case ECONNRESET, EPIPE:
            StoreError(.system, path, "swiftotp-helper ended without an answer")
        case ETIMEDOUT: StoreError(.busy, path, "swiftotp-helper gives no answer")
        case EMSGSIZE: StoreError(.system, path, "swiftotp-helper speaks another language")
        default: StoreError(path, error)
        }
    }
}

extension HelperClient {
    /// The user that this program runs as, as the helper would see it; `nil` where the real and
    /// the effective one differ.
    public static func caller() throws(StoreError) -> UInt32? {
        let path = [UInt8]("proc/self/status" as StaticString)
        do throws(Errno) {
            let file = try System.open(path, in: try System.openRoot(), O_RDONLY)
            let line = try System.read(file, at: 0, count: 4096)
                .split(separator: UInt8(ascii: "\n"))
                .first { $0.starts(with: [UInt8]("Uid:" as StaticString)) }
            // Real, effective, saved, file system (proc(5)).
            let users = line?.split(separator: UInt8(ascii: "\t")) ?? []
            guard users.count == 5 else { throw Errno(number: EINVAL) }
            let caller = swiftotp_geteuid()
            let text = Array(String(caller).utf8)
            return Array(users[1]) == text && Array(users[2]) == text ? caller : nil
        } catch {
            throw StoreError([UInt8(ascii: "/")] + path, error)
        }
    }
}

/// Messages on the connection: a length of two bytes, then so many bytes (docs/PROTOCOL.md).
public enum HelperFrame {
    /// Sends a message before `deadline`, in milliseconds of CLOCK_MONOTONIC.
    public static func send(
        _ message: Span<UInt8>, to socket: borrowing FileDescriptor, until deadline: Int64
    ) throws(Errno) {
        var frame: [UInt8] = []
        frame.reserveCapacity(message.count + 2)
        frame.append(bigEndian: UInt16(truncatingIfNeeded: message.count))
        frame.append(copying: message)
        defer { Secret.wipe(&frame) }
        var done = 0
        while done < frame.count {
            try wait(for: socket, toWrite: true, until: deadline)
            done += try System.send(frame.span.extracting(done...), to: socket)
        }
    }

    /// Waits for a message of 1 to `maximum` bytes until `deadline`; `nil` where the other side
    /// has ended between two messages. To be wiped.
    public static func receive(
        from socket: borrowing FileDescriptor, maximum: Int, until deadline: Int64
    ) throws(Errno) -> [UInt8]? {
        guard let head = try receive(2, from: socket, until: deadline) else { return nil }
        var cursor = Cursor()
        let length = Int(cursor.uint16(head.span) ?? 0)
        guard (1...maximum).contains(length) else { throw Errno(number: EMSGSIZE) }
        guard let message = try receive(length, from: socket, until: deadline) else {
            throw Errno(number: ECONNRESET)
        }
        return message
    }

    /// Exactly `count` bytes; `nil` for the end before the first.
    private static func receive(
        _ count: Int, from socket: borrowing FileDescriptor, until deadline: Int64
    ) throws(Errno) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            try wait(for: socket, toWrite: false, until: deadline)
            var part = try System.receive(count - bytes.count, from: socket)
            defer { Secret.wipe(&part) }
            if part.isEmpty {
                if bytes.isEmpty { return nil }
                Secret.wipe(&bytes)
                throw Errno(number: ECONNRESET)
            }
            bytes.append(copying: part.span)
        }
        return bytes
    }

    private static func wait(
        for socket: borrowing FileDescriptor, toWrite: Bool, until deadline: Int64
    ) throws(Errno) {
        while true {
            let left = try deadline - now()
            guard left > 0 else { throw Errno(number: ETIMEDOUT) }
            if try System.poll(socket, toWrite: toWrite, milliseconds: left) { return }
        }
    }

    /// Milliseconds of CLOCK_MONOTONIC.
    static func now() throws(Errno) -> Int64 {
        let time = try System.time(CLOCK_MONOTONIC)
        return time.seconds * 1000 + time.nanoseconds / 1_000_000
    }
}
