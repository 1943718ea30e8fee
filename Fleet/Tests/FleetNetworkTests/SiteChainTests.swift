import Foundation
import SwiftASN1
import Testing
import X509

@testable import FleetNetwork

@Suite("Authorities below the site's own, and certificates that none of them may make")
struct SiteChainTests {
    let fleet: TestFleet
    let site: TestSite
    let service = ScriptedService()

    init() throws { (fleet, site) = (try TestFleet(), try TestSite()) }

    /// What no program knows, and must.
    private static let strange = Certificate.Extension(
        oid: [1, 3, 6, 1, 4, 1, 99_999, 1], critical: true, value: [5, 0])

    /// Allows names below one alone.
    private static func only(_ name: String) throws -> Certificate.Extension {
        try Critical(NameConstraints(permittedSubtrees: [.dnsName(name)]))
            .makeCertificateExtension()
    }

    @Test("A host is refused whose certificate is of an authority below the site's")
    func below() async throws {
        let server = try await fleet.server(service, site: site.authority())
        let one = try site.below()
        for shown in [
            try one.host(), try one.below("Another one").host(),
            try site.below(with: [SiteChainTests.only("lab")]).host(),
        ] {
            let heard = try await fleet.ask(showing: shown, of: server)
            #expect(heard == "served", "\(shown.chain)")
        }
        // The root behind it is one more than is needed.
        let host = try site.host()
        let longer = TestSite.Shown(chain: host.chain + [site.certificate], key: host.key)
        #expect(try await fleet.ask(showing: longer, of: server) == "served")
        await server.stop()
    }

    @Test("A certificate is a host's although one above it may not have made it")
    func wrong() async throws {
        let server = try await fleet.server(service, site: site.authority())
        let forServers = try ExtendedKeyUsage([.serverAuth]).makeCertificateExtension()
        let (name, uri) = (
            GeneralName.dnsName("web17.lab"),
            GeneralName.uniformResourceIdentifier("swiftotp://lab/host/web18/1")
        )
        let (whole, twin) = (try site.below().host(), try site.below("swiftotp fleet lab"))
        // A host of the fleet's, as an authority.
        let request = CertificateRequest()
        let text = try fleet.authority.sign(request: request.text(), host: "web17", generation: 1)
        let own = try PEMDocument.certificates(in: text, or: "no certificate")[0]
        let host = TestSite(key: request.key, certificate: own, behind: [own])
        let table: [(String, TestSite.Shown)] = [
            ("without what is above", .init(chain: [whole.chain[0]], key: whole.key)),
            ("by no authority", try site.below(isAuthority: false).host()),
            ("by one that has ended", try site.below(to: .now - 60).host()),
            ("by one for servers", try site.below(with: [forServers]).host()),
            ("by one for others", try site.below(with: [SiteChainTests.only("example")]).host()),
            ("by a strange one", try site.below(with: [SiteChainTests.strange]).host()),
            ("strange", try site.sign([name], with: [SiteChainTests.strange])),
            ("by one with the fleet's name", try twin.host()),
            ("by one with the fleet's name, as the fleet's", try twin.sign([uri])),
            ("by a host", try host.host()), ("by a host, as the fleet's", try host.sign([uri])),
            ("with a zero in it", try site.host("web17.lab\0.example")),
            ("with a zero in the host", try site.host("web17\0.lab")),
        ]
        for (what, shown) in table {
            let heard = try await fleet.ask(showing: shown, of: server)
            #expect(heard != "served", "\(what)")
        }
        #expect(service.pings.isEmpty)
        await server.stop()
    }
}
