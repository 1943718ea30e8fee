import Foundation
import OTPCore
import OTPWire
import TestSupport
import Testing

/// What somebody gets who has taken over a host: its certificate and its key, and root's rights.
@Suite("A host that was broken into", .timeLimit(.minutes(10)), .serialized)
struct BrokenHostTests {
    /// One of its own: hosts are revoked here.
    private static let fleet = Task { try await Fleet() }

    /// A command in the name of a user.
    private func command(
        _ command: OTPWire.Command, by user: Account, isRoot: Bool = false, proof: String? = nil
    ) throws -> FleetStep {
        try .command(
            request: Request(command, proof: proof),
            caller: FleetCaller(user: user.name, uid: number(user), isRoot: isRoot))
    }

    private func number(_ user: Account) throws -> UInt32 { try Account.numbers(of: user.name).uid }

    private let device = DeviceDocument(
        name: nil, kind: "totp", algorithm: "SHA1", digits: 6, period: 30, counter: 0)

    private var enrollment: EnrollmentDocument {
        get throws {
            let name = try #require(Name("stolen".utf8))
            let authenticator = try #require(Authenticator(name: name, added: 1_800_000_000))
            var key = [UInt8](repeating: 7, count: 20)
            return EnrollmentDocument(
                Enrollment(
                    authenticator, key: Secret(wiping: &key), hasWishedName: false, replaced: nil,
                    isFirst: true, epoch: 0))
        }
    }

    @Test("A certificate that is none of the fleet's hosts', or is revoked, gets an answer")
    func certificates() async throws {
        let fleet = try await BrokenHostTests.fleet.value
        let (host, alice) = (fleet.hosts[2], try await Member(of: fleet))
        let makes = try Certificates(fleet)
        let certificates: [(String, String?, Set<Int>)] = [
            ("none", nil, [401]),
            ("of another authority", try await makes.foreign(), [0]),
            ("that has ended", try await makes.ended(), [0, 401]),
            ("a server's", try makes.server(), [0, 401]),
            ("of a host that never joined", try await makes.host("web99"), [403]),
        ]
        for (what, file, statuses) in certificates {
            let intruder = BrokenHost(host, certificate: file)
            for step in try steps(alice.account) {
                let answer = try await intruder.call(step, about: alice.name, alice.number)
                #expect(statuses.contains(answer.status), "\(what), \(step): \(answer)")
            }
            let renewal = try await intruder.post("renew", "{}")
            #expect(statuses.union([400]).contains(renewal.status), "\(what): \(renewal)")
        }
        #expect(try await fleet.audit(of: alice.name).allSatisfy { $0.host == "web1" })
    }

