import FleetNetwork
import Synchronization

/// A service that answers as a test says, and remembers what it was asked.
final class ScriptedService: FleetService {
    typealias Answering = @Sendable (HostCall) async -> HostAnswer

    private struct State {
        var calls: [HostCall] = []
        var pings: [String] = []
        var joins: [JoinRequest] = []
        var siteJoins: [String] = []
        var ping = PingAnswer()
        var answering: Answering = { .answered($0.body, receipt: nil) }
        var joining: @Sendable (JoinRequest) async -> JoinAnswer = { _ in .refused("nobody joins") }
        var renewing: @Sendable (String, String) async -> JoinAnswer = { _, _ in
            .refused("nobody renews")
        }
    }

    private let state = Mutex(State())

    /// The requests so far.
    var calls: [HostCall] { state.withLock { $0.calls } }
    var pings: [String] { state.withLock { $0.pings } }
    var joins: [JoinRequest] { state.withLock { $0.joins } }
    /// The hosts that have joined with a certificate of the site's.
    var siteJoins: [String] { state.withLock { $0.siteJoins } }

    /// Forgets the calls so far.
    func forget() { state.withLock { $0.calls = [] } }

    func onCall(_ body: @escaping Answering) { state.withLock { $0.answering = body } }
    func onPing(_ answer: PingAnswer) { state.withLock { $0.ping = answer } }
    func onJoin(_ body: @escaping @Sendable (JoinRequest) async -> JoinAnswer) {
        state.withLock { $0.joining = body }
    }
    func onRenew(_ body: @escaping @Sendable (String, String) async -> JoinAnswer) {
        state.withLock { $0.renewing = body }
    }

    func answer(_ call: HostCall) async -> HostAnswer {
        let body = state.withLock { state in
            state.calls.append(call)
            return state.answering
        }
        return await body(call)
    }

    func ping(host: String, proof: HostProof, receipt: String?) async -> PingAnswer {
        state.withLock { state in
            state.pings.append(host)
            return state.ping
        }
    }

    func join(_ request: JoinRequest) async -> JoinAnswer {
        let body = state.withLock { state in
            state.joins.append(request)
            return state.joining
        }
        return await body(request)
    }

    func joinSite(host: String, start: UInt64, secret: [UInt8]) async -> JoinAnswer {
        state.withLock { $0.siteJoins.append(host) }
        return .joined(host: host)
    }

    func renew(host: String, generation: UInt64, request: String) async -> JoinAnswer {
        let body = state.withLock { $0.renewing }
        return await body(host, request)
    }
}
