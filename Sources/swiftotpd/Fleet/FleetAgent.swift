import OTPCore
import OTPWire

/// The agent of a fleet on this host, which keeps the connections to the fleet's servers.
struct FleetAgent: Sendable {
    /// What errors are about.
    static var subject: [UInt8] { Array("the fleet".utf8) }

    /// Where it listens; `nil` for the default.
    var path: [UInt8]?

    /// The accounts of one login.
    var accounts: RemoteAccounts {
        RemoteAccounts { (call) throws(StoreError) in try send(call) }
    }

    /// Sends a call to a server, and waits for its answer.
    func send(_ call: borrowing FleetCall) throws(StoreError) -> FleetReply.Result {
        try reply(to: call).result
    }

    /// The same, with what comes beside the answer.
    func reply(to call: borrowing FleetCall) throws(StoreError) -> FleetReply {
        let call = copy call
        switch try ask({ () throws(Document.Problem) in try Document.encode(call) }) {
        case .answered(var reply):
            defer { Secret.wipe(&reply) }
            guard let document = try? Document.fleetReply(reply) else {
                throw RemoteAccounts.unclear
            }
            return document
        case .failed(let status, let why):
            throw trouble(status.words + (why.isEmpty ? "" : ": \(why)"))
        }
    }

    /// Asks the agent itself, which decides while no server is reached.
    func send(_ call: OfflineCall) throws(StoreError) -> OfflineReply.Result {
        let answer = try ask({ () throws(Document.Problem) in try call.encoded() })
        guard case .answered(let reply) = answer,
            let document = try? Document.offlineReply(reply)
        else { throw RemoteAccounts.unclear }
        return document.result
    }

    /// Sends bytes to the agent, and wipes them.
    private func ask(
        _ encoded: () throws(Document.Problem) -> [UInt8]
    ) throws(StoreError) -> AgentAnswer {
        var body: [UInt8]
        do throws(Document.Problem) {
            body = try encoded()
        } catch {
            throw trouble("the call is too long")
        }
        defer { Secret.wipe(&body) }
        do throws(AgentClient.Problem) {
            return try AgentClient.send(body, to: path)
        } catch {
            throw trouble(error.text)
        }
    }

    func trouble(_ why: String) -> StoreError {
        StoreError(.system, FleetAgent.subject, why)
    }
}

extension AgentStatus {
    /// What it means, in one clause.
    fileprivate var words: String {
        switch self {
        case .answered, .unreachable: "no server can be reached"
        case .refused: "the servers refuse this host"
        case .overBudget:
            "too many failures, refused commands or calls have come from this host; see"
                + " `swiftotp-server hosts` and `audit` on a server"
        case .unavailable: "the servers cannot check codes now"
        case .malformed: "the servers are of another version"
        }
    }
}
