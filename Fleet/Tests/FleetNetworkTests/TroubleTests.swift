import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing

@testable import FleetNetwork

@Suite("Whoever is refused is told why, and so is the server's admin", .serialized)
struct TroubleTests {
    let fleet: TestFleet
    let service = ScriptedService()

    init() throws { fleet = try TestFleet() }

    /// Why a request that is not answered was not sent, or that it was.
    private func reason(_ tls: TLSConfiguration, _ server: TestServer) async throws -> String {
        let channel = ServerChannel(group: MultiThreadedEventLoopGroup.singleton)
        var reason = "answered"
        do throws(ServerChannel.Silence) {
            _ = try await channel.send(
                .GET, "/v1/ping", to: try url(of: server), tls,
                until: NIODeadline.now() + .seconds(20))
        } catch {
            if case .notReached(let why) = error { reason = why } else { reason = "sent" }
        }
        await channel.shutdown()
        return reason
    }

    private func url(of server: TestServer) throws(ServerChannel.Silence) -> ServerURL {
        guard let url = try? server.url else { throw .timedOut }
        return url
    }

    @Test("A reason is missing, wrong, or has a library's words in it")
    func reasons() async throws {
        let lines = Mutex<[String]>([])
        var settings = ServerSettings()
        (settings.address, settings.port) = ("127.0.0.1", 0)
        let listening = try FleetServer(
            settings: settings, identity: try fleet.authority.serverIdentity(names: ["127.0.0.1"]),
            trust: fleet.authority.trust, service: service,
            log: { line in lines.withLock { $0.append(line) } })
        let server = TestServer(
            server: listening, port: try await listening.start().port, metricsPort: nil)
        let named = try await fleet.server(service, names: ["otp1.lab"])
        let other = try TestFleet()

        let wrongName = try await reason(fleet.credentials(server: named).configuration(), named)
        #expect(wrongName == "its certificate is not for this name")

        var foreign = try other.credentials(server: server).configuration()
        let foreignServer = try await reason(foreign, server)
        #expect(
            foreignServer == "its certificate is not of this fleet, or has ended")
        #expect(
            await eventually {
                lines.withLock { $0 }.contains(
                    "127.0.0.1 is not served: it does not accept this server's certificate")
            })

        foreign.trustRoots = try fleet.authority.trust.clientConfiguration().trustRoots
        try await Task.sleep(for: .seconds(1))
        let foreignHost = try await reason(foreign, server)
        #expect(foreignHost == "it does not accept this host's certificate")
        #expect(
            await eventually {
                lines.withLock { $0 }.contains(
                    "127.0.0.1 is not served: its certificate is not of this fleet, or has ended")
            })

        let ended = try fleet.credentials(servers: [server], lifetime: 2).configuration()
        try await Task.sleep(for: .seconds(4))
        let expired = try await reason(ended, server)
        #expect(expired == "it says that this host's certificate has ended")

        await server.stop()
        let gone = try await reason(fleet.credentials(server: server).configuration(), server)
        #expect(gone == "Connection refused")
        await named.stop()
    }

    @Test("A server that is killed after it received a request counts as not reached")
    func cut() async throws {
        let server = try await fleet.server(service)
        let client = try FleetClient(try fleet.credentials(server: server))
        service.onCall { _ in
            Task { await server.server.stop(within: .zero) }
            try? await Task.sleep(for: .seconds(3))
            return .answered([1], receipt: nil)
        }
        guard case .unavailable = await client.call([1]) else {
            Issue.record("it may have been judged")
            return
        }
        guard case .unreachable = await client.call([1]) else {
            Issue.record("nobody is there")
            return
        }
        await client.shutdown()
    }

    @Test("Many who are not served fill the log")
    func flood() async throws {
        let lines = Mutex<[String]>([])
        let log = RefusalLog { line in lines.withLock { $0.append(line) } }
        for _ in 0..<1000 { log.note("10.0.0.5", "it does not speak TLS 1.3") }
        try await Task.sleep(for: .milliseconds(1100))
        log.note("10.0.0.6", "it does not speak TLS 1.3")
        let found = lines.withLock { $0 }
        #expect(found.first == "10.0.0.5 is not served: it does not speak TLS 1.3")
        #expect(found.last?.hasPrefix("10.0.0.6 is not served: ") == true)
        #expect(found.last?.contains(" more before)") == true)
        #expect(found.count < 10)
    }

    @Test("One address fills the log, or hides what others do")
    func oneAddress() {
        let lines = Mutex<[String]>([])
        let log = RefusalLog { line in lines.withLock { $0.append(line) } }
        let began = ContinuousClock.now
        for second in 0..<120 {
            log.note("10.0.0.5", "it does not speak TLS 1.3", at: began + .seconds(second))
        }
        log.note("10.0.0.6", "it does not speak TLS 1.3", at: began + .seconds(120))
        let found = lines.withLock { $0 }
        // Ten at once, and twenty in two minutes.
        #expect((25...30).contains(found.count { $0.hasPrefix("10.0.0.5 ") }), "\(found)")
        #expect(found.last?.hasPrefix("10.0.0.6 is not served: ") == true, "\(found)")
        let omitted = found.reduce(0) { sum, line in
            sum + (line.firstMatch(of: #/and (\d+) more/#).flatMap { Int($0.1) } ?? 0)
        }
        #expect(omitted + found.count == 121, "\(found)")
    }
}
