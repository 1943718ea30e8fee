import FoundationEssentials
import NIOCore
import NIOHTTP1

// A host with a certificate of the site's authority, which the site's own tool renews.
extension FleetClient {
    /// Uses what is in the site's files from now on, once a server takes it; whether that is another
    /// certificate than before.
    ///
    /// A host whose certificate no server takes seems to be cut off, and its offline policy counts. So
    /// the one before stays as long as it counts, until a server has taken the new one: half a chain,
    /// or the site's clock or its other authority, may be the reason why none does.
    ///
    /// Throws a sentence if it cannot be used; the one before stays.
    public func reread() async throws(FleetProblem) -> Bool {
        let old = credentials
        guard let new = try old.reread() else { return false }
        if old.identity.isCurrent(at: Date()) { try await probe(new) }
        _ = try use(new)
        return true
    }

    /// Throws a sentence unless a server answers a heartbeat with this certificate that it can judge.
    private func probe(_ new: HostCredentials) async throws(FleetProblem) {
        let tls = try new.configuration()
        var problems: [String] = []
        for server in servers.map(\.url) {
            do throws(ServerChannel.Silence) {
                let reply = try await channel.send(
                    .GET, WireFormat.pingPath, to: server, tls,
                    until: .now() + .milliseconds(FleetClient.beatPatience.milliseconds))
                if reply.status == 200 { return }
                problems.append("\(server): \(reply.sentence)")
            } catch {
                problems.append("\(server): \(error.text)")
            }
        }
        throw FleetProblem(
            "no server takes the new certificate: \(problems.joined(separator: "; "))")
    }
}
