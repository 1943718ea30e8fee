import Foundation
import Testing

@testable import FleetNetwork

@Suite("What one host may have of a server is limited", .serialized)
struct GreedyHostTests {
    let fleet: TestFleet
    let service = ScriptedService()

    init() throws { fleet = try TestFleet() }

    @Test("One host takes all connections, or one address without a certificate does")
    func greedy() async throws {
        var settings = ServerSettings()
        (settings.hostConnections, settings.strangerConnections) = (2, 3)
        let server = try await fleet.server(service, settings)
        var clients: [RawClient] = []
        for number in 0..<2 {
            let client = try await RawClient(
                port: server.port, try fleet.credentials(server: server))
            try await client.send(HostileClientTests.request)
            #expect(await eventually { service.calls.count == number + 1 })
            clients.append(client)
        }
        let third = try await RawClient(port: server.port, try fleet.credentials(server: server))
        let isFast = try #require(await third.closed()) < .seconds(5)
        #expect(isFast)
        // Another host at the same address.
        let other = try await RawClient(
            port: server.port, try fleet.credentials("web18", server: server))
        try await other.send(HostileClientTests.request)
        #expect(await eventually { service.calls.count == 3 })
        // What never says who it is: of four at once one is too many, whichever is seen last.
        var mute: [RawClient] = []
        for _ in 0..<4 { mute.append(try await RawClient(port: server.port)) }
        let begun = ContinuousClock.now, all = mute
        #expect(await eventually { all.contains { !$0.isOpen } })
        let isRefused = .now - begun < .seconds(3)
        #expect(isRefused)
        #expect(all.count { $0.isOpen } == 3)
        for client in mute { await client.close() }
        await clients[0].close()
        // Until the server has seen that, one more is one too many.
        var again = try await RawClient(port: server.port, try fleet.credentials(server: server))
        for _ in 0..<100 {
            try? await again.send(HostileClientTests.request)
            let one = again
            _ = await eventually { service.calls.count == 4 || !one.isOpen }
            if service.calls.count == 4 { break }
            try await Task.sleep(for: .milliseconds(100))
            again = try await RawClient(port: server.port, try fleet.credentials(server: server))
        }
        #expect(service.calls.count == 4)
        for client in clients + [other, again] { await client.close() }
        await server.stop()
    }

    @Test("A host that may not ask keeps its connection", arguments: ["call", "ping", "renew"])
    func refused(route: String) async throws {
        service.onCall { _ in .refused("the host was revoked") }
        service.onPing(PingAnswer(refusal: "the host was revoked"))
        let server = try await fleet.server(service)
        let client = try await RawClient(port: server.port, try fleet.credentials(server: server))
        let body = "Content-Length: 14\r\n\r\n{\"request\":\"\"}"
        let text =
            switch route {
            case "call": HostileClientTests.request
            case "ping": "GET /v1/ping HTTP/1.1\r\nHost: x\r\n\r\n"
            default: "POST /v1/renew HTTP/1.1\r\nHost: x\r\n\(body)"
            }
        try await client.send(text)
        let isFast = try #require(await client.closed()) < .seconds(5)
        #expect(isFast)
        #expect(client.heard.hasPrefix("HTTP/1.1 403"), "\(client.heard)")
        await server.stop()
    }

    @Test("One host asks without an end, or others and heartbeats pay for it")
    func often() async throws {
        var settings = ServerSettings()
        settings.hostRate = 1
        let server = try await fleet.server(service, settings)
        let client = try await RawClient(port: server.port, try fleet.credentials(server: server))
        try await client.send(String(repeating: HostileClientTests.request, count: 15))
        #expect(
            await eventually { client.heard.components(separatedBy: "HTTP/1.1 ").count == 16 })
        let count = service.calls.count
        #expect((10...12).contains(count), "\(count)")
        #expect(client.heard.contains("HTTP/1.1 429") && client.heard.contains("too often"))
        try await client.send("GET /v1/ping HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(await eventually { client.heard.contains("{\"ready\":true}") })
        let other = try await RawClient(
            port: server.port, try fleet.credentials("web18", server: server))
        try await other.send(HostileClientTests.request)
        #expect(await eventually { other.heard.hasPrefix("HTTP/1.1 200") })
        try await Task.sleep(for: .seconds(2))
        try await client.send(HostileClientTests.request)
        #expect(await eventually { service.calls.count == count + 2 })
        await client.close()
        await other.close()
        await server.stop()
    }
}
