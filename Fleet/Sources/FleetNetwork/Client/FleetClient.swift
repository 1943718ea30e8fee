import FoundationEssentials
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import OTPCore

/// A host's way to the servers of its fleet.
///
/// Each server gets a heartbeat every second. A request goes to the first server that answered the
/// last one, and with the same id to the next if that one does not answer it.
public final class FleetClient: Sendable {
    /// How long a request may take, whatever happens.
    public static let patience = Duration.milliseconds(3500)
    /// What a server is told at most, so that its answer comes in time.
    private static let longestWithin = Duration.milliseconds(3000)
    private static let margin = Duration.milliseconds(400)
    /// The time between two heartbeats, and for the answer to one: a host that is busy for a moment
    /// must not think that its servers are gone.
    private static let beat = Duration.seconds(1)
    static let beatPatience = Duration.seconds(2)
    /// The time between two while the server cannot judge: people wait for it.
    private static let troubledBeat = Duration.milliseconds(500)

    private struct State {
        var credentials: HostCredentials
        var tls: TLSConfiguration
        var servers: [ServerState]
        var heartbeats: [Task<Void, Never>] = []
    }

    private let state: NIOLockedValueBox<State>
    private let newest: NIOLockedValueBox<String?>
    let channel: ServerChannel
    private let keepReceipt: @Sendable (String) -> Void

