import Foundation
import Testing

@testable import FleetNetwork

@Suite("The heartbeat decides whether anybody is asked", .serialized)
struct HeartbeatTests {
    let fleet: TestFleet
    let service = ScriptedService()

    init() throws { fleet = try TestFleet() }

    @Test("While no server is there, somebody who logs in waits for it")
    func silent() async throws {
        let server = try await fleet.server(service)
        let client = try FleetClient(try fleet.credentials(server: server))
        client.start()
        #expect(await eventually { client.servers.first?.condition == .ready })
        await server.stop()
        #expect(await eventually { client.servers.first?.isSilent == true })
        let start = ContinuousClock.now
        guard case .unreachable = await client.call([1]) else {
            Issue.record("nobody was there")
            return
        }
        #expect(ContinuousClock.now - start < .milliseconds(300))
        await client.shutdown()
    }

    @Test("A server that is back is not used")
    func back() async throws {
        let server = try await fleet.server(service)
        let client = try FleetClient(try fleet.credentials(server: server))
        client.start()
        #expect(await eventually { client.servers.first?.condition == .ready })
        await server.stop()
        #expect(await eventually { client.servers.first?.isSilent == true })
        let again = try await fleet.server(service, port: server.port)
        let start = ContinuousClock.now
        #expect(await eventually { await client.call([1]) == .answered([1]) })
        // Two seconds, and what a busy machine adds.
        #expect(ContinuousClock.now - start < .seconds(4))
        await client.shutdown()
        await again.stop()
    }

    @Test("Before the first heartbeat, a server that is not there may have judged")
    func never() async throws {
        let server = try await fleet.server(service)
        let client = try FleetClient(try fleet.credentials(server: server))
        await server.stop()
        guard case .unreachable(let why) = await client.call([1]) else {
            Issue.record("nobody was there")
            return
        }
        #expect(why.contains("Connection refused"))
        await client.shutdown()
    }

    @Test("A kept connection that has ended makes a request fail while its server is there")
    func restarted() async throws {
        let server = try await fleet.server(service)
        let client = try FleetClient(try fleet.credentials(server: server))
        #expect(await client.call([1]) == .answered([1]))
        await server.stop()
        let again = try await fleet.server(service, port: server.port)
        #expect(await client.call([2]) == .answered([2]))
        await client.shutdown()
        await again.stop()
    }

    @Test("A server that says it cannot judge is asked, or its reason is lost")
    func notReady() async throws {
        let other = ScriptedService()
        let (a, b) = (try await fleet.server(service), try await fleet.server(other))
        service.onPing(PingAnswer(problem: "the clock is wrong", receipt: "5.m"))
        let client = try FleetClient(try fleet.credentials(servers: [a, b]))
        client.start()
        #expect(
            await eventually {
                client.servers.map(\.condition) == [.notReady("the clock is wrong"), .ready]
            })
        #expect(client.receipt == "5.m")
        // On a busy machine the other may not answer the first time.
        #expect(await eventually { await client.call([1]) == .answered([1]) })
        #expect(service.calls.isEmpty)
        let asked = other.calls.count
        other.onPing(PingAnswer(problem: "no standby"))
        #expect(await eventually { client.servers.last?.condition == .notReady("no standby") })
        guard case .unavailable(let why) = await client.call([1]) else {
            Issue.record("nobody could judge")
            return
        }
        #expect(why.contains("the clock is wrong"))
        #expect(service.calls.isEmpty && other.calls.count == asked)
        service.onPing(PingAnswer())
        #expect(await eventually { client.servers.first?.condition == .ready })
        #expect(await client.call([1]) == .answered([1]))
        await client.shutdown()
        await a.stop()
        await b.stop()
    }

    @Test("A server that refuses the host counts as ready, or lets it decide by itself")
    func refusing() async throws {
        let server = try await fleet.server(service)
        service.onPing(PingAnswer(refusal: "the host was revoked"))
        service.onCall { _ in .refused("the host was revoked") }
        let client = try FleetClient(try fleet.credentials(server: server))
        client.start()
        #expect(
            await eventually {
                client.servers.first?.condition == .refusing("the host was revoked")
            })
        #expect(!client.isReady && !client.isCutOff)
        // On a busy machine it may not answer the first time.
        #expect(await eventually { await client.call([1]) == .refused("the host was revoked") })
        service.onPing(PingAnswer())
        #expect(await eventually { client.isReady })
        await client.shutdown()
        await server.stop()
    }

    @Test("A server that listens and does not answer counts as there")
    func mute() async throws {
        let server = try await fleet.server(service)
        let mute = try MuteServer()
        let url = try #require(ServerURL("https://127.0.0.1:\(mute.port)"))
        let credentials = try fleet.credentials(server: server)
        let text = credentials.text.replacing("Server: \(try server.url)", with: "Server: \(url)")
        let client = try FleetClient(try HostCredentials(text: text))
        client.start()
        #expect(await eventually { client.servers.first?.isSilent == true })
        #expect(client.servers.first?.url == url)
        await client.shutdown()
        await server.stop()
    }

    @Test("Heartbeats come much more or less often than once a second, or of another host")
    func rate() async throws {
        let server = try await fleet.server(service)
        let client = try FleetClient(try fleet.credentials("web17", server: server))
        client.start()
        #expect(await eventually { service.pings.count >= 4 })
        let start = ContinuousClock.now
        let before = service.pings.count
        #expect(await eventually { service.pings.count >= before + 3 })
        #expect(ContinuousClock.now - start > .milliseconds(1900))
        #expect(Set(service.pings) == ["web17"])
        await client.shutdown()
        await server.stop()
    }
}

extension ServerState {
    var isSilent: Bool {
        if case .silent = condition { return true }
        return false
    }
}

/// Listens, and never says anything.
final class MuteServer {
    private let number: Int32
    let port: Int

    init() throws {
        number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let number = number
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(number, address, length) == 0 && listen(number, 16) == 0
                    && getsockname(number, address, &length) == 0
            }
        }
        #expect(result)
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(number) }
}
