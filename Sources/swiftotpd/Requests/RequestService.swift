import OTPCore
import OTPStore
import OTPWire

/// What otp-enroll asks for on one connection. Nothing of a record is held between two requests, and
/// nothing that an earlier one has proven.
struct RequestService {
    /// The longest connection of a user's: long enough to find the phone and scan a QR code.
    private static let longest = Duration.seconds(15 * 60)
    /// The longest connection of the owner's, who may have many users to go through.
    private static let longestOfOwner = Duration.seconds(24 * 3600)
    /// How long each request after the first is waited for.
    private static let patience = Duration.seconds(5 * 60)
    /// How long a client may take to accept a reply.
    private static let replyPatience = Duration.seconds(10)
    /// Requests of a user's on one connection; nobody needs a tenth of them.
    private static let maximumRequests = 200

    private let settings: Settings
    private let peer: Peer
    private let leftovers = Store.Leftovers()

    init(_ settings: Settings, _ peer: Peer) {
        (self.settings, self.peer) = (settings, peer)
    }

    /// Answers requests until the client ends, is silent for too long or says what is none.
    func serve(_ first: [UInt8], on channel: consuming FrameChannel) {
        let end = Deadline(
            in: peer.isOwner ? RequestService.longestOfOwner : RequestService.longest)
        var message = first
        defer { Secret.wipe(&message) }
        var count = 0
        while peer.isOwner || count < RequestService.maximumRequests {
            count += 1
            let result = answer(message)
            Secret.wipe(&message)
            guard send(result, on: &channel), !result.endsConnection else { return }
            do throws(WireError) {
                let deadline = Deadline(in: RequestService.patience).clamped(to: end)
                let frame = try channel.receive(until: deadline)
                guard frame.kind == .request else { throw .malformed }
                message = frame.payload
            } catch {
                if error == .malformed { ServiceLog.writeBadRequest(of: peer.user) }
                return
            }
        }
    }

    private func answer(_ message: [UInt8]) -> Reply.Result {
        let request: Request
        do throws(Document.Problem) {
            request = try Document.request(message)
        } catch {
            ServiceLog.writeBadRequest(of: peer.user)
            return .denied(reason: error == .otherVersion ? .otherVersion : .malformed)
        }
        let handler: RequestHandler
        do throws(StoreError) {
            switch try RequestHandler.make(for: request, of: peer, settings, leftovers) {
            case .success(let found): handler = found
            case .failure(let refusal): return .denied(reason: refusal.denial)
            }
        } catch {
            return trouble(error, Array(String(peer.user).utf8))
        }
        do throws(StoreError) {
            return try handler.run(request)
        } catch {
            return trouble(error, handler.user.name)
        }
    }

    /// What stands in the way. Somebody who may not read the configuration hears no more of it than
    /// that.
    private func trouble(_ error: StoreError, _ user: [UInt8]) -> Reply.Result {
        // What root is told needs no second place.
        guard !peer.isOwner else { return .failed(trouble: TroubleDocument(error)) }
        ServiceLog.write(error, user: user)
        guard error.code == .configuration else { return .failed(trouble: TroubleDocument(error)) }
        return .failed(
            trouble:
                TroubleDocument(
                    StoreError(
                        .configuration, [], "the configuration is invalid; see the system log")))
    }

    /// Sends a reply and wipes it; whether it went out.
    private func send(_ result: Reply.Result, on channel: inout FrameChannel) -> Bool {
        do throws(Document.Problem) {
            channel.queue(.reply, try Document.encode(Reply(result)))
        } catch {
            ServiceLog.write("a reply is too long")
            return false
        }
        do throws(WireError) {
            try channel.flush(until: Deadline(in: RequestService.replyPatience))
            return true
        } catch {
            return false
        }
    }
}

extension Reply.Result {
    /// Whether whoever asked does not speak our language, and can go on with nothing.
    fileprivate var endsConnection: Bool {
        self == .denied(reason: .malformed) || self == .denied(reason: .otherVersion)
    }
}
