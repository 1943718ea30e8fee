import Glibc
import OTPService
import OTPSystem
import OTPWire

/// The resident service: accepts, checks who it is, and gives each connection a thread of its own.
/// Nothing here may wait for a peer while others wait to be accepted.
struct Service: ~Copyable {
    /// How long it stays without a connection.
    private static let idleTime = Duration.seconds(60)
    /// How long it pauses if the system has no room for more, in microseconds.
    private static let rest: UInt32 = 20_000
    /// How many are accepted before the others are checked.
    private static let batch = 32
    /// How long a peer without room may take to be told so.
    private static let farewell = Duration.milliseconds(20)

    private let settings: Settings
    private let quotas = Quotas()
    private let passes = HelpDeskPasses<UInt32>()
    private let listener: Listener
    private var entrance = Entrance()

    init(_ settings: Settings, _ listener: consuming Listener) {
        self.settings = settings
        self.listener = listener
    }

    /// Runs until nobody has been connected for a minute; returns the exit status.
    mutating func run() -> CInt {
        while true {
            let end = quotas.emptySince.map { Deadline(in: Service.idleTime, from: $0) }
            let isIdle = end?.isOver == true
            // systemd keeps listening, and starts it again.
            if isIdle && !passes.isAnyLive { return 0 }
            let deadline = end.flatMap { isIdle ? nil : $0 } ?? Deadline(in: Service.idleTime)
            let event = listener.wait(
                with: entrance.descriptors,
                until: entrance.deadline.map { $0.clamped(to: deadline) } ?? deadline)
            for guest in entrance.leave(event.ready) { start(guest) }
            entrance.endLate()
            if event.isCalled { acceptSome() }
        }
    }

    private mutating func acceptSome() {
        for _ in 0..<Service.batch {
            switch listener.accept() {
            case .connection(let socket): take(socket)
            case .nobody: return
            case .trouble:
                usleep(Service.rest)
                return
            }
        }
    }

    private mutating func take(_ socket: consuming Socket) {
        let user: UInt32
        do throws(WireError) {
            user = try socket.peer()
        } catch {
            return
        }
        let channel = FrameChannel(socket)
        let isOwner = Peer.isOwner(user)
        let seat: Seat
        do throws(Quotas.Refusal) {
            seat = try enter(isOwner ? .unidentified : .user(user))
        } catch {
            return Service.refuse(channel, error.text)
        }
        var connection = Connection(settings, user, seat, channel, passes)
        connection.greet()
        if isOwner {
            entrance.take(connection)
        } else {
            start(Guest(connection, until: Deadline(in: .zero)))
        }
    }

    /// Takes a place. One of root's programs may take the place of another that says nothing.
    private mutating func enter(_ holder: Quotas.Holder) throws(Quotas.Refusal) -> Seat {
        while true {
            do throws(Quotas.Refusal) {
                return try quotas.enter(holder)
            } catch {
                guard holder == .unidentified, entrance.endFirst() else { throw error }
            }
        }
    }

    /// Gives a connection a thread.
    private func start(_ guest: Guest) {
        let isStarted = Worker.start { guest.take()?.serve() }
        if !isStarted { guest.take()?.refuse("swiftotpd has no thread left") }
    }

    /// Says that there is no room, if that is possible without waiting.
    static func refuse(_ channel: consuming FrameChannel, _ why: String) {
        channel.queue(.busy, Array(why.utf8))
        try? channel.flush(until: Deadline(in: farewell))
    }
}
