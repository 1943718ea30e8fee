import OTPCore
import OTPWire

/// The agent of a fleet on this host, which keeps the connections to the fleet's servers.
struct FleetAgent: Sendable {
    /// How long an answer may take: longer than the agent gives the servers.
    private static let patience = Duration.seconds(6)

    /// Where it listens; `nil` for the default.
    var path: [UInt8]?

    /// The accounts of one login.
    var accounts: RemoteAccounts {
        RemoteAccounts { (call) throws(StoreError) in try send(call) }
    }

    /// Sends a call to a server, and waits for its answer.
    private func send(_ call: borrowing FleetCall) throws(StoreError) -> FleetReply.Result {
        var body: [UInt8]
        do throws(Document.Problem) {
            body = try Document.encode(copy call)
        } catch {
            throw trouble("the call is too long")
        }
        defer { Secret.wipe(&body) }
        switch AgentClient.send(body, to: path, within: FleetAgent.patience) {
        case .answered(var reply):
            defer { Secret.wipe(&reply) }
            guard let document = try? Document.fleetReply(reply) else {
                throw RemoteAccounts.unclear
            }
            return document.result
        case .failed(let why): throw trouble(why)
        }
    }

    private func trouble(_ why: String) -> StoreError {
        StoreError(.system, Array("the fleet".utf8), why)
    }
}