    /// One step of each kind, about a user.
    private func steps(_ user: Account) throws -> [FleetStep] {
        let print =
            String(decoding: Base64.encode([UInt8](repeating: 1, count: 32).span), as: UTF8.self)
            + "="
        let place = BrokenHost.place
        return try [
            .look(
                question: QuestionDocument(
                    AccountQuestion(key: nil, isHeard: true, wantsRecord: true, enrolls: true)),
                place: place),
            BrokenHost.judge("123456"),
            .noteLogin(keyKind: "ed25519-sk", isHeard: true, place: place),
            .hasRoom(fingerprint: print),
            .trust(
                wish: TrustWishDocument(
                    TrustWish(
                        fingerprint: [UInt8](repeating: 1, count: 32),
                        name: try #require(Name("evil".utf8)),
                        authenticator: try #require(Name("phone".utf8)), epoch: 0)),
                place: place),
            .isEnrolled, .timesPutOff, .putOff(most: 3), .newPlace,
            .enroll(enrollment: enrollment, origin: "sshd"),
            command(.status, by: user), command(.begin(device: device), by: user, isRoot: true),
            command(.verify(code: "123456"), by: user),
            command(.reset, by: user, isRoot: true),
        ]
    }

    @Test("A host without rights makes, removes or trusts something, or acts on others")
    func rights() async throws {
        let fleet = try await BrokenHostTests.fleet.value
        let (alice, bob) = (try await Member(of: fleet), try await Member(of: fleet))
        let intruder = BrokenHost(fleet.hosts[2])
        for step in try steps(alice.account) {
            let answer = try await intruder.call(step, about: alice.name, alice.number)
            #expect(answer.status == 200, "\(step): \(answer)")
            switch step {
            case .look: #expect(answer.result == .look(look: .toBeAsked), "\(answer)")
            case .judge: #expect(answer.judgement?.outcome.isAccepted == false, "\(answer)")
            case .hasRoom: #expect(answer.result == .flag(isSo: false), "\(answer)")
            case .isEnrolled: #expect(answer.result == .flag(isSo: true), "\(answer)")
            case .trust, .putOff, .newPlace, .enroll:
                #expect(answer.result == .denied(reason: .right), "\(step): \(answer)")
            case .command(let request, _):
                switch request.command {
                case .begin:
                    #expect(answer.reply == .denied(reason: .hostRight(name: "enroll")))
                case .reset: #expect(answer.reply == .denied(reason: .rootOnly), "\(answer)")
                default: break
                }
            default: break
            }
            for secret in alice.backupCodes + [alice.phone.secret] {
                #expect(!answer.body.contains(secret), "a secret in the answer to \(step)")
            }
        }
        // Nobody is a helper there, whoever they say they are.
        for other: OTPWire.Command in [
            .reset, .issue(seconds: nil, mail: nil), .unlock(after: nil), .status,
        ] {
            let answer = try await intruder.call(
                try command(other, by: bob.account, proof: bob.backupCodes[0]), about: alice.name,
                alice.number)
            #expect(answer.reply == .denied(reason: .fleetRole), "\(other): \(answer)")
        }
        // Alice has what she had, and no more.
        let door = try await Door(at: fleet.hosts[0])
        #expect(try await door.login(alice.name, alice.phone.code()).isIn)
        #expect(
            try await fleet.audit(of: alice.name).allSatisfy {
                $0.host != "web3" || !$0.isGranted || $0.detail == "security-key"
            })
    }

    @Test("A host enrolls somebody, or has a key trusted, though the servers' options forbid it")
    func policy() async throws {
        let fleet = try await BrokenHostTests.fleet.value
        let alice = try await Member(of: fleet)
        let (host, place) = (BrokenHost(fleet.hosts[0]), BrokenHost.place)
        let judged = try await host.call(
            BrokenHost.judge(alice.phone.code()), about: alice.name, alice.number)
        let judgement = try #require(judged.judgement)
        let print = [UInt8](repeating: 5, count: 32)
        func trust(_ print: [UInt8]) throws -> FleetStep {
            try .trust(
                wish: TrustWishDocument(
                    TrustWish(
                        fingerprint: print, name: #require(Name("laptop".utf8)),
                        authenticator: #require(Name("phone".utf8)), epoch: judgement.epoch)),
                place: place)
        }
        let look = FleetStep.look(
            question: QuestionDocument(
                AccountQuestion(key: print, isHeard: true, wantsRecord: true, enrolls: true)),
            place: place)
        let trusted = try await host.call(
            trust(print), about: alice.name, alice.number, permit: judgement.permit)
        #expect(trusted.result == .trusted(name: "laptop"), "\(trusted)")
        let seen = try await host.call(look, about: alice.name, alice.number)
        guard case .look(.trusted)? = seen.result else { throw Trouble("\(seen)") }

        try await fleet.setPolicy("first_enrollment = root")
        let after = try await host.call(look, about: alice.name, alice.number)
        #expect(after.result == .look(look: .toBeAsked), "\(after)")
        let another = try await host.call(
            trust([UInt8](repeating: 6, count: 32)), about: alice.name, alice.number,
            permit: judgement.permit)
        #expect(another.result == .trusted(name: nil), "\(another)")
        let new = try await Account.make("new")
        let wish = try await host.call(look, about: new.name, number(new))
        #expect(wish.result == .look(look: .mayNotEnroll), "\(wish)")
        // The host may let the user in for that.
        #expect(try await fleet.audit(of: new.name).map(\.detail) == ["not-enrolled"])
        let enrolled = try await host.call(
            .enroll(enrollment: enrollment, origin: "sshd"), about: new.name, number(new))
        #expect(enrolled.result == .denied(reason: .right), "\(enrolled)")
        try await fleet.setPolicy("trust = key")
    }

    @Test("A host hides its name from the user whom it enrolls")
    func origin() async throws {
        let fleet = try await BrokenHostTests.fleet.value
        let account = try await Account.make("new")
        let marks = "sshd at web2" + String(repeating: "\u{301}", count: 40)
        let host = BrokenHost(fleet.hosts[0])
        let enrolled = try await host.call(
            .enroll(enrollment: enrollment, origin: marks), about: account.name, number(account))
        guard case .kept(.some)? = enrolled.result else { throw Trouble("\(enrolled)") }
        let status = try await host.call(
            command(.status, by: account), about: account.name, number(account))
        #expect(status.body.contains(" at web1"), "\(status)")
    }

    @Test("A permit counts at another host, for another user, or if it was changed")
    func permits() async throws {
        let fleet = try await BrokenHostTests.fleet.value
        let (alice, bob) = (try await Member(of: fleet), try await Member(of: fleet))
        let (first, second) = (BrokenHost(fleet.hosts[0]), BrokenHost(fleet.hosts[1]))
        let judged = try await first.call(
            BrokenHost.judge(alice.backupCodes[0]), about: alice.name, alice.number)
        let permit = try #require(judged.judgement?.permit)
        func newPlace(_ host: BrokenHost, _ user: Member, _ permit: String?) async throws
            -> FleetReply.Result?
        {
            try await host.call(.newPlace, about: user.name, user.number, permit: permit).result
        }
        let place = try await newPlace(first, alice, permit)
        guard case .newPlace? = place else {
            Issue.record("a good permit is refused: \(String(describing: place))")
            return
        }
        let refused = FleetReply.Result.denied(reason: .right)
        #expect(try await newPlace(second, alice, permit) == refused)
        #expect(try await newPlace(first, bob, permit) == refused)
        #expect(try await newPlace(first, alice, nil) == refused)
        #expect(try await newPlace(first, alice, String(permit.reversed())) == refused)
        #expect(try await newPlace(first, alice, "AAAA" + permit.dropFirst(4)) == refused)
    }

    @Test("One code of a helper does two acts, if a host sends the same request id again")
    func oneAct() async throws {
        let fleet = try await BrokenHostTests.fleet.value
        let (sue, alice) = (try await Member(of: fleet), try await Member(of: fleet))
        let (bob, carol) = (try await Member(of: fleet), try await Member(of: fleet))
        try await fleet.servers[0].command("role", sue.name, "admin")
        let (intruder, id) = (BrokenHost(fleet.hosts[1]), BrokenHost.newID())
        func act(
            _ command: OTPWire.Command, on member: Member, proof: String, server: String = "otp1"
        ) async throws -> BrokenHost.Answer {
            try await intruder.call(
                self.command(command, by: sue.account, proof: proof), about: member.name,
                member.number, id: id, server: server)
        }
        let issue = OTPWire.Command.issue(seconds: nil, mail: nil)
        let first = try await act(issue, on: alice, proof: sue.backupCodes[0])
        guard case .done? = first.reply else { throw Trouble("not issued: \(first)") }
        // The same bytes have the same answer, and nothing is done again.
        for server in ["otp2", "otp1"] {
            let again = try await act(
                issue, on: alice, proof: sue.backupCodes[0], server: server)
            #expect(again == first, "\(server): \(again)")
        }
        for proof in ["1", sue.backupCodes[0]] {
            for (command, member) in [(issue, bob), (.reset, alice), (.reset, carol)] {
                let other = try await act(command, on: member, proof: proof)
                if case .done? = other.reply {
                    Issue.record("\(command) of \(member.name) without a code: \(other)")
                }
            }
        }
        // Once somebody else has changed the row, the answer is gone; the act is not done again.
        #expect(try await Door(at: fleet.hosts[0]).login(alice.name, alice.phone.code()).isIn)
        let late = try await act(issue, on: alice, proof: sue.backupCodes[0])
        if case .done? = late.reply { Issue.record("done again: \(late)") }
        for member in [alice, bob, carol] {
            let acts = try await fleet.audit(of: member.name)
                .filter { $0.actor == sue.name && $0.isGranted }
            #expect(acts.count == (member.name == alice.name ? 1 : 0), "\(acts)")
        }
    }

    @Test("Wrong codes at one host make their user wait at another, or it fails in another's name")
    func waits() async throws {
        let fleet = try await BrokenHostTests.fleet.value
        let alice = try await Member(of: fleet)
        let intruder = BrokenHost(fleet.hosts[2])
        for _ in 0..<12 {
            _ = try await intruder.call(
                BrokenHost.judge(alice.phone.wrongCode()), about: alice.name, alice.number)
        }
        let own = try await intruder.call(
            BrokenHost.judge(alice.phone.code()), about: alice.name, alice.number)
        #expect(own.judgement?.outcome.reason == "throttled", "\(own)")
        for host in [fleet.hosts[0], fleet.hosts[1]] {
            let answer =
                host === fleet.hosts[0] ? try await alice.phone.code() : alice.backupCodes[1]
            #expect(try await Door(at: host).login(alice.name, answer).isIn, "\(host.name)")
        }
        let rows = try await fleet.audit(of: alice.name)
        #expect(
            rows.filter { !$0.isGranted && $0.kind == "login" }.allSatisfy { $0.host == "web3" })
    }

    @Test("A flood of guesses has no end, keeps others out, or cannot be ended by an admin")
    func flood() async throws {
        let fleet = try await BrokenHostTests.fleet.value
        let alice = try await Member(of: fleet)
        let intruder = BrokenHost(fleet.hosts[2])
        var members: [Member] = []
        // Five guesses are free for each user; the budget is 300.
        for _ in 0..<4 { members.append(try await Member(of: fleet)) }
        _ = try await fleet.primary.sql(
            "UPDATE swiftotp.hosts SET budget = 60 WHERE name = 'web3' RETURNING budget")
        var statuses: [Int] = []
        for member in members {
            for _ in 0..<5 {
                let answer = try await intruder.call(
                    BrokenHost.judge(member.phone.wrongCode()), about: member.name,
                    member.number)
                statuses.append(answer.status)
            }
        }
        // One comes back in six seconds.
        #expect(statuses.contains(200) && statuses.contains(429), "\(statuses)")
        #expect(statuses.count { $0 == 200 } <= 15, "\(statuses)")
        // Not even a right code, at either server.
        _ = try await fleet.primary.sql(
            "UPDATE swiftotp.hosts SET budget = -600 WHERE name = 'web3' RETURNING budget")
        for server in ["otp1", "otp2"] {
            let answer = try await intruder.call(
                BrokenHost.judge(alice.phone.code()), about: alice.name, alice.number,
                server: server)
            #expect(answer.status == 429, "\(server): \(answer)")
        }
        #expect(try await Door(at: fleet.hosts[0]).login(alice.name, alice.phone.code()).isIn)
        try await fleet.servers[0].command("hosts", "--release", "web3")
        try await Task.sleep(for: .seconds(6))
        let after = try await intruder.call(
            BrokenHost.judge(alice.backupCodes[0]), about: alice.name, alice.number)
        #expect(
            after.judgement?.outcome.isAccepted == true, "\(after) \(fleet.servers[0].said)")
    }

    @Test(
        "A revoked host is answered after five seconds, or its key when the host has joined again")
    func revoked() async throws {
        let fleet = try await BrokenHostTests.fleet.value
        let (host, alice) = (fleet.hosts[2], try await Member(of: fleet))
        let old = try Certificates(fleet).copy(of: host)
        let intruder = BrokenHost(host, certificate: old)
        #expect(try await intruder.call(.isEnrolled, about: alice.name, alice.number).status == 200)
        try await fleet.servers[0].command("hosts", "--revoke", host.name)
        try await Task.sleep(for: .seconds(5.5))
        for server in ["otp1", "otp2"] {
            let answer = try await intruder.call(
                .isEnrolled, about: alice.name, alice.number, server: server)
            #expect(answer.status == 403, "\(server): \(answer)")
            let ping = try await intruder.ping(server: server)
            #expect(ping.status == 403 && !ping.body.contains("ready"), "\(server): \(ping)")
        }
        host.killAgent()
        try await fleet.join(host, rights: "")
        try await Task.sleep(for: .seconds(5.5))
        #expect(
            try await BrokenHost(host).call(.isEnrolled, about: alice.name, alice.number).status
                == 200)
        for server in ["otp1", "otp2"] {
            let answer = try await intruder.call(
                .isEnrolled, about: alice.name, alice.number, server: server)
            #expect(answer.status == 403, "the old key, \(server): \(answer)")
        }
    }