    /// A client with what the host has; `receipt` is the newest one that it kept. `keepReceipt`
    /// gets each newer one, in their order. Call `start`, and `shutdown` at the end.
    ///
    /// Throws if the key or a certificate cannot be used.
    public init(
        _ credentials: HostCredentials, receipt: String? = nil,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        keepReceipt: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(FleetProblem) {
        let tls = try credentials.configuration()
        state = NIOLockedValueBox(
            State(
                credentials: credentials, tls: tls,
                servers: credentials.servers.map { ServerState($0) }))
        newest = NIOLockedValueBox(receipt.flatMap(WireFormat.receipt))
        channel = ServerChannel(group: group)
        self.keepReceipt = keepReceipt
    }

    /// Begins the heartbeats.
    public func start() {
        let servers = state.withLockedValue { $0.servers.map(\.url) }
        let tasks = servers.map { server in Task { await self.heartbeat(of: server) } }
        state.withLockedValue { $0.heartbeats += tasks }
    }

    /// Ends heartbeats and connections. No request may follow.
    public func shutdown() async {
        let tasks = state.withLockedValue { $0.heartbeats }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        await channel.shutdown()
    }

    /// What is known of the servers.
    public var servers: [ServerState] { state.withLockedValue { $0.servers } }

    /// Whether no server can judge, by the last heartbeats: each one is silent, or says so.
    public var isCutOff: Bool {
        servers.allSatisfy { server in
            switch server.condition {
            case .silent, .notReady: true
            case .ready, .unknown, .refusing: false
            }
        }
    }

    /// Whether a server answered its last heartbeat that it can.
    public var isReady: Bool { servers.contains { $0.condition == .ready } }

    /// The newest receipt.
    public var receipt: String? { newest.withLockedValue { $0 } }

    /// What the host has; another certificate after a renewal.
    public var credentials: HostCredentials { state.withLockedValue { $0.credentials } }

    // MARK: Requests

    /// Sends a request of at most 32 KiB; it takes `patience` at most.
    public func call(_ body: [UInt8]) async -> CallAnswer {
        guard !body.isEmpty, body.count <= WireFormat.longestCall else {
            return .malformed("the request is empty or too long")
        }
        var generator = SystemRandomNumberGenerator()
        let id = Hex.text(
            of: (0..<WireFormat.idLength).map { _ in UInt8.random(in: 0...255, using: &generator) })
        let end = ContinuousClock.now + FleetClient.patience
        var candidates = usable
        guard !candidates.isEmpty else { return nobody }
        var (isSent, troubles) = (false, [String]())
        var unavailable: String?
        // A connection that was kept may have ended without our knowledge: such servers get the
        // request once more.
        for _ in 0..<2 {
            var again: [ServerURL] = []
            for (index, server) in candidates.enumerated() {
                let left = end - .now
                guard left > .milliseconds(100) else { break }
                let part = left / (candidates.count - index)
                do throws(ServerChannel.Silence) {
                    let reply = try await send(body, id, to: server, for: part, of: left)
                    guard reply.status == 503 else { return answer(reply) }
                    unavailable = "\(server): \(reply.sentence)"
                } catch {
                    switch error {
                    case .notReached(let why): note(server, .silent(why))
                    case .ended(let why):
                        isSent = true
                        again.append(server)
                        troubles.append("\(server): \(why)")
                    case .timedOut:
                        isSent = true
                        troubles.append("\(server): no answer in time")
                    }
                }
            }
            candidates = again
            if candidates.isEmpty { break }
        }
        if let unavailable { return .unavailable(unavailable) }
        guard isSent else { return nobody }
        // It may have been judged.
        return .unavailable("no server answered: \(troubles.joined(separator: "; "))")
    }

    /// Asks for a new certificate with a new key, and uses it from now on. Returns what to keep.
    ///
    /// Throws a sentence if no server gives one.
    public func renew() async throws(FleetProblem) -> HostCredentials {
        let request = CertificateRequest()
        let body = WireFormat.encoded(WireFormat.RenewBody(request: try request.text()))
        let (old, tls) = state.withLockedValue { ($0.credentials, $0.tls) }
        var problem = FleetProblem("no server is reached")
        for server in usable {
            let reply: ServerChannel.Reply
            do throws(ServerChannel.Silence) {
                reply = try await channel.send(
                    .POST, WireFormat.renewPath, to: server, tls, body: body,
                    until: .now() + .seconds(10))
            } catch {
                problem = FleetProblem("\(server): \(error.text)")
                continue
            }
            guard reply.status == 200,
                let found = WireFormat.decoded(WireFormat.CertificateBody.self, reply.body)
            else {
                problem = FleetProblem("\(server): \(reply.sentence)")
                continue
            }
            return try use(old.renewed(chain: found.certificate, key: request.key))
        }
        throw problem
    }

    /// Uses another certificate from now on; returns it.
    func use(_ new: HostCredentials) throws(FleetProblem) -> HostCredentials {
        let tls = try new.configuration()
        state.withLockedValue { ($0.credentials, $0.tls) = (new, tls) }
        return new
    }

    private func send(
        _ body: [UInt8], _ id: String, to server: ServerURL, for part: Duration, of left: Duration
    ) async throws(ServerChannel.Silence) -> ServerChannel.Reply {
        let within = min(
            FleetClient.longestWithin, max(left - FleetClient.margin, .milliseconds(100)))
        let tls = state.withLockedValue { $0.tls }
        var fields = [
            (WireFormat.requestField, id), (WireFormat.withinField, "\(within.milliseconds)"),
        ]
        if let receipt { fields.append((WireFormat.receiptField, receipt)) }
        return try await channel.send(
            .POST, WireFormat.callPath, to: server, tls, fields: fields, body: body,
            until: .now() + .milliseconds(part.milliseconds))
    }

    private func answer(_ reply: ServerChannel.Reply) -> CallAnswer {
        keep(reply.receipt)
        switch reply.status {
        case 200: return .answered(reply.body)
        case 401, 403: return .refused(reply.sentence)
        case 429: return .overBudget(reply.sentence)
        case 400, 404, 413: return .malformed(reply.sentence)
        default: return .unavailable(reply.sentence)
        }
    }

    // MARK: Heartbeats

    private func heartbeat(of server: ServerURL) async {
        while !Task.isCancelled {
            let began = ContinuousClock.now
            var pause = FleetClient.troubledBeat
            let tls = state.withLockedValue { $0.tls }
            do throws(ServerChannel.Silence) {
                let reply = try await channel.send(
                    .GET, WireFormat.pingPath, to: server, tls,
                    fields: receipt.map { [(WireFormat.receiptField, $0)] } ?? [],
                    until: .now() + .milliseconds(FleetClient.beatPatience.milliseconds))
                keep(reply.receipt)
                switch reply.status {
                case 200:
                    pause = FleetClient.beat
                    note(server, .ready)
                case 401, 403:
                    pause = FleetClient.beat
                    note(server, .refusing(reply.sentence))
                default: note(server, .notReady(reply.sentence))
                }
            } catch {
                note(server, .silent(error.text))
            }
            try? await Task.sleep(until: began + pause, clock: .continuous)
        }
    }

    private func note(_ server: ServerURL, _ condition: ServerState.Condition) {
        state.withLockedValue { state in
            guard let index = state.servers.firstIndex(where: { $0.url == server }) else { return }
            state.servers[index].condition = condition
            if case .silent = condition { return }
            state.servers[index].lastAnswer = .now
        }
    }

    private func keep(_ receipt: String?) {
        guard let receipt else { return }
        newest.withLockedValue { newest in
            guard Receipt.isNewer(receipt, than: newest) else { return }
            newest = receipt
            keepReceipt(receipt)
        }
    }

    /// The servers to ask, first those that answered their last heartbeat. Last those that refuse
    /// this host: whoever logs in is told so.
    private var usable: [ServerURL] {
        let servers = servers
        let known = [ServerState.Condition.ready, .unknown].flatMap { condition in
            servers.filter { $0.condition == condition }
        }
        return (known + servers.filter(\.isRefusing)).map(\.url)
    }

    /// What is said while there is nobody to ask.
    private var nobody: CallAnswer {
        var silent: [String] = []
        for server in servers {
            switch server.condition {
            case .notReady(let why): return .unavailable("\(server.url): \(why)")
            case .silent(let why): silent.append("\(server.url): \(why)")
            case .ready, .unknown, .refusing: break
            }
        }
        return .unreachable("no server is reached: \(silent.joined(separator: "; "))")
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 { Int64(clamping: Int((self / .milliseconds(1)).rounded(.down))) }
}
