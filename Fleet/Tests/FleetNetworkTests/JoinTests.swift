import Foundation
import Synchronization
import Testing

@testable import FleetNetwork

@Suite("A host joins by an invite, once, and talks to no other fleet", .serialized)
struct JoinTests {
    let fleet: TestFleet
    let service = ScriptedService()

    init() throws { fleet = try TestFleet() }

    /// Serves one invite, for one name.
    private func invite(_ name: String) -> InviteToken {
        let token = InviteToken(of: fleet.authority.trust)
        let isUsed = Mutex(false)
        let authority = fleet.authority
        service.onJoin { request in
            guard InviteToken.hash(of: request.secret) == token.secretHash,
                isUsed.withLock({ used in
                    defer { used = true }
                    return !used
                })
            else { return .refused("there is no such invite") }
            do throws(FleetProblem) {
                return .certificate(
                    try authority.sign(request: request.request, host: name, generation: 1))
            } catch {
                return .refused(error.text)
            }
        }
        return token
    }

    @Test("An invite does not give the name it is for, or gives it twice")
    func once() async throws {
        let server = try await fleet.server(service)
        let token = invite("web17")
        let credentials = try await FleetJoin.join([server.url], with: token)
        #expect(credentials.identity.host.text == "web17")
        #expect(credentials.identity.fleet.text == "lab")
        #expect(credentials.servers == [try server.url])
        let again = try HostCredentials(text: credentials.text)
        #expect(again.identity == credentials.identity)
        let client = try FleetClient(again)
        #expect(await client.call([1, 2]) == .answered([1, 2]))
        #expect(service.calls.first?.host == "web17")
        await client.shutdown()
        let problem = await #expect(throws: FleetProblem.self) {
            try await FleetJoin.join([server.url], with: token)
        }
        #expect(problem?.text.contains("there is no such invite") == true)
        await server.stop()
    }

    @Test("A wrong secret joins")
    func wrongSecret() async throws {
        let server = try await fleet.server(service)
        _ = invite("web17")
        await #expect(throws: FleetProblem.self) {
            try await FleetJoin.join([server.url], with: InviteToken(of: fleet.authority.trust))
        }
        await server.stop()
    }

    @Test("The secret is sent to a server of another authority")
    func wrongServer() async throws {
        let other = try TestFleet("lab")
        let server = try await other.server(service)
        let problem = await #expect(throws: FleetProblem.self) {
            try await FleetJoin.join([server.url], with: InviteToken(of: fleet.authority.trust))
        }
        #expect(problem?.text.contains("not of the fleet that the invite is for") == true)
        #expect(service.joins.isEmpty)
        await server.stop()
    }

    @Test(
        "The secret is sent to a server that shows the right authority without being signed by it")
    func borrowedAuthority() async throws {
        let other = try TestFleet("lab")
        let own = try other.authority.serverIdentity(names: ["127.0.0.1"])
        let mixed = ServerIdentity(
            certificate: own.certificate, authority: fleet.authority.certificate, key: own.key)
        var settings = ServerSettings()
        (settings.address, settings.port) = ("127.0.0.1", 0)
        let server = try FleetServer(
            settings: settings, identity: mixed, trust: other.authority.trust, service: service)
        let (port, _) = try await server.start()
        let url = try #require(ServerURL("https://127.0.0.1:\(port)"))
        await #expect(throws: FleetProblem.self) {
            try await FleetJoin.join([url], with: InviteToken(of: fleet.authority.trust))
        }
        #expect(service.joins.isEmpty)
        await server.stop()
    }

    @Test("A server of the fleet under another name is believed")
    func wrongName() async throws {
        let server = try await fleet.server(service, names: ["otp1.lab"])
        await #expect(throws: FleetProblem.self) {
            try await FleetJoin.join([server.url], with: InviteToken(of: fleet.authority.trust))
        }
        #expect(service.joins.isEmpty)
        await server.stop()
    }

    @Test("Joining gives up at a server that is not there")
    func nextServer() async throws {
        let dead = try await fleet.server(service)
        let gone = try dead.url
        await dead.stop()
        let server = try await fleet.server(service)
        let token = invite("web17")
        let joined = try await FleetJoin.join([gone, server.url], with: token)
        #expect(joined.identity.host.text == "web17")
        #expect(joined.servers == [gone, try server.url])
        await server.stop()
    }

    @Test("A certificate that is not for this host's key, or of another fleet, is kept")
    func wrongCertificate() async throws {
        let server = try await fleet.server(service)
        let (authority, other) = (fleet.authority, try FleetAuthority.make("lab"))
        let answers: [@Sendable (JoinRequest) throws -> String] = [
            { _ in
                try authority.sign(
                    request: CertificateRequest().text(), host: "web17", generation: 1)
            },
            { try other.sign(request: $0.request, host: "web17", generation: 1) }, { _ in "" },
            { _ in "garbage" },
            {
                try authority.sign(
                    request: $0.request, host: "web17", generation: 1, lifetime: -200)
            },
        ]
        for answer in answers {
            service.onJoin { .certificate((try? answer($0)) ?? "") }
            await #expect(throws: FleetProblem.self) {
                try await FleetJoin.join([server.url], with: InviteToken(of: authority.trust))
            }
        }
        #expect(service.joins.count == answers.count)
        await server.stop()
    }

    @Test("A request to join that is malformed reaches the service")
    func malformed() async throws {
        let server = try await fleet.server(service)
        let deep = [
            String(repeating: "[", count: 4096), String(repeating: "{\"a\":", count: 800),
            "{\"secret\":" + String(repeating: "[", count: 4000), "{\"secret\":1e999999999}",
        ]
        for body in [
            "", "{}", "[]", "{\"secret\":\"00\",\"request\":\"x\"}", "{\"secret\":1}", "\u{1}",
        ] + deep {
            let result = try await Program.run(
                "/usr/bin/curl",
                [
                    "-sk", "--max-time", "20", "-o", "/dev/null", "-w", "%{http_code}", "-d", body,
                    "https://127.0.0.1:\(server.port)/v1/join",
                ])
            #expect(result.output == "400", "\(body)")
        }
        #expect(service.joins.isEmpty)
        await server.stop()
    }

    @Test("A renewal gives another name, keeps the old key, or needs another start")
    func renewal() async throws {
        let server = try await fleet.server(service)
        let authority = fleet.authority
        service.onRenew { host, request in
            .certificate((try? authority.sign(request: request, host: host, generation: 1)) ?? "")
        }
        let old = try fleet.credentials("web17", servers: [server], lifetime: 60)
        let client = try FleetClient(old)
        let new = try await client.renew()
        #expect(new.identity.host == old.identity.host)
        #expect(new.identity.end > old.identity.end + 86_400)
        #expect(new.text != old.text)
        #expect(client.credentials.identity == new.identity)
        #expect(await client.call([1]) == .answered([1]))
        service.onRenew { _, request in
            .certificate(
                (try? authority.sign(request: request, host: "web18", generation: 1)) ?? "")
        }
        await #expect(throws: FleetProblem.self) { try await client.renew() }
        #expect(client.credentials.identity == new.identity)
        await client.shutdown()
        await server.stop()
    }
}
