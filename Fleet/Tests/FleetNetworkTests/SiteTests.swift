import Foundation
import Testing
import X509

@testable import FleetNetwork

@Suite("A certificate of the site's is a host's only if all of it is right", .serialized)
struct SiteTests {
    let fleet: TestFleet
    let site: TestSite
    let service = ScriptedService()

    init() throws { (fleet, site) = (try TestFleet(), try TestSite()) }

    private static let uri = GeneralName.uniformResourceIdentifier("swiftotp://lab/host/web17/1")
    private static let unknown = "it does not accept this host's certificate"
    /// What is left of TLS's reason where the end of the connection overtakes it.
    private static let cut = "the connection ended without an answer"
    private static let ended = "it says that this host's certificate has ended"

    @Test("A certificate is a host's although something in it is wrong, or the reason is not told")
    func refusals() async throws {
        let server = try await fleet.server(service, site: site.authority())
        let name = GeneralName.dnsName("web17.lab")
        func expect(_ answer: String, of all: TestSite.Shown...) async throws {
            for shown in all {
                let heard = try await fleet.ask(showing: shown, of: server)
                let isCut = heard == SiteTests.cut && !answer.hasPrefix("401")
                #expect(heard == answer || (isCut && answer != "served"), "\(shown.chain)")
            }
        }
        try await expect(
            "served", of: site.host(),
            site.sign([.rfc822Name("x@lab"), name], for: [.serverAuth, .clientAuth]))
        try await expect(
            "401 the site's certificate is not for clients (clientAuth)",
            of: site.sign([name], for: []))
        try await expect(
            SiteTests.unknown, of: site.sign([name], for: [.any]),
            site.sign([name], for: [.serverAuth]), TestSite().host())
        try await expect(
            "401 the site's certificate has 2 DNS names, and not one", of: site.sign([name, name]),
            site.sign([name, .dnsName("web18.lab")]))
        try await expect(
            "401 the site's certificate has 0 DNS names, and not one", of: site.sign([]))
        try await expect(
            "401 the site's certificate is for many names (*)", of: site.host("*.lab"),
            site.host("*17.lab"))
        let wrong = "401 the DNS name in the site's certificate is not of the form NAME.lab"
        for text in [
            "web17.example", "web17.lab.example", "web17xlab", "web17", ".lab", "a.web17.lab",
            "WEB17.lab", "web17.lab.",
        ] { try await expect(wrong, of: site.host(text)) }
        try await expect(
            "401 the site's certificate is an authority's",
            of: site.sign([name], isAuthority: true))
        try await expect(
            "401 the site's certificate has a name that only the fleet's may have",
            of: site.sign([SiteTests.uri]), site.sign([name, SiteTests.uri]),
            site.sign([name, .uniformResourceIdentifier("SWIFTOTP://lab/x")]))
        try await expect(
            SiteTests.ended, of: site.sign([name], from: .now - 600, to: .now - 300),
            site.sign([name], from: .now + 300, to: .now + 600))
        #expect(service.pings == ["web17", "web17"])
        await server.stop()
    }

    @Test("Without the setting a certificate of the site's is taken")
    func off() async throws {
        let server = try await fleet.server(service)
        let heard = try await fleet.ask(showing: site.host(), of: server)
        #expect([SiteTests.unknown, SiteTests.cut].contains(heard) && service.pings.isEmpty)
        await server.stop()
    }