    @Test("A thief of a host's key, who never stops to renew, is answered after it joined again")
    func joinedAgain() async throws {
        let fleet = try await BrokenHostTests.fleet.value
        let (host, alice) = (fleet.hosts[2], try await Member(of: fleet))
        let makes = try Certificates(fleet)
        let (old, request) = (try makes.copy(of: host), try await makes.request())
        let intruder = BrokenHost(host, certificate: old)
        // Both servers have the host's row in their memory.
        for server in ["otp1", "otp2"] {
            let answer = try await intruder.call(
                .isEnrolled, about: alice.name, alice.number, server: server)
            #expect(answer.status == 200, "\(answer)")
        }
        host.killAgent()
        try await fleet.join(host, rights: "")
        for server in ["otp1", "otp2"] {
            let answer = try await intruder.post("renew", request, server: server)
            #expect(answer.status == 403, "\(server): \(answer)")
            let own = try await BrokenHost(host).call(
                .isEnrolled, about: alice.name, alice.number, server: server)
            #expect(own.status == 200, "\(server): \(own)")
        }
        try await Task.sleep(for: .seconds(5.5))
        for server in ["otp1", "otp2"] {
            let answer = try await intruder.call(
                .isEnrolled, about: alice.name, alice.number, server: server)
            #expect(answer.status == 403, "\(server): \(answer)")
        }
    }

