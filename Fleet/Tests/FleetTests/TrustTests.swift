import Foundation
import TestSupport
import Testing

/// `otp-enroll trusted`, by users and by people with a role, about a key that is trusted at a login.
@Suite("Trusted keys of a fleet's users", .timeLimit(.minutes(10))) struct TrustTests {
    /// A user, and doors at web1, which may trust keys, and at web2.
    private struct Scene {
        let fleet: Fleet
        let alice: Member
        let here: Door
        let there: Door
        /// What ssh-keygen prints of the key that is trusted.
        let fingerprint: String

        /// Logs alice in at web1 with a key and a code, and has the key trusted as "laptop".
        init() async throws {
            fleet = try await Fleet.shared()
            alice = try await Member(of: fleet, "alice")
            here = try await Door.trusting(at: fleet.hosts[0])
            there = try await Door.trusting(at: fleet.hosts[1])
            let printed = try await Command.output(["ssh-keygen", "-lf", "\(here.userKey).pub"])
            fingerprint = String(try #require(printed.firstMatch(of: #/SHA256:\S+/#)).output)
            try await here.trustKey(of: alice.name, alice.phone.code(), as: "laptop")
        }

        /// Whether the key still lets alice in without a code.
        func isTrusted(otherwise code: String) async throws -> Bool {
            let outcome = try await there.login(alice.name, code, key: there.userKey)
            #expect(outcome.isIn, "\(outcome.shown)")
            return !outcome.isAsked
        }

        /// The hosts where trust was ended, and by whom.
        func ends() async throws -> [String] {
            try await fleet.audit(of: alice.name)
                .filter { $0.kind == "trust-revoked" && $0.isGranted }
                .map { "\($0.host) \($0.actor)" }
        }

        /// Runs `otp-enroll trusted` at a host, with these codes typed.
        func trusted(
            _ words: [String], by member: Member, at number: Int, _ codes: String...
        ) async throws -> Command {
            try await Command.run(
                fleet.hosts[number].enroll(["trusted"] + words, as: member.account),
                input: codes.map { $0 + "\n" }.joined())
        }
    }

    @Test("A user sees another key at another host, or cannot end its trust, or not by a code")
    func own() async throws {
        let scene = try await Scene()
        let alice = scene.alice
        var all: [String] = []
        for number in 0..<3 {
            let done = try await scene.trusted([], by: alice, at: number)
            #expect(done.status == 0, "\(done)")
            all.append(done.output)
        }
        #expect(Set(all).count == 1, "\(all)")
        #expect(all[0].contains("laptop\n  \(scene.fingerprint)\n"), "\(all[0])")
        #expect(!all[0].contains("None of them counts"), "\(all[0])")

        let words = ["--revoke", "laptop"]
        let free = try await scene.trusted(words, by: alice, at: 2)
        let wrong = try await scene.trusted(words, by: alice, at: 2, alice.phone.wrongCode())
        for done in [free, wrong] { #expect(done.status == 1 && done.output.isEmpty, "\(done)") }
        // Not with a backup code, which would end all trust by itself.
        #expect(try await scene.isTrusted(otherwise: alice.backupCodes[0]))
        let done = try await scene.trusted(words, by: alice, at: 2, alice.phone.code(steps: 1))
        #expect(
            done.output == "These SSH keys are no longer trusted: \"laptop\"."
                + " \(alice.name) trusts no SSH key.\n", "\(done)")
        #expect(try await !scene.isTrusted(otherwise: alice.backupCodes[0]))
        #expect(try await scene.ends() == ["web3 \(alice.name)"])
    }

    @Test("A helper cannot end the trust in a stolen key, or gives more or fewer than two codes")
    func helped() async throws {
        let scene = try await Scene()
        let (alice, sue) = (scene.alice, try await Member(of: scene.fleet, "sue"))
        try await scene.fleet.servers[0].command("role", sue.name, "helpdesk")
        let words = [alice.name, "--revoke-all"]
        let free = try await scene.trusted([alice.name], by: sue, at: 1)
        #expect(free.status == 1 && free.output.isEmpty, "\(free)")
        let seen = try await scene.trusted([alice.name], by: sue, at: 1, sue.backupCodes[0])
        #expect(seen.status == 0 && seen.output.contains(scene.fingerprint), "\(seen)")
        // The code that is enough to look.
        let one = try await scene.trusted(words, by: sue, at: 1, sue.backupCodes[1])
        #expect(one.status == 1 && one.output.isEmpty, "\(one)")
        // The host has not the right.
        let elsewhere = try await scene.trusted(
            words, by: sue, at: 2, sue.backupCodes[2], sue.backupCodes[3])
        #expect(elsewhere.status == 1 && elsewhere.output.isEmpty, "\(elsewhere)")
        #expect(try await scene.ends().isEmpty)
        let done = try await scene.trusted(
            words, by: sue, at: 1, sue.backupCodes[2], sue.backupCodes[3])
        #expect(
            done.output == "These SSH keys are no longer trusted: \"laptop\"."
                + " \(alice.name) trusts no SSH key.\n", "\(done)")
        #expect(try await !scene.isTrusted(otherwise: alice.backupCodes[0]))
        #expect(try await scene.ends() == ["web2 \(sue.name)"])
    }
}
