import Foundation
import Testing

@testable import FleetNetwork

@Suite("What others have for a host's name takes nothing from the host", .serialized)
struct OldCertificateTests {
    let fleet: TestFleet
    let site: TestSite
    let service = ScriptedService()

    init() throws { (fleet, site) = (try TestFleet(), try TestSite()) }

    private static let start = UInt64(Date.now.timeIntervalSince1970) - 500

    /// A certificate from before the host joined again, and the one that it has now.
    private static let pairs: [(old: HostProof, new: HostProof)] = [
        (.fleet(generation: 1), .fleet(generation: 2)),
        (.site(start: start - 100), .site(start: start)),
    ]

    /// A server that lets each host have so many connections, and call once a second or ten times at
    /// once; it takes these certificates for a host's own.
    private func open(
        taking own: [HostProof], connections: Int = 64
    ) async throws -> TestServer {
        var settings = ServerSettings()
        (settings.hostConnections, settings.hostRate) = (connections, 1)
        service.onCall { call in
            own.contains(call.proof) ? .answered([7], receipt: nil) : .refused("from before")
        }
        return try await fleet.server(service, settings, site: site.authority())
    }

    private func connect(_ proof: HostProof, to server: TestServer) async throws -> RawClient {
        try await RawClient(port: server.port, credentials(proof, server))
    }

    private func credentials(
        _ proof: HostProof, _ server: TestServer
    ) throws -> HostCredentials {
        switch proof {
        case .fleet(let generation):
            return try fleet.credentials(servers: [server], generation: generation)
        case .site(let start):
            let folder = try TestFolder()
            defer { withExtendedLifetime(folder) {} }
            let files = try site.host(from: Date(timeIntervalSince1970: Double(start)))
                .write(to: folder)
            return try HostCredentials(
                servers: [server.url], trust: fleet.authority.trust,
                host: try #require(FleetName("web17")),
                site: SiteCertificate(files, for: geteuid()))
        }
    }

    @Test("Whoever has an old certificate holds the host's connections")
    func connections() async throws {
        for (old, new) in OldCertificateTests.pairs {
            let server = try await open(taking: [new], connections: 2)
            var clients: [RawClient] = []
            for _ in 0..<2 {
                let client = try await connect(old, to: server)
                // What is asked by anybody; the connection stays.
                try await client.send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(await eventually { client.heard.hasPrefix("HTTP/1.1 404") })
                clients.append(client)
            }
            let host = try await connect(new, to: server)
            try await host.send(HostileClientTests.request)
            #expect(await eventually { host.heard.hasPrefix("HTTP/1.1 200") }, "\(new)")
            for client in clients + [host] { await client.close() }
            await server.stop()
        }
    }

    @Test("Whoever has an old certificate uses up the host's calls")
    func calls() async throws {
        for (old, new) in OldCertificateTests.pairs {
            let server = try await open(taking: [new])
            for _ in 0..<30 {
                let client = try await connect(old, to: server)
                try await client.send(HostileClientTests.request)
                #expect(await eventually { client.heard.hasPrefix("HTTP/1.1 4") })
                await client.close()
            }
            let host = try await connect(new, to: server)
            try await host.send(HostileClientTests.request)
            #expect(await eventually { host.heard.hasPrefix("HTTP/1.1 200") }, "\(new)")
            await host.close()
            await server.stop()
        }
    }

    @Test("A host has more connections or calls for each certificate that it gets from the site")
    func many() async throws {
        let proofs = (0..<3).map { HostProof.site(start: OldCertificateTests.start + $0) }
        let few = try await open(taking: proofs, connections: 2)
        var clients: [RawClient] = []
        for proof in proofs {
            let client = try await connect(proof, to: few)
            try await client.send(HostileClientTests.request)
            #expect(await eventually { client.heard.hasPrefix("HTTP/1.1 200") })
            clients.append(client)
        }
        let all = clients
        #expect(await eventually { all.count { $0.isOpen } == 2 })
        for client in all { await client.close() }
        await few.stop()

        let server = try await open(taking: proofs)
        service.forget()
        for proof in proofs {
            let client = try await connect(proof, to: server)
            try await client.send(String(repeating: HostileClientTests.request, count: 10))
            #expect(
                await eventually { client.heard.components(separatedBy: "HTTP/1.1 ").count == 11 })
            await client.close()
        }
        // Ten, and one for each second that this took.
        #expect((10..<25).contains(service.calls.count), "\(service.calls.count)")
        await server.stop()
    }
}
