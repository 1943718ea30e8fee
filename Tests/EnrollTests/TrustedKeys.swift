import Foundation
import OTPStore
import TestSupport
import Testing

@testable import OTPCore

/// A trusted SSH key, made by ssh-keygen.
struct TrustedKeyPair {
    /// The fingerprint as ssh-keygen prints it, `SHA256:...`.
    let printed: String
    let fingerprint: [UInt8]

    init(in scratch: Scratch, named name: String, kind: String = "ed25519") async throws {
        let file = scratch.file(name.replacing(" ", with: "-"))
        try await Command.output(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", file])
        let words = try await Command.output(["ssh-keygen", "-lf", file]).split(separator: " ")
        printed = try #require(words.map(String.init).first { $0.hasPrefix("SHA256:") })
        let padded = printed.dropFirst("SHA256:".count) + "="
        fingerprint = Array(try #require(Data(base64Encoded: String(padded))))
    }

    /// One with a chosen start of its fingerprint; no key exists for it.
    init(beginning start: String) throws {
        let text = start + String(repeating: "A", count: 43 - start.count)
        printed = "SHA256:\(text)"
        fingerprint = Array(try #require(Data(base64Encoded: text + "=")))
    }
}

/// Trusted keys in a user's record, as logins put them there.
struct TrustShelf {
    let store: String
    let user: String

    static let now = UInt64(Date().timeIntervalSince1970)

    /// Trusts a key since `ago` seconds ago, for a number of days.
    func trust(
        _ key: TrustedKeyPair, _ name: String, ago: UInt64 = 0, days: UInt8 = 30,
        from address: String = "192.0.2.7"
    ) throws {
        let name = try #require(Name(name.utf8))
        try change { record in
            record.trust(
                key.fingerprint, named: name, at: TrustShelf.now - ago, days: days, most: 8,
                from: Array(address.utf8))
        }
    }

    /// Records a login with trusted key `index`, `ago` seconds ago.
    func use(_ index: Int, ago: UInt64, from address: String) throws {
        try change { record in
            record.useTrust(index, at: TrustShelf.now - ago, from: Array(address.utf8))
            return true
        }
    }

    private func change(_ body: (inout Record) -> Bool) throws {
        guard let user = try SystemUsers().user(named: Array(user.utf8)),
            let session = try Store(path: Array(store.utf8)).open(user)
        else { throw Trouble("no record of \(user)") }
        defer { session.close() }
        let isDone = session.withRecord(body)
        try #require(isDone)
        try session.commit()
    }
}

extension Desk {
    /// A policy in which trusted keys count.
    func trusting(_ more: String = "") throws -> String {
        try scratch.write("trust = key\n" + more, to: "trusting.conf", mode: 0o644)
    }
}
