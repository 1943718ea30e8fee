import Glibc
import OTPCore

/// A connection to swiftotpd for one request, or several in a row.
public final class ServiceClient {
    /// Where the service listens by default.
    public static let defaultPath = Array("/run/swiftotp/swiftotpd.sock".utf8)

    /// How long to wait for a reply: longer than the service waits for a lock.
    private static let patience = Duration.seconds(20)
    /// The same for a step of a rekey: the first makes 256 decoys anew, and the last looks at every
    /// record, which takes a slow disk a minute for 100,000 of them.
    private static let rekeyPatience = Duration.seconds(900)
    /// How long to keep trying a service that is full.
    private static let busyPatience = Duration.seconds(2)

    private let path: [UInt8]
    private var channel: FrameChannel

    /// Gets why a user could not be told of a change by mail.
    public var warn: (String) -> Void = { _ in }

    /// Connects to the service at `path`, or at the default one. It must be root's, so that nobody
    /// else can play it. Keeps trying for a moment if it is full.
    public init(path: [UInt8]?) throws(StoreError) {
        self.path = path ?? ServiceClient.defaultPath
        let end = Deadline(in: ServiceClient.busyPatience)
        while true {
            do throws(StoreError) {
                channel = try ServiceClient.connect(to: self.path)
                return
            } catch {
                guard error.code == .busy, !end.isOver else { throw error }
                usleep(50_000)
            }
        }
    }

    /// Takes the connection to a service that this program started for itself; `program` is its
    /// path, for messages.
    public init(_ socket: consuming Socket, startedFrom program: [UInt8]) throws(StoreError) {
        path = program
        channel = try ServiceClient.welcomed(FrameChannel(socket), path)
    }

    /// Connects, and waits for the service's first frame.
    private static func connect(to path: [UInt8]) throws(StoreError) -> FrameChannel {
        let socket: Socket
        do throws(WireError) {
            socket = try Socket(connectingTo: path)
        } catch {
            throw failure(path, error)
        }
        let channel = FrameChannel(socket)
        let user: UInt32
        do throws(WireError) {
            user = try channel.peer()
        } catch {
            throw failure(path, error)
        }
        // Before anything is read or sent.
        guard user == 0 else {
            throw StoreError(.unsafe, path, "the program that listens there is not root's")
        }
        return try welcomed(channel, path)
    }

    /// The same connection, once the service has sent its first frame.
    private static func welcomed(
        _ connection: consuming FrameChannel, _ path: [UInt8]
    ) throws(StoreError) -> FrameChannel {
        var channel = connection
        let frame: Frame
        do throws(WireError) {
            frame = try channel.receive(until: Deadline(in: patience))
        } catch {
            throw failure(path, error)
        }
        if frame.kind == .busy { throw busy(path, frame) }
        guard frame == Frame(.welcome, [Frame.version]) else { throw otherVersion(path) }
        return channel
    }

    /// Sends a request, and waits for its reply.
    public func send(_ request: Request) throws(StoreError) -> Reply.Result {
        try post(request)
        if case .rekey = request.command { return try reply(within: ServiceClient.rekeyPatience) }
        return try reply()
    }

    /// Sends a request without waiting; replies come in the order of the requests.
    public func post(_ request: Request) throws(StoreError) {
        var document: [UInt8]
        do throws(Document.Problem) {
            document = try Document.encode(request)
        } catch {
            throw StoreError(.system, path, "the request is too long")
        }
        defer { Secret.wipe(&document) }
        do throws(WireError) {
            channel.queue(.request, document)
            try channel.flush(until: Deadline(in: ServiceClient.patience))
        } catch {
            throw ServiceClient.failure(path, error)
        }
    }

    /// Waits for the next reply.
    public func reply() throws(StoreError) -> Reply.Result {
        try reply(within: ServiceClient.patience)
    }

    private func reply(within patience: Duration) throws(StoreError) -> Reply.Result {
        var frame: Frame
        do throws(WireError) {
            frame = try channel.receive(until: Deadline(in: patience))
        } catch {
            throw ServiceClient.failure(path, error)
        }
        defer { Secret.wipe(&frame.payload) }
        if frame.kind == .busy { throw ServiceClient.busy(path, frame) }
        guard frame.kind == .reply else { throw ServiceClient.otherVersion(path) }
        do throws(Document.Problem) {
            let reply = try Document.reply(frame.payload)
            if let untold = reply.untold { warn(untold) }
            return reply.result
        } catch {
            throw ServiceClient.otherVersion(path)
        }
    }

    private static func busy(_ path: [UInt8], _ frame: Frame) -> StoreError {
        StoreError(
            .busy, path, String(decoding: LogLine.visible(frame.payload), as: UTF8.self))
    }

    private static func otherVersion(_ path: [UInt8]) -> StoreError {
        StoreError(.system, path, anotherVersion)
    }

    fileprivate static let anotherVersion = "swiftotpd is of another version"

    private static func failure(_ path: [UInt8], _ error: WireError) -> StoreError {
        switch error {
        case .closed, .cut: StoreError(.system, path, "swiftotpd ended without an answer")
        case .timedOut: StoreError(.busy, path, "swiftotpd does not answer")
        case .malformed: otherVersion(path)
        case .system(ENOENT), .system(ECONNREFUSED):
            StoreError(.missing, path, "swiftotpd is not listening there")
        case .system(EAGAIN): StoreError(.busy, path, "too many are waiting for swiftotpd")
        case .system(EACCES): StoreError(.system, path, "permission denied")
        case .system(let number): StoreError(.system, path, "error number \(number)")
        }
    }
}

extension StoreError {
    /// Whether a service of another version was at the other end.
    public var isOfAnotherVersion: Bool {
        code == .system && detail == ServiceClient.anotherVersion
    }
}