    @Test("A server's memory, which has the master key, is open to core files or debuggers")
    func memory() async throws {
        _ = try await BrokenHostTests.fleet.value
        let found = try await Command.output(["pgrep", "-f", "swiftotp-server serve"])
        let servers = found.split(separator: "\n").map(String.init)
        #expect(servers.count >= 2)
        let bare = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "sh", "-c"]
        for server in servers {
            let limits = try await Command.output(["grep", "Max core", "/proc/\(server)/limits"])
            #expect(limits.split(separator: " ").contains("0"), "\(limits)")
            let script = "dd if=/proc/\(server)/mem bs=1 count=0 status=none"
            #expect(try await Command.run(bare + [script]).status != 0)
        }
    }

    @Test("Bytes that are no call end a server, or are judged")
    func garbage() async throws {
        let fleet = try await BrokenHostTests.fleet.value
        let intruder = BrokenHost(fleet.hosts[2])
        let texts = [
            "", "{}", "null", "[[[[[[[[[[[[[[[[[[[[[[", "{\"version\":1}", "\u{0}",
            "{\"version\":2,\"user\":\"x\",\"step\":{\"isEnrolled\":{}}}",
            "{\"version\":1,\"user\":\"x\",\"uid\":-1,\"step\":{\"isEnrolled\":{}}}",
            "{\"version\":1,\"user\":\"x\",\"uid\":1,\"step\":{\"isEnrolled\":{}},\"more\":1}",
            "{\"version\":1,\"user\":\"x\",\"uid\":1,\"step\":{\"unknown\":{}}}",
            String(repeating: "a", count: 32_000),
        ]
        for text in texts {
            let answer = try await intruder.post("call", text)
            #expect(answer.status == 400, "\(text.prefix(60)): \(answer)")
        }
        #expect(
            try await intruder.post("call", String(repeating: "a", count: 40_000)).status == 413)
        #expect(try await intruder.post("call", "{}", id: "00").status == 400)
        let odd = try await intruder.call(.isEnrolled, about: "'; DROP TABLE users; --", 1)
        #expect(odd.result == .flag(isSo: false), "\(odd)")
        #expect(try await intruder.call(.isEnrolled, about: "a\u{0}b", 1).status == 200)
    }
}
