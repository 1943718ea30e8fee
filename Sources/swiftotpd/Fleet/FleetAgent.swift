import OTPCore
import OTPWire

/// The agent of a fleet on this host, which keeps the connections to the fleet's servers.
struct FleetAgent: Sendable {
    /// Where it listens; `nil` for the default.
    var path: [UInt8]?

    /// The accounts of one login.
    var accounts: RemoteAccounts {
        RemoteAccounts { (call) throws(StoreError) in try send(call) }
    }

    /// Sends a call to a server, and waits for its answer.
    func send(_ call: borrowing FleetCall) throws(StoreError) -> FleetReply.Result {
        var body: [UInt8]
        do throws(Document.Problem) {
            body = try Document.encode(copy call)
        } catch {
            throw trouble("the call is too long")
        }
        defer { Secret.wipe(&body) }
        let answer: AgentAnswer
        do throws(AgentClient.Problem) {
            answer = try AgentClient.send(body, to: path)
        } catch {
            throw trouble(error.text)
        }
        switch answer {
        case .answered(var reply):
            defer { Secret.wipe(&reply) }
            guard let document = try? Document.fleetReply(reply) else {
                throw RemoteAccounts.unclear
            }
            return document.result
        case .failed(let status, let why):
            throw trouble(status.words + (why.isEmpty ? "" : ": \(why)"))
        }
    }

    /// Asks the agent itself, which decides while no server is reached.
    func send(_ call: OfflineCall) throws(StoreError) -> OfflineReply.Result {
        var body: [UInt8]
        do throws(Document.Problem) {
            body = try call.encoded()
        } catch {
            throw trouble("the call is too long")
        }
        defer { Secret.wipe(&body) }
        let answer: AgentAnswer
        do throws(AgentClient.Problem) {
            answer = try AgentClient.send(body, to: path)
        } catch {
            throw trouble(error.text)
        }
        guard case .answered(let reply) = answer,
            let document = try? Document.offlineReply(reply)
        else { throw RemoteAccounts.unclear }
        return document.result
    }

    func trouble(_ why: String) -> StoreError {
        StoreError(.system, Array("the fleet".utf8), why)
    }
}

extension AgentStatus {
    /// What it means, in one clause.
    fileprivate var words: String {
        switch self {
        case .answered, .unreachable: "no server can be reached"
        case .refused: "the servers refuse this host"
        case .overBudget:
            "too many failures have come from this host; see `swiftotp-server hosts` on a server"
        case .unavailable: "the servers cannot check codes now"
        case .malformed: "the servers are of another version"
        }
    }
}
