import Foundation
import OTPWire
import Testing
import X509

@testable import FleetNetwork

@Suite("The built agent shows the site's certificate, and takes over another one", .serialized)
struct SiteAgentTests {
    let fleet: TestFleet
    let site: TestSite
    let service = ScriptedService()
    /// Of a whole second, as certificates have it.
    private let start = Date(timeIntervalSince1970: Date.now.timeIntervalSince1970.rounded() - 500)

    init() throws { (fleet, site) = (try TestFleet(), try TestSite()) }

    /// What a host has that shows what is in these files.
    private func credentials(_ files: SiteFiles, _ server: TestServer) throws -> HostCredentials {
        try HostCredentials(
            servers: [server.url], trust: fleet.authority.trust,
            host: try #require(FleetName("web17")),
            site: SiteCertificate(files, for: geteuid()))
    }

    private func proof(_ start: Date) -> HostProof {
        .site(start: UInt64(start.timeIntervalSince1970))
    }

    @Test("A certificate that the site has renewed is not taken over, or half of it is")
    func halves() async throws {
        let server = try await fleet.server(service, site: site.authority())
        let folder = try TestFolder()
        let old = try site.host(from: start), new = try site.host(from: start + 100)
        let host = try credentials(old.write(to: folder), server)
        #expect(try host.reread()?.text == nil)
        let other = try TestFolder()
        let renewed = try new.write(to: other)
        // The key comes first, and its certificate a moment later.
        try PrivateFile.write(PrivateFile.read(renewed.key), at: "\(folder.path)/web.key")
        #expect(throws: FleetProblem.self) { try host.reread() }
        _ = try new.write(to: folder)
        let reread = try #require(try host.reread())
        #expect(reread.identity.proof == proof(start + 100) && reread.files == host.files)
        #expect(reread.text == host.text)
        // One that has ended is no better than the one before.
        _ = try site.sign([.dnsName("web17.lab")], from: start, to: start + 60).write(to: folder)
        #expect(throws: FleetProblem.self) { try host.reread() }
        withExtendedLifetime((folder, other)) {}
        await server.stop()
    }

    @Test("A certificate that servers refuse replaces the one that they take, or none ever does")
    func refused() async throws {
        let server = try await fleet.server(service, site: site.authority())
        let folder = try TestFolder()
        let client = try FleetClient(
            credentials(site.host(from: start).write(to: folder), server))
        #expect(try await client.reread() == false)
        // What is of another authority, and what has another name.
        for other in [try TestSite().host(), try site.host("web17.example")] {
            _ = try other.write(to: folder)
            await #expect(throws: FleetProblem.self) { try await client.reread() }
            #expect(client.credentials.identity.proof == proof(start))
            #expect(await client.call([1]) == .answered([1]))
        }
        // A server that cannot judge does not know whose it is.
        _ = try site.host(from: start + 100).write(to: folder)
        service.onPing(PingAnswer(problem: "no standby"))
        await #expect(throws: FleetProblem.self) { try await client.reread() }
        service.onPing(PingAnswer())
        #expect(try await client.reread())
        #expect(client.credentials.identity.proof == proof(start + 100))
        #expect(await client.call([2]) == .answered([2]))
        await client.shutdown()
        await server.stop()
        withExtendedLifetime(folder) {}
    }

    @Test("A certificate that has ended is kept until a server is there that takes the new one")
    func ended() async throws {
        let server = try await fleet.server(service, site: site.authority())
        await server.stop()
        let (folder, name) = (try TestFolder(), GeneralName.dnsName("web17.lab"))
        let files = try site.sign([name], from: .now - 600, to: .now - 300).write(to: folder)
        let old = try HostCredentials(
            servers: [server.url], trust: fleet.authority.trust,
            host: try #require(FleetName("web17")),
            site: SiteCertificate(files, for: geteuid()), now: .now - 400)
        let client = try FleetClient(old)
        _ = try site.host(from: start).write(to: folder)
        #expect(try await client.reread())
        #expect(client.credentials.identity.proof == proof(start))
        await client.shutdown()
        withExtendedLifetime(folder) {}
    }

    @Test("The agent goes on with a certificate that the site has renewed, or does not say whose")
    func renewal() async throws {
        let (server, folder) = (
            try await fleet.server(service, site: site.authority()), try TestFolder()
        )
        let files = try site.host(from: start).write(to: folder)
        let agent = try await TestAgent(try credentials(files, server))
        #expect(await agent.isReady())
        let status = try await TestAgent.run("status", "--socket", agent.socket)
        #expect(status.output.contains(", renewed by the site in \(files.certificate)\n"))
        #expect(status.status == 0, "\(status)")
        _ = try await agent.send(Array("{?}".utf8))
        #expect(service.calls.last?.proof == proof(start))
        let second = proof(start + 100)
        _ = try site.host(from: start + 100).write(to: folder)
        #expect(
            await eventually(within: .seconds(60)) {
                _ = try? await agent.send(Array("{?}".utf8))
                return service.calls.last?.proof == second
            })
        withExtendedLifetime(folder) {}
        await server.stop()
    }

    @Test("A certificate that the site does not renew ends without a warning")
    func late() async throws {
        let (server, folder) = (
            try await fleet.server(service, site: site.authority()), try TestFolder()
        )
        let name = "web17.lab"
        let files = try site.sign([.dnsName(name)], from: .now - 3600, to: .now + 600)
            .write(to: folder)
        let agent = try await TestAgent(try credentials(files, server))
        #expect(await agent.isReady())
        let status = try await TestAgent.run("status", "--socket", agent.socket)
        #expect(status.status == 1 && status.output.contains(", not renewed by the site in "))
        withExtendedLifetime(folder) {}
        await server.stop()
    }

    @Test("A host joins with half of what it needs, or leaves with the site's key")
    func commands() async throws {
        let (server, folder) = (
            try await fleet.server(service, site: site.authority()), try TestFolder()
        )
        let files = try site.host().write(to: folder)
        let own = "\(folder.path)/etc"
        let words = [
            "join", try server.url.description, "--token",
            InviteToken(of: fleet.authority.trust).text, "--folder", own, "--certificate",
            files.certificate,
        ]
        let program = try Program.built("swiftotp-agent")
        let half = try await Program.run(program, words)
        #expect(half.status == 1 && half.errors.contains("are needed together"), "\(half)")
        chmod(files.key, 0o640)
        let open = try await Program.run(program, words + ["--key", files.key])
        #expect(open.status == 1 && open.errors.contains("chmod 600"), "\(open)")
        #expect(service.siteJoins.isEmpty)
        chmod(files.key, 0o600)
        let joined = try await Program.run(program, words + ["--key", files.key])
        #expect(joined.output == "This host is web17 in the fleet lab.\n", "\(joined)")
        #expect(service.siteJoins == ["web17"])
        let left = try await Program.run(
            program, ["leave", "--yes", "--folder", own, "--state", own])
        #expect(left.output == "This host is in no fleet. Its key stays the site's: \(files.key)\n")
        #expect(PrivateFile.exists(files.key) && !PrivateFile.exists("\(own)/host.pem"))
        withExtendedLifetime(folder) {}
        await server.stop()
    }
}
