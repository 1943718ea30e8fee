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

    @Test("A certificate that is a server's, or of a host that never joined, gets an answer")
    func certificates() async throws {
        let fleet = try await BrokenHostTests.fleet.value
        let (host, makes) = (fleet.hosts[2], try Certificates(fleet))
        let cast = try await Cast(of: fleet)
        let (server, stranger) = (try makes.server(), try await makes.host("web99"))
        let certificates: [(String, String, Set<Int>)] = [
            ("a server's", server, [0, 401]), ("of a host that never joined", stranger, [403]),
        ]
        for (what, file, statuses) in certificates {
            let intruder = BrokenHost(host, certificate: file)
            for kind in HostMatrix.StepKind.allCases {
                let answer = try await intruder.call(
                    step(kind, of: cast), about: cast.alice.name, cast.alice.number)
                #expect(statuses.contains(answer.status), "\(what), \(kind): \(answer)")
            }
            let renewal = try await intruder.post("renew", makes.request())
            #expect(statuses.contains(renewal.status), "\(what): \(renewal)")
        }
        #expect(try await fleet.audit(of: cast.alice.name).allSatisfy { $0.host == "web1" })
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
        "A revoked host is answered after five seconds or not told so, or its key counts later")
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
        let told = try await host.doctor(about: alice.name)
        #expect(told.isProblem("refuses this host"), "\(told)")
        #expect(told.findings.first?.text.contains("the host was revoked") == true, "\(told)")
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
