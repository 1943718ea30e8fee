import Foundation
import OTPStore
import TestSupport
import Testing

@testable import OTPCore

/// Trusted SSH keys, through the real program.
@Suite("swiftotpd: trusted SSH keys")
struct TrustTests {
    private static let laptop = String(repeating: "a1", count: 32)
    private static let desktop = String(repeating: "b2", count: 32)

    /// Trusts both keys, as a login does.
    private func trust(_ client: Client, at now: UInt64) throws {
        let user = try #require(try SystemUsers().user(named: Array(client.user.utf8)))
        let store = try Store(path: Array(client.service.store.utf8))
        let session = try #require(try store.open(user))
        defer { session.close() }
        for (byte, label) in [(0xa1, "laptop"), (0xb2, "my desktop")] as [(UInt8, String)] {
            let name = try #require(Name(label.utf8))
            let isTrusted = session.withRecord {
                $0.trust(
                    [UInt8](repeating: byte, count: 32), named: name, at: now, days: 30, most: 8,
                    from: Array("192.0.2.7".utf8))
            }
            try #require(isTrusted)
        }
        try session.commit()
    }

    @Test("are told by the status, and ended with proof alone")
    func oneAndAll() async throws {
        let log = try SystemLog.shared()
        let service = try await Service()
        let client = try Client(service, try await Account.make("truster"))
        #expect(try await client.run("status", "untrust")[0].trusted == [])
        let enrolled = try await client.run("begin", "confirm =")
        let now = UInt64(Date().timeIntervalSince1970)
        try trust(client, at: now)
        let before = try client.record

        var replies = try await client.run("status", "untrust \(Self.laptop)", "untrust")
        let end = now + 30 * 86_400
        #expect(
            replies[0].trusted == [
                Reply.Trusted(
                    fingerprint: Self.laptop, name: "laptop", since: now, until: end,
                    lastUsed: now, address: "192.0.2.7"),
                Reply.Trusted(
                    fingerprint: Self.desktop, name: "my desktop", since: now, until: end,
                    lastUsed: now, address: "192.0.2.7"),
            ])
        #expect(replies[1].why == 1 && replies[2].why == 1)
        #expect(try client.record == before)

        let code = try await Command.output(
            ["oathtool", "--totp", "--now", "now + 30 seconds", "-"],
            input: try #require(enrolled[0].key) + "\n")
        replies = try await client.run(
            "prove \(code.prefix(6))", "untrust \(Self.laptop)", "untrust \(Self.laptop)",
            "status", "untrust", "untrust", "status")
        #expect(replies[0].outcome == 0)
        #expect(replies[1].kind == "done" && replies[2].why == 11)
        #expect(replies[3].trusted?.map(\.name) == ["my desktop"])
        #expect(replies[4].kind == "done" && replies[5].why == 11)
        #expect(replies[6].trusted == [])
        let user = client.user
        for line in [
            "trust in SSH key revoked; name=\"laptop\" by=\(user) user=\(user)",
            "trust in all SSH keys revoked; by=\(user) user=\(user)",
        ] {
            let found = try await log.line(containing: line)
            #expect(found.facility == 10 && found.text.contains(" swiftotpd["))
        }
    }

    @Test("are ended by a backup code, whether one is named or not")
    func backupCode() async throws {
        let service = try await Service()
        let client = try Client(service, try await Account.make("careful"))
        let codes = try await client.enroll()
        try trust(client, at: UInt64(Date().timeIntervalSince1970))
        let replies = try await client.run(
            "prove \(codes[0])", "untrust \(Self.laptop)", "status")
        #expect(replies[0].outcome == 1 && replies[1].why == 11)
        #expect(replies[2].trusted == [])
    }

    @Test("have fingerprints of 32 bytes, and nothing else is a request")
    func noFingerprint() async throws {
        let service = try await Service()
        let client = try Client(service, try await Account.make("garbled"))
        try await client.enroll()
        try trust(client, at: UInt64(Date().timeIntervalSince1970))
        let before = try client.record
        for length in [1, 31, 33] {
            let bytes = String(repeating: "a1", count: length)
            let replies = try await client.run("untrust \(bytes)", "reply")
            #expect(replies[0].why == 9 && replies[1].kind == "end")
        }
        #expect(try client.record == before)
    }
}
