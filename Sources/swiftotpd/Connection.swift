import OTPCore
import OTPStore
import OTPWire

/// One connection, from the welcome to its end.
struct Connection: ~Copyable, Sendable {
    /// How long the first frame may take: whoever connects has it ready.
    private static let firstPatience = Duration.seconds(5)

    private let settings: Settings
    /// The effective user of the program at the other end.
    private let user: UInt32
    /// Its place among all connections; none where it is the only one.
    private var seat: Seat?
    private var channel: FrameChannel

    init(
        _ settings: Settings, _ user: UInt32, _ seat: consuming Seat?,
        _ channel: consuming FrameChannel
    ) {
        self.settings = settings
        self.user = user
        self.seat = seat
        self.channel = channel
    }

    /// Serves it. The connection ends with this value.
    consuming func serve() {
        var first: Frame
        do throws(WireError) {
            let deadline = Deadline(in: Connection.firstPatience)
            channel.queue(.welcome, [Frame.version])
            try channel.flush(until: deadline)
            first = try channel.receive(until: deadline)
        } catch {
            if error == .malformed { ServiceLog.writeBadRequest(of: user) }
            return
        }
        defer { Secret.wipe(&first.payload) }
        let peer = Peer(user: user, sender: channel.sender)
        do throws(Quotas.Refusal) {
            try seat?.identify(peer)
        } catch {
            return Service.refuse(channel, error.text)
        }
        switch first.kind {
        case .login:
            guard let request = LoginRequest(decoding: first.payload) else {
                return ServiceLog.writeBadRequest(of: user)
            }
            LoginService(settings, peer, request).serve(on: channel)
        case .request:
            SelfService(settings, peer).serve(first.payload, on: channel)
        default: ServiceLog.writeBadRequest(of: user)
        }
    }

    /// Ends it at once, and says why.
    consuming func refuse(_ why: String) { Service.refuse(channel, why) }
}
