import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Testing

@testable import FleetNetwork

@Suite("A server serves only hosts of its fleet, and within limits", .serialized)
struct ServerTests {
    let fleet: TestFleet
    let service = ScriptedService()
    private let id = String(repeating: "0a", count: 16)

    init() throws { fleet = try TestFleet() }

    /// Sends one request over a connection of its own.
    private func send(
        _ method: HTTPMethod = .POST, _ path: String = "/v1/call", to server: TestServer,
        _ tls: TLSConfiguration, _ fields: [(String, String)]? = nil,
        body: [UInt8] = Array("{}".utf8)
    ) async throws -> ServerChannel.Reply {
        let channel = ServerChannel(group: MultiThreadedEventLoopGroup.singleton)
        let usual = [("Swiftotp-Request", id), ("Swiftotp-Within", "3000")]
        let result: Result<ServerChannel.Reply, any Error>
        do {
            result = .success(
                try await channel.send(
                    method, path, to: server.url, tls, fields: fields ?? usual, body: body,
                    until: .now() + .seconds(20)))
        } catch {
            result = .failure(error)
        }
        await channel.shutdown()
        return try result.get()
    }

    // MARK: Who

    @Test("A host is not served, or not under the name in its certificate")
    func host() async throws {
        let server = try await fleet.server(service)
        let tls = try fleet.credentials("web17", server: server).configuration()
        service.onCall { .answered(Array("\($0.host)".utf8), receipt: "7.abc") }
        let fields = [
            ("Swiftotp-Request", id.uppercased()), ("Swiftotp-Within", "1500"),
            ("Swiftotp-Receipt", "6.xyz"),
        ]
        let reply = try await send(to: server, tls, fields, body: Array("{\"a\":1}".utf8))
        #expect(reply.status == 200)
        #expect(reply.receipt == "7.abc")
        #expect(String(decoding: reply.body, as: UTF8.self) == "web17")
        let call = try #require(service.calls.first)
        #expect(call.request == [UInt8](repeating: 10, count: 16))
        #expect(call.within == .milliseconds(1500))
        #expect(call.receipt == "6.xyz")
        #expect(call.body == Array("{\"a\":1}".utf8))
        let ping = try await send(.GET, "/v1/ping", to: server, tls, body: [])
        #expect(ping.status == 200)
        #expect(service.pings == ["web17"])
        await server.stop()
    }

    @Test("Somebody without a certificate is served")
    func stranger() async throws {
        let server = try await fleet.server(service)
        let tls = try fleet.authority.trust.clientConfiguration()
        for (method, path) in [
            (HTTPMethod.POST, "/v1/call"), (.GET, "/v1/ping"), (.POST, "/v1/renew"),
        ] {
            #expect(try await send(method, path, to: server, tls).status == 401)
        }
        #expect(service.calls.isEmpty && service.pings.isEmpty)
        await server.stop()
    }

    /// Whether a client with this certificate gets no answer but a refusal.
    private func isRefused(_ tls: TLSConfiguration, by server: TestServer) async -> Bool {
        do {
            return try await send(to: server, tls).status == 401
        } catch {
            return error is ServerChannel.Silence
        }
    }

    @Test("A host of another authority is served, although it has the right names")
    func foreign() async throws {
        let server = try await fleet.server(service)
        let other = try TestFleet("lab").credentials(server: server)
        var tls = try other.configuration()
        tls.trustRoots = try fleet.authority.trust.clientConfiguration().trustRoots
        #expect(await isRefused(tls, by: server))
        #expect(service.calls.isEmpty)
        await server.stop()
    }

