import Foundation
import OTPStore
import TestSupport
import Testing

@testable import OTPCore

/// Trusted SSH keys, through the real program.
@Suite("swiftotpd: trusted SSH keys")
struct TrustTests {
    private static let laptop = SSHKey.text(of: [UInt8](repeating: 0xa1, count: 32))
    private static let desktop = SSHKey.text(of: [UInt8](repeating: 0xb2, count: 32))

    /// Trusts both keys, like a login.
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

    @Test("are not in the status, or end without a proof")
    func oneAndAll() async throws {
        let log = try SystemLog.shared()
        let service = try await Service()
        let client = try Client(service, try await Account.make("truster"))
        #expect(try await client.run("status", "untrust")[0].account?.trusted == [])
        let codes = try await client.enroll()
        let now = UInt64(Date().timeIntervalSince1970)
        try trust(client, at: now)
        let before = try client.record

        var replies = try await client.run("status", "untrust \(Self.laptop)", "untrust")
        let end = now + 30 * 86_400
        #expect(
            replies[0].account?.trusted == [
                Reply.Trusted(
                    fingerprint: Self.laptop, name: "laptop", since: now, until: end,
                    lastUsed: now, address: "192.0.2.7"),
                Reply.Trusted(
                    fingerprint: Self.desktop, name: "my desktop", since: now, until: end,
                    lastUsed: now, address: "192.0.2.7"),
            ])
        #expect(replies[1].why == "proofNeeded" && replies[2].why == "proofNeeded")
        #expect(try client.record == before)

        // With a code of the phone, which itself ends nothing.
        let begun = try #require(try await client.run("begin tablet proof \(codes[0])")[0].begun)
        try trust(client, at: now)
        let phone = try Phone(scanning: "otpauth://totp/x:y?secret=\(begun.key)")
        let first = try await phone.code()
        let confirm = #"request {"confirm":{"ticket":"\#(begun.ticket)","code":"\#(first)"}}"#
        #expect(try await client.run(confirm)[0].kind == "done")
        let code = try await phone.code(after: first)
        replies = try await client.run("untrust \(Self.laptop) proof \(code)", "status")
        #expect(replies[0].kind == "done")
        #expect(replies[1].account?.trusted.map(\.name) == ["my desktop"])
        let root = try Client.root(client.service)
        replies = try await root.run(
            "about \(client.user)", "untrust \(Self.laptop)", "untrust", "untrust", "status")
        #expect(replies[0].why == "notTrusted" && replies[1].kind == "done")
        #expect(replies[2].why == "notTrusted" && replies[3].account?.trusted == [])
        let user = client.user
        for line in [
            "trust in SSH key revoked; name=\"laptop\" by=\(user) user=\(user)",
            "trust in all SSH keys revoked; by=root user=\(user)",
        ] {
            let found = try await log.line(containing: line)
            #expect(found.facility == 10 && found.text.contains(" swiftotpd["))
        }
    }

    @Test("are not ended by a backup code, whether one is named or not")
    func backupCode() async throws {
        let service = try await Service()
        let client = try Client(service, try await Account.make("careful"))
        let codes = try await client.enroll()
        try trust(client, at: UInt64(Date().timeIntervalSince1970))
        let replies = try await client.run("untrust \(Self.laptop) proof \(codes[0])", "status")
        #expect(replies[0].kind == "done" && replies[1].account?.trusted == [])
    }
}
