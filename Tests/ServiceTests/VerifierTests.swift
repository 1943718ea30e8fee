import Foundation
import TestSupport
import Testing

/// Programs that check others' codes without being root's.
@Suite("swiftotpd: may_verify", .timeLimit(.minutes(5)))
struct VerifierTests {
    private struct Place {
        let service: Service
        /// The program's user, and somebody who logs in by it.
        let server: Client
        let alice: Client
        let codes: [String]

        init(_ policy: String = "", service name: String = "") async throws {
            let account = try await Account.make("server")
            service = try await Service(
                configuration: "may_verify = \(account.name)\(name)\n" + policy)
            server = try Client(service, account)
            alice = try Client(service, try await Account.make("alice"))
            codes = try await alice.enroll()
        }

        /// How a login ends.
        func end(_ client: Client, as service: String = "postgresql", _ code: String)
            async throws -> Int?
        {
            let login = "login \(client.user) \(service)"
            return try await server.run(login, "answer \(code)")
                .compactMap(\.end).first
        }
    }

    @Test("A listed program does not let the right code in, or a used or wrong one")
    func codes() async throws {
        let log = try SystemLog.shared()
        let place = try await Place()
        #expect(try await place.end(place.alice, place.codes[0]) == 0)
        #expect(try await place.end(place.alice, place.codes[0]) == 1)
        #expect(try await place.end(place.alice, "123456") == 1)
        let end = "service=postgresql tty= rhost= user=\(place.alice.user) by=\(place.server.user)"
        _ = try await log.line(containing: "login granted; factor=backup-code", end)
        _ = try await log.line(containing: "authentication failure; reason=wrong", end)
        // It may do nothing else for her.
        let replies = try await place.server.run(
            "about \(place.alice.user)", "status", "verify 123456", "codes")
        #expect(replies.allSatisfy { $0.why == "rootOnly" })
        // She still hears at a login of her own that somebody was let in.
        let status = try await place.alice.run("status")
        #expect(status[0].account?.backupCodesLeft == 9)
    }

    @Test("It serves another service than the listed one, or another user's program")
    func others() async throws {
        let place = try await Place("", service: "/postgresql")
        #expect(try await place.end(place.alice, as: "sshd", place.codes[0]) == 3)
        #expect(try await place.end(place.alice, as: "postgresql", place.codes[0]) == 0)
        let mallory = try Client(place.service, try await Account.make("mallory"))
        let replies = try await mallory.run("login \(place.alice.user) postgresql")
        #expect(replies[0].end == 3)
    }

    @Test("Root or a member of the help desk gets in by it, or looks different from nobody")
    func hidden() async throws {
        let group = "desk" + UUID().uuidString.prefix(8).lowercased()
        try await Account.group(group)
        let place = try await Place("helpdesk_group = \(group)\n")
        let sue = try Client(place.service, try await Account.make("sue", groups: [group]))
        let sues = try await HelpDesk.enroll(sue.user, at: place.service)
        let root = try Client.root(place.service)
        let roots = try await root.enroll()
        var seen: [[String]] = []
        for (user, code) in [(sue.user, sues[0]), ("root", roots[0]), ("no-such-user", sues[1])] {
            let replies = try await place.server.run("login \(user) postgresql", "answer \(code)")
            #expect(replies[0].question != nil && replies[1].end == 1)
            seen.append(replies.flatMap { $0.frames?.map(\.kind) ?? [] })
        }
        #expect(Set(seen).count == 1)
        #expect(try await sue.run("status")[0].account?.backupCodesLeft == 10)
        #expect(try await root.run("status")[0].account?.backupCodesLeft == 10)
    }

    @Test("It enrolls somebody, or lets somebody in whom it says to be exempt")
    func claims() async throws {
        let place = try await Place("enroll = require\nfirst_enrollment = open\n")
        let bob = try Client(place.service, try await Account.make("bob"))
        for words in ["after_first_factor", "nullok", "exempt_group=users", "enroll=offer nullok"] {
            let replies = try await place.server.run(
                "login \(bob.user) postgresql \(words)", "answer 123456")
            #expect(replies[0].question == "Verification code: ", "\(words)")
            #expect(replies[1].end == 1, "\(words)")
        }
        #expect(try bob.record.isEmpty)
    }

    @Test("Wrong codes by it keep somebody out of their own screen, or a new name starts afresh")
    func failures() async throws {
        let place = try await Place()
        // She has used a code on this machine, which is a place of hers from then on.
        let lock = "login \(place.alice.user) swaylock"
        #expect(try await place.alice.run(lock, "answer \(place.codes[0])")[1].end == 0)
        for number in 0..<6 {
            #expect(try await place.end(place.alice, as: "s\(number)", "99999\(number)") == 1)
        }
        // Its sixth was not looked at, and neither is a right one now.
        #expect(try await place.end(place.alice, as: "fresh", "000000") == 1)
        #expect(try await place.alice.run("status")[0].account?.failures == 5)
        #expect(try await place.alice.run(lock, "answer \(place.codes[1])")[1].end == 0)
    }
}