    @Test("A certificate of this authority for another fleet's name is served")
    func otherFleet() async throws {
        let twin = FleetAuthority(
            fleet: try #require(FleetName("shop")), certificate: fleet.authority.certificate,
            key: fleet.authority.key)
        let server = try await fleet.server(service)
        let request = CertificateRequest()
        let chain = try twin.sign(request: request.text(), host: "web17", generation: 1)
        var tls = try fleet.authority.trust.clientConfiguration()
        tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(chain.utf8))
            .prefix(1).map { .certificate($0) }
        tls.privateKey = .privateKey(
            try NIOSSLPrivateKey(bytes: Array(request.key.pemRepresentation.utf8), format: .pem))
        #expect(await isRefused(tls, by: server))
        #expect(service.calls.isEmpty)
        await server.stop()
    }

    @Test("A host is served after its certificate has ended, on an old or a new connection")
    func expired() async throws {
        let server = try await fleet.server(service)
        // Long enough for a busy machine to call once.
        let credentials = try fleet.credentials(servers: [server], lifetime: 12)
        let tls = try credentials.configuration()
        let channel = ServerChannel(group: MultiThreadedEventLoopGroup.singleton)
        let fields = [("Swiftotp-Request", id), ("Swiftotp-Within", "3000")]
        func call() async throws -> UInt {
            try await channel.send(
                .POST, "/v1/call", to: server.url, tls, fields: fields, body: [1],
                until: .now() + .seconds(20)
            ).status
        }
        #expect(try await call() == 200)
        try await Task.sleep(for: .seconds(13))
        #expect(try await call() == 401)
        #expect(service.calls.count == 1)
        await channel.shutdown()
        #expect(await isRefused(tls, by: server))
        #expect(service.calls.count == 1)
        await server.stop()
    }

    @Test("A server's own certificate is taken for a host's")
    func serverAsClient() async throws {
        let server = try await fleet.server(service)
        let identity = try fleet.authority.serverIdentity(names: ["127.0.0.1"])
        var tls = try fleet.authority.trust.clientConfiguration()
        tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(identity.chain.utf8))
            .map { .certificate($0) }
        tls.privateKey = .privateKey(
            try NIOSSLPrivateKey(bytes: Array(identity.key.utf8), format: .pem))
        #expect(await isRefused(tls, by: server))
        #expect(service.calls.isEmpty)
        await server.stop()
    }

    @Test("A host's certificate plays a server")
    func hostAsServer() async throws {
        let server = try await fleet.server(service)
        let request = CertificateRequest()
        let chain = try fleet.authority.sign(
            request: request.text(), host: "127.0.0.1", generation: 1)
        let fake = try FleetServer(
            settings: {
                var settings = ServerSettings(); settings.port = 0; return settings
            }(),
            identity: try ServerIdentity(chain: chain, key: request.key.pemRepresentation),
            trust: fleet.authority.trust, service: service)
        let (port, _) = try await fake.start()
        let tls = try fleet.credentials(server: server).configuration()
        let played = TestServer(server: fake, port: port, metricsPort: nil)
        await #expect(throws: ServerChannel.Silence.self) { try await send(to: played, tls) }
        #expect(service.calls.isEmpty)
        await fake.stop()
        await server.stop()
    }

    @Test("A server is believed under a name that its certificate does not have")
    func wrongName() async throws {
        let server = try await fleet.server(service, names: ["otp1.lab"])
        let tls = try fleet.credentials(server: server).configuration()
        await #expect(throws: ServerChannel.Silence.self) { try await send(to: server, tls) }
        #expect(service.calls.isEmpty)
        await server.stop()
    }

    // MARK: Answers

    @Test("An answer of the service gets another status, or its reason is lost")
    func answers() async throws {
        let server = try await fleet.server(service)
        let tls = try fleet.credentials(server: server).configuration()
        let table: [(HostAnswer, UInt, String)] = [
            (.refused("this host is revoked"), 403, "this host is revoked"),
            (.overBudget, 429, "the host has had too many failures or refused commands"),
            (.unavailable("the database is gone"), 503, "the database is gone"),
            (.malformed, 400, "the request is not understood"),
        ]
        for (answer, status, sentence) in table {
            service.onCall { _ in answer }
            let reply = try await send(to: server, tls)
            #expect(reply.status == status)
            #expect(reply.sentence == sentence)
        }
        service.onPing(PingAnswer(problem: "no standby", receipt: "9.x"))
        let ping = try await send(.GET, "/v1/ping", to: server, tls, body: [])
        #expect(ping.status == 503 && ping.sentence == "no standby" && ping.receipt == "9.x")
        await server.stop()
    }

    @Test("A malformed request reaches the service")
    func malformed() async throws {
        let server = try await fleet.server(service)
        let tls = try fleet.credentials(server: server).configuration()
        let (right, within) = (("Swiftotp-Request", id), ("Swiftotp-Within", "3000"))
        let wrong: [[(String, String)]] = [
            [], [right], [within], [("Swiftotp-Request", "0a"), within],
            [("Swiftotp-Request", String(repeating: "x", count: 32)), within],
            [right, right, within],
            [right, ("Swiftotp-Within", "0")], [right, ("Swiftotp-Within", "-1")],
            [right, ("Swiftotp-Within", "99999999999999999999")],
            [right, ("Swiftotp-Within", "3 s")],
            [right, within, ("Swiftotp-Receipt", String(repeating: "1", count: 201))],
            [right, within, ("Swiftotp-Receipt", "a b")],
        ]
        for fields in wrong { #expect(try await send(to: server, tls, fields).status == 400) }
        for (method, path) in [
            (HTTPMethod.GET, "/v1/call"), (.POST, "/v1/ping"), (.POST, "/v1/call/"),
            (.POST, "/v1/CALL"),
            (.POST, "/v1/call?x"), (.POST, "/"), (.DELETE, "/v1/call"), (.POST, "/v2/call"),
        ] {
            #expect(try await send(method, path, to: server, tls).status == 404)
        }
        #expect(service.calls.isEmpty)
        await server.stop()
    }

    @Test("A body of more than 32 KiB is passed on, or one of 32 KiB is not")
    func longBody() async throws {
        let server = try await fleet.server(service)
        let tls = try fleet.credentials(server: server).configuration()
        let most = [UInt8](repeating: 0x20, count: 32_768)
        #expect(try await send(to: server, tls, body: most).status == 200)
        #expect(service.calls.map(\.body.count) == [32_768])
        // The server may close the connection before all of it is sent.
        let reply = try? await send(to: server, tls, body: most + [0x20])
        #expect(reply == nil || reply?.status == 413)
        let join = try? await send(.POST, "/v1/join", to: server, tls, [], body: most)
        #expect(join == nil || join?.status == 413)
        #expect(service.calls.count == 1 && service.joins.isEmpty)
        await server.stop()
    }

    @Test("Metrics are missing, or are to be had from outside")
    func metrics() async throws {
        var settings = ServerSettings()
        settings.metricsPort = 0
        let server = try await fleet.server(service, settings)
        let tls = try fleet.credentials(server: server).configuration()
        _ = try await send(to: server, tls)
        #expect(try await send(.GET, "/metrics", to: server, tls).status == 404)
        let port = try #require(server.metricsPort)
        let page = try await Program.run(
            "/usr/bin/curl", ["-s", "--max-time", "20", "http://127.0.0.1:\(port)/metrics"])
        #expect(page.output.contains("swiftotp_requests_total{route=\"call\",status=\"200\"} 1\n"))
        #expect(page.output.contains("swiftotp_requests_total{route=\"none\",status=\"404\"} 1\n"))
        #expect(page.output.contains("swiftotp_call_seconds_count 1\n"))
        #expect(page.output.contains("swiftotp_certificate_end_seconds{certificate=\"server\"} "))
        #expect(page.output.hasSuffix("swiftotp_test 1\n"))
        await server.stop()
    }

    @Test("A host that is connected is not counted, or one that is gone")
    func alive() async throws {
        var settings = ServerSettings()
        settings.metricsPort = 0
        let server = try await fleet.server(service, settings)
        let port = try #require(server.metricsPort)
        let count: @Sendable (Int) async -> Bool = { number in
            await eventually {
                let page = try? await Program.run(
                    "/usr/bin/curl", ["-s", "--max-time", "20", "http://127.0.0.1:\(port)/metrics"])
                return page?.output.contains("\nswiftotp_hosts_alive \(number)\n") == true
            }
        }
        #expect(await count(0))
        var clients: [RawClient] = []
        for host in ["web17", "web17", "web18"] {
            let credentials = try fleet.credentials(host, server: server)
            clients.append(try await RawClient(port: server.port, credentials))
        }
        // One that is no host.
        clients.append(try await RawClient(port: server.port, trust: fleet.authority.trust))
        for client in clients { try await client.send(HostileClientTests.request) }
        #expect(await eventually { service.calls.count == 3 })
        #expect(await count(2))
        await clients[0].close()
        await clients[2].close()
        #expect(await count(1))
        for client in clients { await client.close() }
        #expect(await count(0))
        await server.stop()
    }
}
