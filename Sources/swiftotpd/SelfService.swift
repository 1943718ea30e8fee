import OTPCore
import OTPStore
import OTPWire

/// What an ordinary user asks for by otp-enroll, about their own second factor.
struct SelfService {
    /// The longest connection: long enough to find the phone and scan a QR code.
    private static let longest = Duration.seconds(15 * 60)
    /// How long each request after the first is waited for.
    private static let patience = Duration.seconds(5 * 60)
    /// How long a client may take to accept a reply.
    private static let replyPatience = Duration.seconds(10)
    /// Requests on one connection; nobody needs a tenth of them.
    private static let maximumRequests = 200

    private let settings: Settings
    private let peer: Peer

    init(_ settings: Settings, _ peer: Peer) {
        (self.settings, self.peer) = (settings, peer)
    }

    /// Answers requests until the client ends, is silent for too long or says what is none.
    func serve(_ first: [UInt8], on channel: consuming FrameChannel) {
        // Until the name is known.
        var name = Array(String(peer.user).utf8)
        let user: User
        let options: Options
        do throws(StoreError) {
            guard let found = try findUser() else {
                return ServiceLog.writeUnknownUser(peer.user)
            }
            (user, name) = (found, found.name)
            options = try ConfigurationFile.options(settings.arguments)
        } catch {
            ServiceLog.write(error, user: name)
            send(
                HelperReply.deniedMessage(
                    .unavailable,
                    Array("the configuration is in error; the system's log tells".utf8)),
                on: &channel)
            return
        }
        converse(first, on: channel, with: user, options)
    }

    /// The number of those whom this system has no number for (user_namespaces(7)) is that of
    /// several people, who must not share a second factor.
    private func findUser() throws(StoreError) -> User? {
        peer.user == Peer.nobody ? nil : try SystemUsers().user(withID: peer.user)
    }

    private func converse(
        _ first: [UInt8], on channel: consuming FrameChannel, with user: User, _ options: Options
    ) {
        let log = SelfServiceLog(user: user)
        let end = Deadline(in: SelfService.longest)
        var session = HelperSession(
            of: user, clock: SystemClock(), random: SystemRandom(), options: options,
            openStore: { () throws(StoreError) -> Store in try Store(path: options.store) },
            makeRecord: { (record, user) throws(StoreError) in
                try Store.openOrMake(path: options.store).make(record, of: user)
            }, journal: { log.write($0) })
        var message = first
        defer { Secret.wipe(&message) }
        for _ in 0..<SelfService.maximumRequests {
            guard let reply = session.reply(to: message.span) else {
                ServiceLog.writeBadRequest(of: peer.user)
                send(HelperReply.deniedMessage(.badRequest), on: &channel)
                return
            }
            Secret.wipe(&message)
            guard send(reply, on: &channel) else { return }
            do throws(WireError) {
                let deadline = Deadline(in: SelfService.patience).clamped(to: end)
                let frame = try channel.receive(until: deadline)
                guard frame.kind == .request else { throw .malformed }
                message = frame.payload
            } catch {
                if error == .malformed { ServiceLog.writeBadRequest(of: peer.user) }
                return
            }
        }
    }

    /// Sends a reply and wipes it; whether it went out.
    @discardableResult
    private func send(_ reply: consuming [UInt8], on channel: inout FrameChannel) -> Bool {
        channel.queue(.reply, reply)
        do throws(WireError) {
            try channel.flush(until: Deadline(in: SelfService.replyPatience))
            return true
        } catch {
            return false
        }
    }
}
