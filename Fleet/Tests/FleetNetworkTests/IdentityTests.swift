import Crypto
import Foundation
import Testing
import X509

@testable import FleetNetwork

@Suite("Only a host's certificate names a host", .serialized)
struct IdentityTests {
    private func certificate(
        _ names: [GeneralName], _ usages: [ExtendedKeyUsage.Usage] = [.clientAuth],
        _ start: Date = .now - 60, _ end: Date = .now + 60
    ) throws -> Certificate {
        let key = P256.Signing.PrivateKey()
        let name = try DistinguishedName { CommonName("x") }
        return try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
            notValidBefore: start, notValidAfter: end, issuer: name, subject: name,
            extensions: try Certificate.Extensions {
                if !usages.isEmpty { try ExtendedKeyUsage(usages) }
                if !names.isEmpty { SubjectAlternativeNames(names) }
            }, issuerPrivateKey: .init(key))
    }

    @Test("A right name is not read")
    func right() throws {
        let identity = try HostIdentity(
            verified: certificate([
                .uniformResourceIdentifier("swiftotp://lab/host/web17.example/3")
            ])
        )
        #expect(identity.fleet.text == "lab")
        #expect(identity.host.text == "web17.example")
        #expect(identity.proof == .fleet(generation: 3))
        #expect(identity.isCurrent(at: .now))
        #expect(!identity.isCurrent(at: .now + 120))
        #expect(!identity.isCurrent(at: .now - 120))
    }

    @Test(
        "A wrong name is read",
        arguments: [
            "swiftotp://lab/host//1", "swiftotp://lab/host", "swiftotp:///host/web17/1",
            "swiftotp://lab/host/web17/", "swiftotp://lab/host/web17/x",
            "swiftotp://lab/host/web17/1/x", "swiftotp://lab/host/web17/01",
            "swiftotp://lab/host/web17/+1", "swiftotp://lab/host/web17/-1",
            "swiftotp://lab/host/web17/18446744073709551616", "swiftotp://lab/host/web17",
            "swiftotp://lab//web17/1", "swiftotp://lab/server/web17/1",
            "SWIFTOTP://lab/host/web17/1", "https://lab/host/web17/1",
            "swiftotp://lab/host/WEB17/1", "swiftotp://lab/host/web%3117/1",
            "swiftotp://lab/authority", "swiftotp://lab/host/web17/1?x",
            "swiftotp://a@lab/host/web17/1", " swiftotp://lab/host/web17/1",
            "swiftotp://lab/host/" + String(repeating: "a", count: 64) + "/1", "",
        ])
    func wrong(_ uri: String) throws {
        let found = try certificate([.uniformResourceIdentifier(uri)])
        #expect(throws: FleetProblem.self) { try HostIdentity(verified: found) }
    }

    @Test("A certificate with more names, or for more than clients, names a host")
    func ambiguous() throws {
        let name = GeneralName.uniformResourceIdentifier("swiftotp://lab/host/web17/3")
        let other = GeneralName.uniformResourceIdentifier("swiftotp://lab/host/web18/3")
        let wrong = [
            try certificate([name, other]), try certificate([name, .dnsName("web17")]),
            try certificate([]), try certificate([.dnsName("web17")]),
            try certificate([name], [.serverAuth]),
            try certificate([name], [.clientAuth, .serverAuth]),
            try certificate([name], []),
        ]
        for one in wrong {
            #expect(throws: FleetProblem.self) { try HostIdentity(verified: one) }
        }
    }

    @Test("A certificate of 30 days is renewed before or after its 20th")
    func renewal() throws {
        let start = Date(timeIntervalSince1970: 1_800_000_000)
        let found = try certificate(
            [.uniformResourceIdentifier("swiftotp://lab/host/web17/3")], [.clientAuth], start,
            start + 30 * 86_400)
        #expect(try HostIdentity(verified: found).renewal == start + 20 * 86_400)
    }

    @Test("A server's address that is none is taken, or a right one is not")
    func urls() {
        let right = [
            ("https://otp1", "https://otp1:8463"), ("https://otp1.lab:1/", "https://otp1.lab:1"),
            ("https://10.0.0.7", "https://10.0.0.7:8463"),
            ("https://[fd00::1]:443", "https://[fd00::1]:443"),
            ("https://[fd00::1]", "https://[fd00::1]:8463"),
        ]
        for (text, full) in right { #expect(ServerURL(text)?.description == full) }
        let wrong = [
            "http://otp1", "https://", "https:///", "otp1", "https://otp1:", "https://otp1:0",
            "https://otp1:65536", "https://otp1/x", "https://u@otp1", "https://otp1?x",
            "https://o p",
            "https://[fd00::1", "https://[otp1]", "https://[10.0.0.7]", "https://-otp1",
            "https://a..b",
            "https://otp1:+1", "https://10.0.0.256", "https://otp1:99999999999999999999",
        ]
        for text in wrong { #expect(ServerURL(text) == nil, "\(text)") }
        #expect(throws: FleetProblem.self) { try ServerURL.list("https://a,,https://b") }
    }
}
