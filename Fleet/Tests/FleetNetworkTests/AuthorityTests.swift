import Crypto
import Foundation
import SwiftASN1
import Testing
import X509

@testable import FleetNetwork

@Suite("The fleet's authority signs for the name it is told, and for nothing else", .serialized)
struct AuthorityTests {
    let authority: FleetAuthority

    init() throws { authority = try FleetAuthority.make("lab") }

    private func request(
        subject: String = "", names: [GeneralName] = [], key: P256.Signing.PrivateKey = .init()
    ) throws -> CertificateSigningRequest {
        let extensions = try Certificate.Extensions {
            if !names.isEmpty { SubjectAlternativeNames(names) }
            BasicConstraints.isCertificateAuthority(maxPathLength: nil)
        }
        return try CertificateSigningRequest(
            version: .v1, subject: DistinguishedName { CommonName(subject) },
            privateKey: .init(key),
            attributes: try .init([.init(ExtensionRequest(extensions: extensions))]),
            signatureAlgorithm: .ecdsaWithSHA256)
    }

    private func signed(_ host: String = "web17") throws -> Certificate {
        let chain = try authority.sign(
            request: CertificateRequest().text(), host: host, generation: 1)
        let documents = try PEMDocument.parseMultiple(pemString: chain)
        return try Certificate(pemDocument: try #require(documents.first))
    }

    @Test("A name or right in the request gets into the certificate")
    func onlyTheKeyCounts() throws {
        let uri = "swiftotp://lab/host/admin1"
        let asked = try request(
            subject: "admin1", names: [.uniformResourceIdentifier(uri), .dnsName("otp1.lab")])
        let chain = try authority.sign(
            request: asked.serializeAsPEM().pemString, host: "web17", generation: 1)
        let certificate = try Certificate(
            pemDocument: try #require(PEMDocument.parseMultiple(pemString: chain).first))
        let identity = try HostIdentity(verified: certificate)
        #expect(identity.host.text == "web17")
        #expect(identity.fleet.text == "lab")
        #expect(certificate.publicKey == asked.publicKey)
        #expect(try certificate.extensions.subjectAlternativeNames?.count == 1)
        #expect(try certificate.extensions.basicConstraints == .notCertificateAuthority)
        #expect(!"\(certificate.subject)".contains("admin1"))
    }

    @Test("A key is certified that the asker does not have")
    func possession() throws {
        let (mine, other) = (try request(), try request())
        let stolen = try CertificateSigningRequest(
            version: .v1, subject: other.subject, publicKey: other.publicKey,
            attributes: other.attributes, signatureAlgorithm: .ecdsaWithSHA256,
            signature: mine.signature)
        let forged = try stolen.serializeAsPEM().pemString
        #expect(throws: FleetProblem.self) {
            try authority.sign(request: forged, host: "web17", generation: 1)
        }
        let honest = try other.serializeAsPEM().pemString
        #expect(throws: Never.self) {
            try authority.sign(request: honest, host: "web17", generation: 1)
        }
    }

    @Test("A host's certificate counts longer than 30 days, or cannot be told from a server's")
    func host() throws {
        let certificate = try signed()
        let length = certificate.notValidAfter.timeIntervalSince(certificate.notValidBefore)
        // It begins a day before, for clocks that are wrong.
        #expect(length <= 31 * 86_400 + 600)
        #expect(length >= 30 * 86_400)
        let usage = try #require(try certificate.extensions.extendedKeyUsage)
        #expect(usage.contains(.clientAuth) && !usage.contains(.serverAuth))
    }

