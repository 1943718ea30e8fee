import Crypto
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import OTPCore
import SwiftASN1
import X509

/// Joins a fleet: a new key, and a certificate for it by an invite; or with a certificate of the
/// site's authority, and an invite for that.
public enum FleetJoin {
    /// How long each step may take.
    private static let patience = TimeAmount.seconds(10)

    /// Joins by the first of `servers` that answers, with a new key or with what `site` has. Nothing
    /// is sent to a server before it has proven that it belongs to the invite's authority.
    ///
    /// Throws a sentence if no server gives a certificate, or takes the site's.
    public static func join(
        _ servers: [ServerURL], with token: InviteToken, showing site: SiteCertificate? = nil,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws(FleetProblem) -> HostCredentials {
        let channel = ServerChannel(group: group)
        let result = await joined(servers, token, site, channel, group)
        await channel.shutdown()
        return try result.get()
    }

    private static func joined(
        _ servers: [ServerURL], _ token: InviteToken, _ site: SiteCertificate?,
        _ channel: ServerChannel, _ group: any EventLoopGroup
    ) async -> Result<HostCredentials, FleetProblem> {
        var problems: [String] = []
        for server in servers {
            do throws(FleetProblem) {
                let trust = try await authority(of: server, token, group)
                let request = site == nil ? CertificateRequest() : nil
                let body = WireFormat.JoinBody(
                    secret: Hex.text(of: token.secret), request: try request?.text())
                let reply: ServerChannel.Reply
                var tls = try trust.clientConfiguration()
                if let site { try tls.show(site.chain, site.key) }
                do throws(ServerChannel.Silence) {
                    reply = try await channel.send(
                        .POST, WireFormat.joinPath, to: server, tls,
                        body: WireFormat.encoded(body), until: .now() + patience)
                } catch {
                    throw FleetProblem(error.text)
                }
                if let found = try credentials(by: reply, servers, trust, request, site) {
                    return .success(found)
                }
                // A refusal holds for all servers; the invite may be spent.
                return .failure(FleetProblem("\(server): \(reply.sentence)"))
            } catch {
                problems.append("\(server): \(error.text)")
            }
        }
        return .failure(FleetProblem(problems.joined(separator: "; ")))
    }

    /// What the host has after a reply; `nil` if that is a refusal.
    private static func credentials(
        by reply: ServerChannel.Reply, _ servers: [ServerURL], _ trust: FleetTrust,
        _ request: CertificateRequest?, _ site: SiteCertificate?
    ) throws(FleetProblem) -> HostCredentials? {
        guard reply.status == 200 else { return nil }
        if let request {
            let found = WireFormat.decoded(WireFormat.CertificateBody.self, reply.body)
            guard let found else { return nil }
            return try HostCredentials(
                servers: servers, trust: trust, chain: found.certificate, key: request.key)
        }
        let found = WireFormat.decoded(WireFormat.JoinedBody.self, reply.body)
        guard let site, let host = found.flatMap({ FleetName($0.host) }) else { return nil }
        return try HostCredentials(servers: servers, trust: trust, host: host, site: site)
    }

    /// The authority's certificate, which the server sends with its own. Whoever sends it, it is
    /// the right one if it has the invite's hash; the next connection is then verified by it.
    private static func authority(
        of server: ServerURL, _ token: InviteToken, _ group: any EventLoopGroup
    ) async throws(FleetProblem) -> FleetTrust {
        let shown: [NIOSSLCertificate]
        do {
            shown = try await chain(of: server, group)
        } catch let problem as FleetProblem {
            throw problem
        } catch {
            throw FleetProblem(ServerChannel.silence(error, .now() + patience).text)
        }
        for certificate in shown {
            guard let bytes = try? certificate.toDERBytes(),
                Array(SHA256.hash(data: bytes)) == token.authority
            else { continue }
            let found = try working("the authority's certificate is damaged") {
                try Certificate(derEncoded: bytes)
            }
            return try FleetTrust(found)
        }
        throw FleetProblem("the server is not of the fleet that the invite is for")
    }

    /// The certificates that a server shows. Nothing is sent but the handshake.
    private static func chain(
        of server: ServerURL, _ group: any EventLoopGroup
    ) async throws -> [NIOSSLCertificate] {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv13
        let context = try NIOSSLContext(configuration: configuration)
        let found = group.next().makePromise(of: [NIOSSLCertificate].self)
        let connected = ClientBootstrap(group: group).connectTimeout(patience)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = try NIOSSLClientHandler(
                        context: context, serverHostname: nil,
                        customVerificationCallback: { certificates, promise in
                            found.succeed(certificates)
                            // It was not verified: nothing more may go through this connection.
                            promise.succeed(.failed)
                        })
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }.connect(host: server.name, port: server.port)
        connected.whenFailure { found.fail($0) }
        connected.whenSuccess { channel in
            let late = channel.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
            channel.closeFuture.whenComplete { _ in
                late.cancel()
                found.fail(FleetProblem("the server shows no certificate"))
            }
        }
        return try await found.futureResult.get()
    }
}
