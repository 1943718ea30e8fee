import Glibc
import OTPWire
import Synchronization

/// The resident service: accepts, looks who it is, and gives each connection a thread of its own.
final class Service: Sendable {
    /// How long it stays without a connection, in milliseconds.
    private static let idleTime: CInt = 60_000
    /// How long it waits where the system has no room for more, in microseconds.
    private static let rest: UInt32 = 20_000
    /// How long a peer for whom there is no room may take to hear it.
    private static let farewell = Duration.milliseconds(20)

    private let settings: Settings
    private let quotas = Quotas()
    private let listener: Listener

    init(_ settings: Settings, _ listener: consuming Listener) {
        self.settings = settings
        self.listener = listener
    }

    /// Runs until nobody has been connected for a minute; the exit status.
    func run() -> CInt {
        while true {
            switch listener.accept(within: Service.idleTime) {
            case .connection(let socket): take(socket)
            // systemd goes on to listen, and starts it again.
            case .nobody: if quotas.count == 0 { return 0 }
            case .trouble: usleep(Service.rest)
            }
        }
    }

    /// Nothing here may wait for the peer: others wait to be accepted.
    private func take(_ socket: consuming Socket) {
        let user: UInt32
        do throws(WireError) {
            user = try socket.peer()
        } catch {
            return
        }
        let channel = FrameChannel(socket)
        let seat: Seat
        do throws(Quotas.Refusal) {
            seat = try quotas.enter(Peer.isOwner(user) ? .unidentified : .user(user))
        } catch {
            return Service.refuse(channel, error.text)
        }
        let work = Handover(Connection(settings, user, seat, channel))
        let isStarted = Worker.start { work.take()?.serve() }
        if !isStarted { work.take()?.refuse("swiftotpd has no thread left") }
    }

    /// Says that there is no room, if that can be said at once.
    static func refuse(_ channel: consuming FrameChannel, _ why: String) {
        channel.queue(.busy, Array(why.utf8))
        try? channel.flush(until: Deadline(in: farewell))
    }
}

/// Hands a connection to the thread that serves it.
private final class Handover: Sendable {
    private let connection: Mutex<Connection?>

    init(_ connection: consuming Connection) { self.connection = Mutex(connection) }

    func take() -> Connection? { connection.withLock { $0.take() } }
}
