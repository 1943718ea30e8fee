import Foundation
import TestSupport
import Testing

/// Unprivileged users manage their trusted keys through swiftotpd.
@Suite struct OrdinaryUserTrustTests {
    private func names(_ citizen: Citizen) async throws -> [String] {
        let told = try Citizen.object(
            try await citizen.root("trusted", citizen.account.name, "--json").output)
        let keys = try #require(told["trusted"] as? [[String: Any]])
        return keys.compactMap { $0["name"] as? String }
    }

    @Test func aCodeEndsOneAndAll() async throws {
        let log = try SystemLog.shared()
        let citizen = try await Citizen()
        let user = citizen.account.name
        let phone = try await citizen.enroll().phone
        for name in ["laptop", "desktop", "tablet"] { try citizen.trust(name) }
        try await phone.settle()
        let one = try await citizen.run(
            "trusted", "--revoke", "desktop", input: try await phone.code())
        #expect(
            one.output
                == "These SSH keys are no longer trusted: \"desktop\"."
                + " These SSH keys stay trusted: \"laptop\", \"tablet\".\n",
            "\(one.errors)")
        #expect(try await names(citizen) == ["laptop", "tablet"])
        _ = try await log.line(
            containing: " swiftotpd[",
            "trust in SSH key revoked; name=\"desktop\" by=\(user) user=\(user)")
        let all = try await citizen.json(
            "trusted", "--revoke-all", input: try await phone.code(steps: 1))
        #expect(all["revoked"] as? [String] == ["laptop", "tablet"])
        #expect(try await names(citizen) == [])
        // Nothing is left, so nothing is asked.
        #expect(try await citizen.run("trusted", "--revoke-all").status == 0)
        let told = try await citizen.json("status")
        let events = try #require(told["events"] as? [[String: Any]])
        let revoked = events.filter { $0["event"] as? String == "trust-revoked" }
        #expect(revoked.map { $0["detail"] as? String } == ["", "desktop"])
        #expect(revoked.allSatisfy { $0["origin"] as? String == "otp-enroll \(user)" })
    }

    @Test func atATerminalItAsksForTheCode() async throws {
        let citizen = try await Citizen()
        let codes = try await citizen.enroll().codes
        for name in ["laptop", "desktop"] { try citizen.trust(name) }
        let terminal = try citizen.terminal("trusted", "--revoke", "laptop")
        try await terminal.expect(Citizen.question)
        // A backup code ends all of them, and the answer says so.
        try await terminal.type(codes[0])
        try await terminal.expect(
            "These SSH keys are no longer trusted: \"laptop\", \"desktop\". "
                + "\(citizen.account.name) trusts no SSH key.")
        #expect(try await terminal.finish() == 0)
        #expect(try await names(citizen) == [])
    }

    /// The proof was valid, but the trust was ended by another session in the meantime.
    @Test func whatEndedMeanwhileHasEnded() async throws {
        let citizen = try await Citizen()
        let phone = try await citizen.enroll().phone
        for name in ["laptop", "desktop"] { try citizen.trust(name) }
        let terminal = try citizen.terminal("trusted", "--revoke", "laptop")
        try await terminal.expect(Citizen.question)
        let user = citizen.account.name
        #expect(try await citizen.root("trusted", user, "--revoke", "laptop").status == 0)
        try await phone.settle()
        try await terminal.type(try await phone.code())
        try await terminal.expect(
            "These SSH keys are no longer trusted: \"laptop\"."
                + " These SSH keys stay trusted: \"desktop\".")
        #expect(try await terminal.finish() == 0)
    }
}

extension Citizen {
    /// Trusts a key of the citizen's under this name.
    func trust(_ name: String) throws {
        let start = name.prefix(8)
        try TrustShelf(store: service.store, user: account.name)
            .trust(TrustedKeyPair(beginning: String(start)), name)
    }
}
