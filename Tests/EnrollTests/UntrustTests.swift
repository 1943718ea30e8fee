import Foundation
import TestSupport
import Testing

/// `trusted --revoke` and `--revoke-all`: the end of a trust, and how users learn of it.
@Suite struct UntrustTests {
    let desk: Desk
    let user: String
    let shelf: TrustShelf

    init() async throws {
        desk = try Desk()
        user = try await Account.make("truster").name
        shelf = TrustShelf(store: desk.store, user: user)
        try await desk.enroll(user)
    }

    /// Two keys whose fingerprints begin alike.
    private func twins() throws -> (laptop: TrustedKeyPair, desktop: TrustedKeyPair) {
        let pair = (
            laptop: try TrustedKeyPair(beginning: "Twin/+1abc"),
            desktop: try TrustedKeyPair(beginning: "Twin/+2abc")
        )
        try shelf.trust(pair.laptop, "laptop")
        try shelf.trust(pair.desktop, "the desktop")
        return pair
    }

    private func names() async throws -> [String] {
        let told = try await desk.json("trusted", user)
        let keys = try #require(told["trusted"] as? [[String: Any]])
        return keys.compactMap { $0["name"] as? String }
    }

    @Test(arguments: [
        "laptop", "SHA256:", "", "SHA256:Twin/+1", "Twin/+1", "Twin/+1abcA", "SHA256:Twin/+1abcAA",
    ])
    func byNameAndFingerprint(id: String) async throws {
        let log = try SystemLog.shared()
        let whole = try twins().laptop.printed
        // The whole fingerprint, with and without the hash's name.
        let id = id == "SHA256:" ? whole : id.isEmpty ? String(whole.dropFirst(7)) : id
        let done = try await desk.run("trusted", user, "--revoke", id)
        #expect(done.status == 0 && done.errors.isEmpty, "\(done.errors)")
        #expect(
            done.output == "These SSH keys are no longer trusted: \"laptop\"."
                + " These SSH keys stay trusted: \"the desktop\".\n")
        #expect(try await names() == ["the desktop"])
        let events = try #require(try await desk.json("status", user)["events"] as? [[String: Any]])
        let last = try #require(events.first)
        #expect(last["event"] as? String == "trust-revoked")
        #expect(last["detail"] as? String == "laptop")
        #expect(last["origin"] as? String == "otp-enroll \(Desk.person)")
        let line = try await log.line(
            containing: "]: trust in SSH key revoked; name=\"laptop\" by=\(Desk.person) "
                + "user=\(user)")
        #expect(line.facility == 10 && line.severity == 5)
    }

    @Test func allOfThem() async throws {
        _ = try twins()
        let done = try await desk.run("trusted", user, "--revoke-all")
        #expect(done.status == 0 && done.errors.isEmpty)
        #expect(
            done.output == "These SSH keys are no longer trusted: \"laptop\", \"the desktop\". "
                + "\(user) trusts no SSH key.\n")
        #expect(try await names() == [])
        #expect(try await desk.events(user) == ["trust-revoked", "added"])
        // Nothing is left, so nothing happens.
        let again = try await desk.run("trusted", user, "--revoke-all")
        #expect(again.status == 0 && again.output == "\(user) trusts no SSH key.\n")
        #expect(try await desk.events(user) == ["trust-revoked", "added"])
    }

    @Test func scriptsHearWhatEndedAndWhatStays() async throws {
        let twins = try twins()
        let one = try await desk.json("trusted", user, "--revoke", "the desktop")
        #expect(Set(one.keys) == ["user", "revoked", "trusted"])
        #expect(one["user"] as? String == user)
        #expect(one["revoked"] as? [String] == ["the desktop"])
        let left = try #require(one["trusted"] as? [[String: Any]])
        #expect(left.map { $0["fingerprint"] as? String } == [twins.laptop.printed])
        let all = try await desk.json("trusted", user, "--revoke-all")
        #expect(all["revoked"] as? [String] == ["laptop"])
        #expect((all["trusted"] as? [Any])?.isEmpty == true)
    }

    @Test(arguments: [
        "phone", "Laptop", "lap", "the", "SHA256:", "SHA256:Twin/+3", "MD5:00:11:22", "Twin/+1abcB",
        "SHA256:laptop", "twin/+1", "Twin/+1abcAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ])
    func whatIsNotThereIsTold(id: String) async throws {
        let twins = try twins()
        let before = desk.record(of: try uid())
        let done = try await desk.run("trusted", user, "--revoke", id)
        #expect(done.status == 1 && done.output.isEmpty)
        #expect(
            done.errors == """
                otp-enroll: \(user) trusts no SSH key "\(id)"
                hint: "laptop" is \(twins.laptop.printed)
                hint: "the desktop" is \(twins.desktop.printed)

                """)
        #expect(desk.record(of: try uid()) == before)
    }

    /// A prefix of two fingerprints, or of one that is also another key's name.
    @Test func whatMayBeTwoIsNone() async throws {
        let twins = try twins()
        let before = desk.record(of: try uid())
        for id in ["Twin/+", "SHA256:Twin/+"] {
            let done = try await desk.run("trusted", user, "--revoke", id)
            #expect(done.status == 1 && done.output.isEmpty)
            #expect(
                done.errors == """
                    otp-enroll: "\(id)" matches more than one trusted key of \(user)
                    hint: "laptop" is \(twins.laptop.printed)
                    hint: "the desktop" is \(twins.desktop.printed)

                    """)
        }
        for id in ["T", "Twin/", "SHA256:Twin/"] {
            let short = try await desk.run("trusted", user, "--revoke", id)
            #expect(
                short.errors.hasPrefix(
                    """
                    otp-enroll: \(user) trusts no SSH key "\(id)"
                    hint: give at least 6 characters of the fingerprint
                    hint: "laptop" is
                    """), "\(short.errors)")
        }
        #expect(desk.record(of: try uid()) == before)
        try shelf.trust(try TrustedKeyPair(beginning: "other"), "Twin/+1")
        let named = try await desk.run("trusted", user, "--revoke", "Twin/+1")
        #expect(named.status == 1 && named.errors.split(separator: "\n").count == 3)
        #expect(try await desk.run("trusted", user, "--revoke", "SHA256:Twin/+1").status == 0)
        #expect(try await names() == ["the desktop", "Twin/+1"])
    }

    @Test func removingAnAuthenticatorEndsItsTrust() async throws {
        try shelf.trust(try TrustedKeyPair(beginning: "laptop"), "laptop")
        try await desk.enroll(user, "--name", "tablet")
        let told = try await desk.json("trusted", user)["trusted"] as? [[String: Any]]
        #expect(told?.first?["by"] as? String == "phone")
        #expect(try await desk.run("trusted", user).output.contains("  by a code of \"phone\"\n"))
        let done = try await desk.run("remove", user, "phone", "--yes")
        #expect(
            done.output == "\"phone\" was removed; these stay: \"tablet\"."
                + " These SSH keys need a code again: \"laptop\".\n")
        #expect(try await names() == [])
        // The same if another key takes its name.
        try shelf.trust(try TrustedKeyPair(beginning: "desktop"), "desktop")
        let again = try await desk.json("add", user, "--no-confirm", "--name", "tablet")
        #expect(again["trust_ended"] as? [String] == ["desktop"])
        #expect(try await names() == [])
    }

    private func uid() throws -> UInt32 { try Account.numbers(of: user).uid }
}
