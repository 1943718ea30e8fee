import Foundation
import OTPCore
import OTPWire
import TestSupport
import Testing

/// What somebody gets who has taken over a host: its certificate and its key, and root's rights.
@Suite("A host that was broken into", .timeLimit(.minutes(10)), .serialized)
struct BrokenHostTests {
    /// One of its own: hosts are revoked here.
    static let fleet = Task { try await Fleet() }

    /// A command in the name of a user.
    func command(
        _ command: OTPWire.Command, by user: Account, isRoot: Bool = false, proof: String? = nil
    ) throws -> FleetStep {
        try .command(
            request: Request(command, proof: proof),
            caller: FleetCaller(user: user.name, uid: number(user), isRoot: isRoot))
    }

    func number(_ user: Account) throws -> UInt32 { try Account.numbers(of: user.name).uid }

    private let device = DeviceDocument(
        name: nil, kind: "totp", algorithm: "SHA1", digits: 6, period: 30, counter: 0)

    var enrollment: EnrollmentDocument {
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

    @Test("A host brings in records five seconds after the right to was taken from it")
    func takenRight() async throws {
        let fleet = try await BrokenHostTests.fleet.value
        let (host, alice) = (fleet.hosts[1], try await Member(of: fleet))
        let intruder = BrokenHost(host)
        // Nothing is in this record, so nothing comes in.
        let step = FleetStep.bring(record: "", adds: false, rehearses: true)
        func isDenied(_ server: String) async throws -> Bool {
            let answer = try await intruder.call(
                step, about: alice.name, alice.number, server: server)
            return answer.reply == .denied(reason: .hostRight(name: "import"))
                || answer.result == .denied(reason: .right)
        }
        #expect(try await isDenied("otp1"))
        let given = try await fleet.servers[0].command(
            "hosts", host.name, "--rights", "admin,import")
        #expect(given == "web2 has the rights admin,import.\n")
        try await Task.sleep(for: .seconds(5.5))
        for server in ["otp1", "otp2"] { #expect(try await !isDenied(server), "\(server)") }
        try await fleet.servers[0].command("hosts", host.name, "--rights", "admin")
        try await Task.sleep(for: .seconds(5.5))
        for server in ["otp1", "otp2"] { #expect(try await isDenied(server), "\(server)") }
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
