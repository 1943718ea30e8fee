import Foundation
import TestSupport
import Testing

/// `trusted`: the SSH keys that skip the code, and their lines in `status` and `list`.
@Suite struct TrustedTests {
    let desk: Desk
    let shelf: TrustShelf

    init() throws {
        desk = try Desk()
        shelf = TrustShelf(store: desk.store, user: "root")
    }

    private func keys(_ object: [String: Any]) throws -> [[String: Any]] {
        try #require(object["trusted"] as? [[String: Any]])
    }

    private func date(_ member: Any?) throws -> UInt64 {
        let text = try #require(member as? String)
        return UInt64(try Date(text, strategy: .iso8601).timeIntervalSince1970)
    }

    @Test func nothingTrustedIsNoFailure() async throws {
        for round in 0...1 {
            if round == 1 { try await desk.enroll() }
            let done = try await desk.run("trusted")
            #expect(done.status == 0 && done.errors.isEmpty)
            #expect(done.output == "root trusts no SSH key.\n")
            let told = try await desk.json("trusted", "root")
            #expect(Set(told.keys) == ["user", "trusted"])
            #expect(told["user"] as? String == "root")
            #expect(try keys(told).isEmpty)
            let before = desk.record
            #expect(try await desk.run("trusted", "--revoke-all").output == done.output)
            #expect(try await desk.json("trusted", "--revoke-all")["revoked"] as? [String] == [])
            #expect(desk.record == before)
        }
    }

    /// Fingerprints match ssh-keygen's, and `status` shows the same as `trusted`.
    @Test(arguments: ["ed25519", "ecdsa", "rsa"])
    func scriptsGetIt(kind: String) async throws {
        try await desk.enroll()
        let key = try await TrustedKeyPair(in: desk.scratch, named: "laptop", kind: kind)
        try shelf.trust(key, "my laptop", ago: 7200)
        try shelf.use(0, ago: 3600, from: "2001:db8::7")
        let config = try desk.trusting()
        let told = try await desk.json("trusted", "--config", config)
        let mine = try #require(try keys(told).first)
        #expect(
            Set(mine.keys) == [
                "fingerprint", "name", "since", "until", "last_used", "last_address", "active",
                "by",
            ])
        #expect(mine["by"] as? String == "phone")
        #expect(mine["fingerprint"] as? String == key.printed)
        #expect(mine["name"] as? String == "my laptop")
        #expect(mine["last_address"] as? String == "2001:db8::7")
        #expect(mine["active"] as? Bool == true)
        #expect(try date(mine["since"]) == TrustShelf.now - 7200)
        #expect(try date(mine["last_used"]) == TrustShelf.now - 3600)
        #expect(try date(mine["until"]) == TrustShelf.now - 7200 + 30 * 86_400)
        let status = try await desk.json("status", "--config", config)
        #expect(try keys(status) as NSArray == keys(told) as NSArray)
        let users = try #require(
            try await desk.json("list", "--config", config)["users"] as? [[String: Any]])
        #expect(users.first { $0["user"] as? String == "root" }?["trusted_keys"] as? Int == 1)
    }

    @Test func peopleReadIt() async throws {
        try await desk.enroll()
        let key = try await TrustedKeyPair(in: desk.scratch, named: "laptop")
        let ended = try await TrustedKeyPair(in: desk.scratch, named: "old")
        try shelf.trust(key, "laptop", ago: 200)
        try shelf.trust(ended, "old", ago: 3 * 86_400, days: 2, from: "")
        let config = try desk.trusting()
        let time = #"\d{4}-\d\d-\d\d \d\d:\d\d"#
        let page = try Regex(
            """
            root trusts these SSH keys to log in without a code:

            laptop
              \(NSRegularExpression.escapedPattern(for: key.printed))
              by a code of "phone"
              since \(time), until \(time)
              last used \(time) from 192\\.0\\.2\\.7

            old
              \(NSRegularExpression.escapedPattern(for: ended.printed))
              by a code of "phone"
              since \(time), ended \(time)
              last used \(time)

            """)
        let output = try await desk.run("trusted", "--config", config).output
        #expect(try page.wholeMatch(in: output) != nil, "\(output)")
        #expect(output.split(separator: "\n").allSatisfy { $0.count <= 80 })

        let status = try await desk.run("status", "--config", config).output
        let table = try Regex(
            """
            \nTRUSTED KEY  UNTIL +LAST USED +FROM
            laptop       \(time)  \(time)  192\\.0\\.2\\.7
            old          ended +\(time)  -

            Backup codes left: 10
            """)
        #expect(status.contains(table), "\(status)")
        let told = try keys(try await desk.json("trusted", "--config", config))
        #expect(told.map { $0["active"] as? Bool } == [true, false])
        #expect(told[1]["last_address"] is NSNull)
    }

    /// Without `trust = key` none of them counts, and every list says so.
    @Test func whereKeysAreNotTrustedItSaysSo() async throws {
        try await desk.enroll()
        try shelf.trust(try await TrustedKeyPair(in: desk.scratch, named: "laptop"), "laptop")
        let remark = "None of them counts now: trust = off (a PAM line may say otherwise).\n"
        #expect(try await desk.run("trusted").output.hasSuffix("\n\n" + remark))
        #expect(try await desk.run("status").output.contains("\n" + remark))
        for command in ["trusted", "status"] {
            let told = try keys(try await desk.json(command))
            #expect(told.map { $0["active"] as? Bool } == [false])
            let config = try desk.trusting()
            let on = try await desk.run(command, "--config", config).output
            #expect(on.contains("laptop") && !on.contains("None of them"))
        }
    }
}