    @Test("One authority gives a name in the other's way, or a host is not known by whose it is")
    func confusion() async throws {
        let server = try await fleet.server(service, site: site.authority())
        service.onCall { .answered(Array("\($0.proof)".utf8), receipt: nil) }
        // The fleet's authority, giving names as the site does.
        let mixed = try TestSite(fleet.authority).host()
        #expect(
            try await fleet.ask(showing: mixed, of: server)
                == "401 the certificate does not name a host of a fleet, and nothing else")
        // TLS would look for the fleet's authority, and find one of the site's with its name.
        for name in ["swiftotp fleet lab", "SwiftOTP  Fleet lab"] {
            let twin = try TestSite(name).authority()
            await #expect(throws: FleetProblem.self, "\(name)") {
                try await fleet.server(service, site: twin)
            }
        }

        let start = Date(timeIntervalSince1970: (Date.now.timeIntervalSince1970 - 500).rounded())
        let proofs: [HostProof] = [
            .fleet(generation: 1), .site(start: UInt64(start.timeIntervalSince1970)),
        ]
        let credentials = [
            try fleet.credentials("web17", server: server),
            try HostCredentials(
                servers: [server.url], trust: fleet.authority.trust,
                host: try #require(FleetName("web17")),
                site: written(site.host(from: start)).certificate),
        ]
        for (one, proof) in zip(credentials, proofs) {
            #expect(one.identity.proof == proof)
            let client = try FleetClient(one)
            #expect(await client.call([1]) == .answered(Array("\(proof)".utf8)))
            await client.shutdown()
        }
        // What one uses up is not the other's.
        #expect(Set(credentials.map(\.identity.counted)).count == 2)
        await server.stop()
    }

    @Test("An authority or a suffix is taken that is none")
    func settings() throws {
        let leaf = try site.host().chain[0].text()
        for text in ["", "x", leaf, try site.certificate.text() + leaf] {
            #expect(throws: FleetProblem.self) {
                try SiteAuthority(certificates: text, suffix: ".lab")
            }
        }
        for suffix in ["lab", ".", "..lab", ".lab.", ".*", ".LAB", ".l b", ".-lab"] {
            #expect(throws: FleetProblem.self, "\(suffix)") { try site.authority(suffix) }
        }
        for suffix in ["", ".lab", ".a.example.com"] { _ = try site.authority(suffix) }
    }

    // MARK: Joining

    /// What is in files, which last as long as the folder.
    private func written(
        _ shown: TestSite.Shown
    ) throws -> (certificate: SiteCertificate, folder: TestFolder) {
        let folder = try TestFolder()
        return (try SiteCertificate(shown.write(to: folder), for: geteuid()), folder)
    }

    @Test("A host does not join with the site's certificate, keeps its key, or renews it with us")
    func join() async throws {
        let server = try await fleet.server(service, site: site.authority())
        let (shown, token) = (try site.host(), InviteToken(of: fleet.authority.trust))
        let (certificate, folder) = try written(shown)
        let joined = try await FleetJoin.join([server.url], with: token, showing: certificate)
        #expect(joined.identity.host.text == "web17" && service.siteJoins == ["web17"])
        #expect(service.joins.isEmpty && !joined.text.contains("PRIVATE KEY"))
        let again = try HostCredentials(text: joined.text)
        #expect(again.identity == joined.identity && again.files == joined.files)
        #expect(again.files?.key == "\(folder.path)/web.key")
        #expect(
            try await fleet.ask(
                "/v1/renew", showing: shown, of: server, body: "{\"request\":\"x\"}")
                == "403 the site renews its own certificates")
        // The secret alone.
        let secret = "{\"secret\":\"\(String(repeating: "0a", count: 16))\"}"
        #expect(
            try await fleet.ask("/v1/join", showing: nil, of: server, body: secret)
                == "401 a certificate of a host is needed")
        let fleets = try fleet.credentials("web17", server: server)
        let shownByFleet = TestSite.Shown(chain: fleets.chain, key: fleets.key)
        #expect(
            try await fleet.ask("/v1/join", showing: shownByFleet, of: server, body: secret)
                == "403 a certificate of the site's authority is needed")
        #expect(service.siteJoins.count == 1)
        await server.stop()
    }

    @Test("A key is read that others may read, or that is of another certificate")
    func files() throws {
        let folder = try TestFolder()
        let files = try site.host().write(to: folder)
        func refusal() -> String {
            do throws(FleetProblem) {
                _ = try SiteCertificate(files, for: geteuid())
                return "read"
            } catch { return error.text }
        }
        #expect(refusal() == "read")
        for mode: mode_t in [0o640, 0o604, 0o660] {
            chmod(files.key, mode)
            #expect(refusal().contains("chmod 600"), "\(mode)")
        }
        chmod(files.key, 0o600)
        chmod(files.certificate, 0o664)
        #expect(refusal().contains("alone may change"))
        chmod(files.certificate, 0o644)
        #expect(throws: FleetProblem.self) { try SiteCertificate(files, for: geteuid() + 1) }
        let other = try site.host().write(to: folder, as: "other")
        for file in [other.key, "/dev/null", "\(folder.path)/none"] {
            let mixed = try SiteFiles(certificate: files.certificate, key: file)
            #expect(throws: FleetProblem.self, "\(file)") {
                try SiteCertificate(mixed, for: geteuid())
            }
        }
        #expect(symlink(files.key, "\(folder.path)/link") == 0)
        let linked = try SiteFiles(certificate: files.certificate, key: "\(folder.path)/link")
        #expect(throws: FleetProblem.self) { try SiteCertificate(linked, for: geteuid()) }
        for path in ["web.pem", "", "/a\nKey: /b", "/\u{9b}2J", "/\u{202e}mep.bew"] {
            for (certificate, key) in [(path, "/k"), ("/c", path)] {
                #expect(throws: FleetProblem.self, "\(path)") {
                    try SiteFiles(certificate: certificate, key: key)
                }
            }
        }
        withExtendedLifetime(folder) {}
    }
}
