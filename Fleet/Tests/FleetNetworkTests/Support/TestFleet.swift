import Foundation
import NIOSSL
import Testing

@testable import FleetNetwork

/// A fleet with one authority, and servers on loopback.
struct TestFleet {
    let authority: FleetAuthority

    init(_ name: String = "lab") throws { authority = try FleetAuthority.make(name) }

    /// The quick limits of tests that wait for them.
    static var quick: ServerSettings {
        var settings = ServerSettings()
        settings.handshake = .seconds(4)
        settings.request = .seconds(4)
        settings.idle = .seconds(6)
        settings.strangerIdle = .seconds(4)
        return settings
    }

    /// Starts a server; stop it at the end.
    func server(
        _ service: ScriptedService, _ settings: ServerSettings = ServerSettings(), port: Int = 0,
        names: [String] = ["127.0.0.1", "localhost"], site: SiteAuthority? = nil
    ) async throws -> TestServer {
        var settings = settings
        (settings.address, settings.port) = ("127.0.0.1", port)
        let server = try FleetServer(
            settings: settings, identity: try authority.serverIdentity(names: names),
            trust: authority.trust, site: site, service: service,
            moreMetrics: { "swiftotp_test 1\n" })
        let (found, metrics) = try await server.start()
        return TestServer(server: server, port: found, metricsPort: metrics)
    }

    /// What a host has after joining.
    func credentials(
        _ host: String = "web17", servers: [TestServer], lifetime: TimeInterval = 30 * 86_400,
        generation: UInt64 = 1
    ) throws -> HostCredentials {
        let request = CertificateRequest()
        let chain = try authority.sign(
            request: request.text(), host: host, generation: generation, lifetime: lifetime)
        return try HostCredentials(
            servers: try servers.map { try $0.url }, trust: authority.trust, chain: chain,
            key: request.key)
    }
}

/// A running server.
struct TestServer {
    let server: FleetServer
    let port: Int
    let metricsPort: Int?

    var url: ServerURL {
        get throws { try #require(ServerURL("https://127.0.0.1:\(port)")) }
    }

    func stop() async { await server.stop() }
}

extension TestFleet {
    func credentials(
        _ host: String = "web17", server: TestServer
    ) throws -> HostCredentials { try credentials(host, servers: [server]) }
}

/// Waits until `condition` holds, at most `limit`; whether it does.
func eventually(
    within limit: Duration = .seconds(20), _ condition: @Sendable () async -> Bool
) async -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if await condition() { return true }
        try? await Task.sleep(for: .milliseconds(20))
    }
    return await condition()
}

/// A folder of a test's own, removed with it.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        let root = FileManager.default.temporaryDirectory.path
        path = "\(root)/fleet-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, and returns its path.
    func file(_ name: String, _ text: String) throws -> String {
        try text.write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8)
        return "\(path)/\(name)"
    }
}
