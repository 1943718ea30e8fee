import Foundation
import TestSupport
import Testing

/// Hosts that show certificates of the site's own authority, at running servers.
@Suite("Hosts with certificates of the site's own authority", .timeLimit(.minutes(10)), .serialized)
struct SiteTests {
    /// A fleet of its own: hosts join anew here.
    private struct Scene {
        let fleet: Fleet
        let site: Site

        init() async throws {
            (fleet, site) = (try await Fleet(), try await Site())
            try await site.open(fleet.servers)
            for host in fleet.hosts { try await host.awaitServers(2) }
        }
    }

    private static let scene = Task { try await Scene() }

    @Test("Nobody logs in at a host with the site's certificate, or not after it was renewed")
    func login() async throws {
        let scene = try await SiteTests.scene.value
        let (fleet, host) = (scene.fleet, scene.fleet.hosts[2])
        try await host.join(fleet.servers, showing: scene.site.make(host.name))
        let (alice, door) = (try await Member(of: fleet), try await Door(at: host))
        #expect(try await door.login(alice.name, alice.backupCodes[0]).isIn)
        let list = try await fleet.servers[1].command("hosts", host.name)
        #expect(list.contains("certificate of the site's"), "\(list)")

        // The site's tool makes another key and certificate.
        let (before, limit) = (try await host.certificateEnd(), ContinuousClock.now + .seconds(90))
        _ = try await scene.site.make(host.name)
        while try await host.certificateEnd() == before, ContinuousClock.now < limit {
            try await Task.sleep(for: .milliseconds(200))
        }
        #expect(try await host.certificateEnd() > before)
        #expect(try await door.login(alice.name, alice.backupCodes[1]).isIn)
        let logins = try await fleet.audit(of: alice.name).filter { $0.kind == "login" }
        #expect(logins.map(\.host) == [host.name, host.name], "\(logins)")
    }

    @Test("The site speaks for a host of the fleet's, or the fleet or an old key for the site's")
    func refusals() async throws {
        let scene = try await SiteTests.scene.value
        let (fleet, site, host) = (scene.fleet, scene.site, scene.fleet.hosts[1])
        func expect(_ answer: String, of certificate: String) async throws {
            let heard = try await BrokenHost(host, certificate: certificate).ping()
            #expect("\(heard.status) \(heard.body)".contains(answer), "\(heard)")
        }
        let isFleets = "the host has joined with a certificate of the fleet's"
        let files = try await site.make(host.name)
        let first = try site.copy(files)
        try await expect(isFleets, of: first)
        let stranger = try await site.make("web99")
        try await expect("the fleet has no host of this name", of: site.copy(stranger))

        try await tryInvites(at: host, files, stranger, in: fleet)
        try await expect("200 ", of: first)
        let fleets = try await Certificates(fleet).host(host.name)
        try await expect("the host has joined with a certificate of the site's", of: fleets)

        // Certificates have whole seconds.
        try await Task.sleep(for: .seconds(1.1))
        let newer = try await site.make(host.name)
        let second = try site.copy(newer)
        try await host.join(fleet.servers, showing: newer)
        try await expect("the certificate is from before the host joined again", of: first)
        try await expect("200 ", of: second)

        try await fleet.servers[0].command("hosts", "--revoke", host.name)
        try await Task.sleep(for: .seconds(5.5))
        try await expect("the host was revoked", of: second)
        host.killAgent()
        try await fleet.join(host, rights: "admin")
        try await expect(isFleets, of: second)
    }

    /// Tries an invite with the certificate that it is not for, which does not use it up.
    private func tryInvites(
        at host: Host, _ files: Site.Files, _ stranger: Site.Files, in fleet: Fleet
    ) async throws {
        let (plain, sites) = (
            try await host.invite(by: fleet.servers[0], rights: ""),
            try await host.invite(by: fleet.servers[0], rights: "", ["--site-certificate"])
        )
        let table: [(String, [String], String)] = [
            (plain, files.options, "the invite is for a certificate of the fleet's"),
            (sites, [], "the invite is for a certificate of the site's"),
            (sites, stranger.options, "the invite is for another host than the certificate"),
        ]
        for (token, options, refusal) in table {
            let words = ["join", "https://otp1", "--token", token, "--again"] + options
            let done = try await Command.run(
                host.machine.words + [OTPServer.program("swiftotp-agent")] + words)
            #expect(done.status == 1 && done.errors.contains(refusal), "\(done)")
        }
        try await host.join("https://otp1", token: sites, files.options)
        // The other one is good, too; but then it is the fleet's host again.
        try await host.join("https://otp1", token: plain)
        let again = try await host.invite(by: fleet.servers[0], rights: "", ["--site-certificate"])
        try await host.join("https://otp1", token: again, files.options)
    }
}
