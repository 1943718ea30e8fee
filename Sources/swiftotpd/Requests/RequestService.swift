import OTPCore
import OTPService
import OTPStore
import OTPWire

/// The requests of otp-enroll on one connection. Between two requests nothing of a record is held,
/// nor anything that an earlier one proved, but what a fleet's server has sealed.
struct RequestService {
    /// The longest connection of a user: long enough to find the phone and scan a QR code.
    private static let longest = Duration.seconds(15 * 60)
    /// The longest connection of the owner, who may have many users to go through.
    private static let longestOfOwner = Duration.seconds(24 * 3600)
    /// How long to wait for each request after the first.
    private static let patience = Duration.seconds(5 * 60)
    /// How long a client may take to accept a reply.
    private static let replyPatience = Duration.seconds(10)
    /// A user's requests per connection; nobody needs a tenth of them.
    private static let maximumRequests = 200

    private let settings: Settings
    private let peer: Peer
    private let passes: HelpDeskPasses<UInt32>
    private let leftovers = Store.Leftovers()

    init(_ settings: Settings, _ peer: Peer, _ passes: HelpDeskPasses<UInt32>) {
        (self.settings, self.peer, self.passes) = (settings, peer, passes)
    }

    /// Answers requests until the client ends, is silent for too long or sends something invalid.
    func serve(_ first: [UInt8], on channel: consuming FrameChannel) {
        let end = Deadline(
            in: peer.isOwner ? RequestService.longestOfOwner : RequestService.longest)
        var message = first
        defer { Secret.wipe(&message) }
        var count = 0
        var permit: String?
        while peer.isOwner || count < RequestService.maximumRequests {
            let reply = answer(message, &permit)
            Secret.wipe(&message)
            if !reply.result.isPage { count += 1 }
            guard send(reply, on: &channel), !reply.result.endsConnection else { return }
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

    private func answer(_ message: [UInt8], _ permit: inout String?) -> Reply {
        let request: Request
        do throws(Document.Problem) {
            request = try Document.request(message)
        } catch {
            ServiceLog.writeBadRequest(of: peer.user)
            return Reply(.denied(reason: error == .otherVersion ? .otherVersion : .malformed))
        }
        let handler: RequestHandler<ThisMachine>
        do throws(StoreError) {
            let parties: RequestParties
            switch try RequestParties.find(for: request, of: peer, settings) {
            case .success(let found): parties = found
            case .failure(let reason): return Reply(.denied(reason: reason))
            }
            if let fleet = try FleetRequest(request, of: peer, parties, settings) {
                return try fleet.reply(&permit)
            }
            switch try RequestHandler.make(
                for: request, of: peer, parties, settings, leftovers, passes)
            {
            case .success(let found): handler = found
            case .failure(let reason): return Reply(.denied(reason: reason))
            }
        } catch {
            return Reply(trouble(error, Array(String(peer.user).utf8)))
        }
        let result: Reply.Result
        do throws(StoreError) {
            result = try handler.run(request)
        } catch {
            result = trouble(error, handler.user.name)
        }
        // Every record is closed again. What is wrong with the messenger is for admins.
        let untold = handler.here.announcer.tell()
        return Reply(result, untold: untold.map { peer.isOwner ? $0 : "see the system log" })
    }

    /// The trouble, as the caller may see it. Callers who may not read the configuration learn no
    /// more than that there is some.
    private func trouble(_ error: StoreError, _ user: [UInt8]) -> Reply.Result {
        // What root is told need not be logged as well.
        guard !peer.isOwner else { return .failed(trouble: TroubleDocument(error)) }
        ServiceLog.write(error, user: user, by: peer)
        guard error.code == .configuration else { return .failed(trouble: TroubleDocument(error)) }
        return .failed(
            trouble:
                TroubleDocument(
                    StoreError(
                        .configuration, [], "the configuration is invalid; see the system log")))
    }

    /// Sends a reply and wipes it; whether it was sent.
    private func send(_ reply: Reply, on channel: inout FrameChannel) -> Bool {
        do throws(Document.Problem) {
            channel.queue(.reply, try Document.encode(reply))
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
    /// Whether it is a page of a list, which may have many. Only root and the help desk get one.
    fileprivate var isPage: Bool {
        switch self {
        case .rows, .recorded: true
        default: false
        }
    }

    /// Whether the other end does not speak our protocol, and cannot use anything further.
    fileprivate var endsConnection: Bool {
        self == .denied(reason: .malformed) || self == .denied(reason: .otherVersion)
    }
}
