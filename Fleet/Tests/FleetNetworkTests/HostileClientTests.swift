import Foundation
import NIOCore
import Synchronization
import Testing

@testable import FleetNetwork

@Suite("Clients that are slow, mute, half there or talk garbage do not harm a server", .serialized)
struct HostileClientTests {
    let fleet: TestFleet
    let service = ScriptedService()

    init() throws { fleet = try TestFleet() }

    /// A complete request.
    static let request =
        "POST /v1/call HTTP/1.1\r\nHost: x\r\nSwiftotp-Request: \(String(repeating: "0", count: 32))\r\n"
        + "Swiftotp-Within: 3000\r\nContent-Length: 2\r\n\r\n{}"

    @Test("A client that sends nothing stays connected", arguments: [false, true])
    func mute(hasTLS: Bool) async throws {
        let server = try await fleet.server(service, TestFleet.quick)
        let client = try await RawClient(
            port: server.port, trust: hasTLS ? fleet.authority.trust : nil)
        #expect(await client.closed() != nil)
        await server.stop()
    }

    @Test("A host that sends a byte now and then keeps its request open for ever")
    func slow() async throws {
        let server = try await fleet.server(service, TestFleet.quick)
        for start in ["", "POST /v1/call HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n"] {
            let client = try await RawClient(
                port: server.port, try fleet.credentials(server: server))
            try await client.send(start.isEmpty ? "P" : start)
            let drip = Task {
                while !Task.isCancelled {
                    do { try await client.send("x") } catch { break }
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
            #expect(await client.closed() != nil)
            drip.cancel()
        }
        #expect(service.calls.isEmpty)
        await server.stop()
    }

    @Test("An idle host is cut off while it still asks now and then")
    func kept() async throws {
        let server = try await fleet.server(service, TestFleet.quick)
        let client = try await RawClient(port: server.port, try fleet.credentials(server: server))
        for count in 1...4 {
            try await client.send(HostileClientTests.request)
            #expect(await eventually { service.calls.count == count })
            try await Task.sleep(for: .seconds(2))
        }
        #expect(await client.closed() != nil)
        await server.stop()
    }

    @Test("Requests sent without waiting are answered out of order, or at the same time")
    func pipelined() async throws {
        let server = try await fleet.server(service)
        let running = Count()
        service.onCall { _ in
            let at = running.enter()
            try? await Task.sleep(for: .milliseconds(30))
            running.leave()
            return .answered(Array("{\"running\":\(at)}".utf8), receipt: nil)
        }
        let client = try await RawClient(port: server.port, try fleet.credentials(server: server))
        try await client.send(String(repeating: HostileClientTests.request, count: 8))
        #expect(
            await eventually { client.heard.components(separatedBy: "{\"running\":1}").count == 9 })
        #expect(service.calls.count == 8)
        await client.close()
        await server.stop()
    }

    @Test(
        "Garbage is answered with more than a refusal, or harms others",
        arguments: [
            "\0\0\0\0\0\0\0\0", "GET / HTTP/9.9\r\n\r\n", "GET\r\n\r\n", "\r\n\r\n\r\n\r\n",
            "POST /v1/call HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
            "POST /v1/call HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
            "POST /v1/call HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "POST /v1/join HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n[[[[[",
            "GET /v1/ping HTTP/1.1\r\nHost: x\r\nX: " + String(repeating: "a", count: 20_000)
                + "\r\n\r\n",
            "GET /v1/ping HTTP/1.1\r\n" + String(repeating: "a: b\r\n", count: 2000) + "\r\n",
            "GET /" + String(repeating: "a", count: 100_000) + " HTTP/1.1\r\n\r\n",
        ])
    func garbage(_ text: String) async throws {
        let server = try await fleet.server(service, TestFleet.quick)
        let good = try await RawClient(port: server.port, try fleet.credentials(server: server))
        for credentials in [nil, try fleet.credentials(server: server)] {
            let client = try await RawClient(
                port: server.port, credentials, trust: fleet.authority.trust)
            try? await client.send(text)
            #expect(await client.closed() != nil)
            #expect(!client.heard.contains("HTTP/1.1 200"))
        }
        let plain = try await RawClient(port: server.port)
        try? await plain.send(text)
        #expect(await plain.closed() != nil)
        #expect(service.calls.isEmpty)
        let after = try await RawClient(port: server.port, try fleet.credentials(server: server))
        try await after.send(HostileClientTests.request)
        #expect(await eventually { service.calls.count == 1 })
        await good.close()
        await after.close()
        await server.stop()
    }

    @Test("A host that ended its side in the middle of a request, or after it, stays connected")
    func halfOpen() async throws {
        let server = try await fleet.server(service, TestFleet.quick)
        for text in ["POST /v1/call HTTP/1.1\r\nHost: x\r\n", HostileClientTests.request] {
            let client = try await RawClient(
                port: server.port, try fleet.credentials(server: server))
            try await client.send(text)
            try? await client.sendEnd()
            #expect(await client.closed() != nil)
        }
        await server.stop()
    }

    @Test("Clients without a certificate take the last connections from hosts")
    func strangers() async throws {
        var settings = ServerSettings()
        settings.connections = 8
        let server = try await fleet.server(service, settings)
        var hosts: [RawClient] = []
        for _ in 0..<6 {
            let host = try await RawClient(port: server.port, try fleet.credentials(server: server))
            try await host.send(HostileClientTests.request)
            hosts.append(host)
        }
        #expect(await eventually { service.calls.count == 6 })
        let stranger = try await RawClient(port: server.port, trust: fleet.authority.trust)
        let isFast = try #require(await stranger.closed()) < .seconds(5)
        #expect(isFast)
        let last = try await RawClient(port: server.port, try fleet.credentials(server: server))
        try await last.send(HostileClientTests.request)
        #expect(await eventually { service.calls.count == 7 })
        for host in hosts + [last] { await host.close() }
        await server.stop()
    }

    @Test("More clients than allowed are served at once, or those who wait are never served")
    func crowd() async throws {
        var settings = TestFleet.quick
        (settings.connections, settings.idle) = (3, .seconds(60))
        let server = try await fleet.server(service, settings)
        let credentials = try fleet.credentials(server: server)
        var clients: [RawClient] = []
        for _ in 0..<3 {
            let client = try await RawClient(port: server.port, credentials)
            try await client.send(HostileClientTests.request)
            clients.append(client)
        }
        #expect(await eventually { service.calls.count == 3 })
        // The kernel completes the connection; the server does not look at it.
        let fourth = try await RawClient(port: server.port, credentials)
        let sending = Task { try await fourth.send(HostileClientTests.request) }
        try await Task.sleep(for: .milliseconds(500))
        #expect(service.calls.count == 3)
        await clients[0].close()
        #expect(await eventually { service.calls.count == 4 })
        try await sending.value
        for client in clients + [fourth] { await client.close() }
        await server.stop()
    }
}

/// How many are at it.
final class Count: Sendable {
    private let value = Mutex(0)

    func enter() -> Int {
        value.withLock { value in
            value += 1
            return value
        }
    }

    func leave() { value.withLock { $0 -= 1 } }
}