    @Test(
        "A host gets a name that is none",
        arguments: [
            "", "Web17", "web17/host/x", "web_17", "web 17", "web17\n", "wéb", "web17%2f",
            String(repeating: "a", count: 64),
        ])
    func badName(_ name: String) throws {
        let text = try CertificateRequest().text()
        #expect(throws: FleetProblem.self) {
            try authority.sign(request: text, host: name, generation: 1)
        }
        #expect(throws: FleetProblem.self) { try FleetAuthority.make(name) }
    }

    @Test(
        "Garbage for a request is signed, or ends the process",
        arguments: [
            "", "x", "-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----",
            "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----",
            "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----",
            String(repeating: "-----BEGIN ", count: 500),
        ])
    func garbage(_ text: String) {
        #expect(throws: FleetProblem.self) {
            try authority.sign(request: text, host: "web17", generation: 1)
        }
    }

    @Test("Requests with one byte changed are signed, or end the process")
    func changedRequests() throws {
        var serializer = DER.Serializer()
        try serializer.serialize(try request(subject: "x"))
        let bytes = serializer.serializedBytes
        var signed = 0
        // The signature itself has more than one spelling; what it signs has not.
        let signature = 75
        for index in bytes.indices {
            for value in [0, bytes[index] ^ 1, 0xff] where value != bytes[index] {
                var changed = bytes
                changed[index] = value
                let text = PEMDocument(type: "CERTIFICATE REQUEST", derBytes: changed).pemString
                let isSigned =
                    (try? authority.sign(request: text, host: "web17", generation: 1)) != nil
                if isSigned, index < bytes.count - signature { signed += 1 }
            }
        }
        #expect(signed == 0)
    }

    @Test("An authority that is stored and read again is another one")
    func stored() throws {
        let again = try FleetAuthority(
            certificate: authority.certificateText, key: authority.keyText)
        #expect(again.trust.hash == authority.trust.hash)
        #expect(try FleetAuthority(text: authority.text).keyText == authority.keyText)
        let identity = try authority.serverIdentity(names: ["localhost"])
        #expect(try ServerIdentity(text: identity.text).chain == identity.chain)
        #expect(throws: FleetProblem.self) { try ServerIdentity(text: authority.text) }
        #expect(throws: FleetProblem.self) { try FleetAuthority(text: identity.text) }
        #expect(authority.keyText.hasPrefix("-----BEGIN PRIVATE KEY-----"))
        let other = try FleetAuthority.make("lab")
        #expect(throws: FleetProblem.self) {
            try FleetAuthority(certificate: authority.certificateText, key: other.keyText)
        }
        let server = try authority.serverIdentity(names: ["localhost"])
        let serverText = try server.certificate.serializeAsPEM().pemString
        #expect(throws: FleetProblem.self) { try FleetTrust(certificate: serverText) }
        let ten = authority.trust.end.timeIntervalSinceNow
        #expect(ten > 3649 * 86_400 && ten <= 3650 * 86_400 + 1)
    }

    @Test("openssl does not verify the certificates, or takes one for the other's purpose")
    func openssl() async throws {
        let folder = try TestFolder()
        let root = try folder.file("ca.pem", authority.certificateText)
        let server = try folder.file(
            "server.pem",
            authority.serverIdentity(names: ["otp1.lab", "10.0.0.7", "fd00::1"]).chain)
        let host = try folder.file("host.pem", signed().serializeAsPEM().pemString)
        func verify(_ words: String...) async throws -> Int32 {
            try await Program.run(
                "/usr/bin/openssl", ["verify", "-x509_strict", "-CAfile", root] + words
            ).status
        }
        #expect(
            try await verify("-purpose", "sslserver", "-verify_hostname", "otp1.lab", server) == 0)
        #expect(try await verify("-purpose", "sslserver", "-verify_ip", "fd00::1", server) == 0)
        #expect(
            try await verify("-purpose", "sslserver", "-verify_hostname", "otp2.lab", server) != 0)
        #expect(try await verify("-purpose", "sslclient", host) == 0)
        #expect(try await verify("-purpose", "sslserver", host) != 0)
        #expect(try await verify("-purpose", "sslclient", server) != 0)
    }

    @Test("A key is written so that others can read it, or is read although they can")
    func privateFile() throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/ca.key"
        try PrivateFile.write(authority.keyText, at: path)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try PrivateFile.read(path) == authority.keyText)
        chmod(path, 0o640)
        #expect(throws: FleetProblem.self) { try PrivateFile.read(path) }
        chmod(path, 0o600)
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/link", withDestinationPath: path)
        #expect(throws: FleetProblem.self) { try PrivateFile.read("\(folder.path)/link") }
        #expect(throws: FleetProblem.self) { try PrivateFile.read("\(folder.path)/missing") }
    }
}
