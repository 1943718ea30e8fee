import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

@testable import FleetNetwork

extension TestFleet {
    /// Sends a request that shows a certificate; the answer, or why there is none.
    func ask(
        _ path: String = "/v1/ping", showing shown: TestSite.Shown?, of server: TestServer,
        body: String = ""
    ) async throws -> String {
        var tls = try authority.trust.clientConfiguration()
        if let shown { try tls.show(shown.chain, shown.key) }
        let (url, channel) = (
            try server.url, ServerChannel(group: MultiThreadedEventLoopGroup.singleton)
        )
        let answer: String
        do throws(ServerChannel.Silence) {
            let reply = try await channel.send(
                body.isEmpty ? .GET : .POST, path, to: url, tls, body: Array(body.utf8),
                until: NIODeadline.now() + .seconds(20))
            answer = reply.status == 200 ? "served" : "\(reply.status) \(reply.sentence)"
        } catch {
            answer = error.text
        }
        await channel.shutdown()
        return answer
    }
}
