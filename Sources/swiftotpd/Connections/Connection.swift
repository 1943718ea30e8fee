import OTPCore
import OTPService
import OTPStore
import OTPWire

/// One connection, from the welcome to its end.
struct Connection: ~Copyable, Sendable {
    /// How long the first frame may take; a client has it ready.
    private static let firstPatience = Duration.seconds(5)

    private let settings: Settings
    /// The effective user of the program at the other end.
    private let user: UInt32
    /// Its place among all connections; none if it is the only one.
    private var seat: Seat?
    private var channel: FrameChannel
    /// What members of the help desk have proven to this process.
    private let passes: HelpDeskPasses<UInt32>

    init(
        _ settings: Settings, _ user: UInt32, _ seat: consuming Seat?,
        _ channel: consuming FrameChannel, _ passes: HelpDeskPasses<UInt32>
    ) {
        self.settings = settings
        self.user = user
        self.seat = seat
        self.channel = channel
        self.passes = passes
    }

    /// For poll(2).
    var descriptor: CInt { channel.descriptor }

    /// Sends the first frame. A new connection has room for it, so this never waits; whether
    /// anybody reads it shows in what comes back.
    mutating func greet() {
        channel.queue(.welcome, [Frame.version])
        try? channel.flush(until: Deadline(in: .zero))
    }

    /// Serves it. The connection ends with this value.
    consuming func serve() {
        guard isAnybody else { return }
        var first: Frame
        do throws(WireError) {
            first = try channel.receive(until: Deadline(in: Connection.firstPatience))
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
            RequestService(settings, peer, passes).serve(first.payload, on: channel)
        default: ServiceLog.writeBadRequest(of: user)
        }
    }

    /// Whether a user has this UID. One person may have thousands of UIDs (subuid(5)), with sixteen
    /// connections each: those without a name belong to nobody, and end before they have held a
    /// place for long. If the lookup fails, the request will report that.
    private var isAnybody: Bool {
        guard !Peer.isOwner(user) else { return true }
        do throws(StoreError) {
            if user != Peer.nobody, try SystemUsers().user(withID: user) != nil { return true }
        } catch {
            return true
        }
        ServiceLog.writeUnknownUser(user)
        return false
    }

    /// Ends it at once, and says why.
    consuming func refuse(_ why: String) { Service.refuse(channel, why) }
}
