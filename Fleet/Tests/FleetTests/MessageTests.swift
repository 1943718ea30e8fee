import Foundation
import OTPWire
import TestSupport
import Testing

/// Codes that servers send to users by mail or text message.
@Suite("Codes by message in a fleet", .timeLimit(.minutes(10)), .serialized)
struct MessageTests {
    private static let post = Task { try await Post() }

    /// Somebody with a telephone number, as the help desk has set it.
    private func reachable(
        _ number: String, in post: Post, with code: Int
    ) async throws -> Member {
        let member = try await Member(of: post.fleet)
        let done = try await Command.run(
            post.fleet.hosts[1].enroll(
                ["contact", member.name, "--sms", number], as: post.helper.account),
            input: post.helper.backupCodes[code] + "\n")
        guard done.status == 0 else { throw Trouble("no contact: \(done)") }
        return member
    }

    private func door(at host: Host) async throws -> Door {
        try await Door(at: host, methods: "publickey,keyboard-interactive:pam")
    }

    private let question = "Verification code (? for help): "

    @Test("A code that was sent does not log in, logs in twice, or is sent again at once")
    func story() async throws {
        let post = try await MessageTests.post.value
        let number = "+4915112345601"
        let alice = try await reachable(number, in: post, with: 0)
        let door = try await door(at: post.fleet.hosts[2])
        let terminal = try door.start(alice.name, key: door.userKey)
        try await terminal.expect(": ")
        try await terminal.type("?")
        try await terminal.expect("s: have a code sent by text message to ...01")
        try await terminal.expect(": ")
        try await terminal.type("s")
        try await terminal.expect("A code is on its way to ...01.")
        let message = try await post.message(to: number)
        #expect(message.contains("logs in \(alice.name) on web3, once"), "\(message)")
        let code = try post.code(in: message)
        try await terminal.expect(": ")
        try await terminal.type("s")
        // A minute has not passed.
        try await terminal.expect("You can have another code sent in")
        try await terminal.expect(": ")
        try await terminal.type(code)
        try await terminal.expect("inside:\(alice.name)@web3.")
        #expect(post.messages(to: number).count == 1)

        let again = try await self.door(at: post.fleet.hosts[0])
        let second = try again.start(alice.name, key: again.userKey)
        try await second.expect(": ")
        try await second.type(code)
        try await second.expect("already used")
        let rows = try await post.fleet.audit(of: alice.name)
        #expect(rows.contains { $0.kind == "code-sent" && $0.host == "web3" }, "\(rows)")
        #expect(rows.filter { $0.kind == "message" }.count == 1, "\(rows)")
        let granted = rows.filter { $0.kind == "login" && $0.isGranted }
        #expect(granted.map(\.detail) == ["message-code"], "\(granted)")
    }

    @Test("A broken host sees a code that is sent, or has more sent than one a minute")
    func brokenHost() async throws {
        let post = try await MessageTests.post.value
        let number = "+4915112345602"
        let alice = try await reachable(number, in: post, with: 1)
        let host = BrokenHost(post.fleet.hosts[2])
        let place = try JSONDecoder().decode(
            PlaceDocument.self,
            from: Data(
                #"{"service":"sshd","address":"","source":"\#(String(repeating: "0", count: 32))","isKey":false}"#
                    .utf8))
        var bodies = ""
        for server in ["otp1", "otp2", "otp1", "otp2"] {
            let answer = try await host.call(
                .sendCode(kind: "sms", place: place), about: alice.name, alice.number,
                server: server)
            #expect(answer.status == 200, "\(answer)")
            bodies += answer.body
        }
        let code = try post.code(in: try await post.message(to: number))
        #expect(!bodies.contains(code))
        try await Task.sleep(for: .seconds(2))
        #expect(post.messages(to: number).count == 1)
    }

    @Test("One host has codes sent until none is left for the others")
    func share() async throws {
        let post = try await MessageTests.post.value
        let number = "+4915112345603"
        let alice = try await reachable(number, in: post, with: 2)
        // Ten of twenty in an hour are one host's.
        let now = UInt64(Date().timeIntervalSince1970)
        try await post.fleet.primary.sql(
            """
            INSERT INTO swiftotp.audit (mark, at, server, host, realm, name, actor, kind, granted,
                detail, origin)
            SELECT 0, \(now), 'otp1', 'web2', 'main', 'somebody', '', 'message', true, '', ''
            FROM generate_series(1, 10)
            """)
        let full = try await door(at: post.fleet.hosts[1])
        let refused = try full.start(alice.name, key: full.userKey)
        try await refused.expect(": ")
        try await refused.type("s")
        try await refused.expect("oo many codes")
        let free = try await door(at: post.fleet.hosts[2])
        let sent = try free.start(alice.name, key: free.userKey)
        try await sent.expect(": ")
        try await sent.type("s")
        try await sent.expect("A code is on its way")
        _ = try await post.message(to: number)
    }

    @Test("A user says where codes go without the code that was sent there, or at any host")
    func contact() async throws {
        let post = try await MessageTests.post.value
        let alice = try await Member(of: post.fleet)
        let address = "\(alice.name)@example.com"
        let elsewhere = try await Command.run(
            post.fleet.hosts[2].enroll(["contact", "--mail", address], as: alice.account),
            input: alice.backupCodes[0] + "\n")
        #expect(elsewhere.status == 1, "\(elsewhere)")
        #expect(elsewhere.errors.contains("does not allow this at this host"), "\(elsewhere)")
        let terminal = try Terminal(
            post.fleet.hosts[0].enroll(["contact", "--mail", address], as: alice.account))
        try await terminal.expect(": ")
        try await terminal.type(alice.backupCodes[0])
        try await terminal.expect("Code from the message: ")
        let message = try await post.message(to: address)
        #expect(message.contains("To: \(address)"), "\(message)")
        try await terminal.type("00000000")
        try await terminal.expect("Code from the message: ")
        try await terminal.type(try post.code(in: message))
        #expect(try await terminal.finish() == 0)
        // Ended at any host; the old address is told.
        let ended = try await Command.run(
            post.fleet.hosts[2].enroll(["contact", "--mail", "none"], as: alice.account),
            input: alice.backupCodes[1] + "\n")
        #expect(ended.status == 0 && ended.output.contains("No codes are sent"), "\(ended)")
        _ = try await patiently("a message to the old address") {
            post.messages(to: address).first { $0.contains("no longer sent") }
        }
    }

    @Test("A change at a host is not told, is told twice, or to an address that is new")
    func notices() async throws {
        let post = try await MessageTests.post.value
        let alice = try await Member(of: post.fleet)
        let usual = "\(alice.name)@users.test"
        let added = try await post.message(to: usual)
        #expect(added.contains("this has changed on test:"), "\(added)")
        let address = "\(alice.name)@example.com"
        let set = try await Command.run(
            post.fleet.hosts[1].enroll(
                ["contact", alice.name, "--mail", address], as: post.helper.account),
            input: post.helper.backupCodes[6] + "\n")
        #expect(set.status == 0, "\(set)")
        let told = try await post.message(to: usual, after: 1)
        #expect(told.contains("this has changed on test:"), "\(told)")
        #expect(post.messages(to: address).isEmpty)
        // From then on it is the user's address.
        let removed = try await Command.run(
            post.fleet.hosts[2].enroll(["disable", "--yes"], as: alice.account),
            input: alice.backupCodes[0] + "\n")
        #expect(removed.status == 0, "\(removed)")
        _ = try await patiently("a notice to the contact") {
            post.messages(to: address).first { $0.contains("this has changed on test:") }
        }
        try await Task.sleep(for: .seconds(1))
        #expect(post.messages(to: usual).count == 2, "\(post.messages(to: usual))")
    }

    @Test("A temporary code that is mailed is seen at the host")
    func issued() async throws {
        let post = try await MessageTests.post.value
        let alice = try await Member(of: post.fleet)
        let address = "\(alice.name)@example.com"
        let done = try await Command.run(
            post.fleet.hosts[1].enroll(
                ["issue", alice.name, "--mail", "--address", address], as: post.helper.account),
            input: post.helper.backupCodes[3] + "\n")
        #expect(done.status == 0, "\(done)")
        let message = try await post.message(to: address)
        let code = try #require(
            message.firstMatch(of: #/(?m)^    ([0-9A-Z-]+)\r?$/#), "\(message)")
        #expect(!done.output.contains(code.1))
        let door = try await Door(at: post.fleet.hosts[2])
        #expect(try await door.login(alice.name, String(code.1)).isIn)
    }

    @Test("A report does not arrive, or a user who is moved on a server is not told")
    func commands() async throws {
        let post = try await MessageTests.post.value
        let (alice, server) = (try await Member(of: post.fleet), post.fleet.servers[0])
        let said = try await server.command("report", "--mail", "chief@example.com")
        #expect(said == "The report was sent to chief@example.com.\n")
        let report = try await post.message(to: "chief@example.com")
        #expect(report.contains("Subject: test: report on one-time codes"), "\(report)")
        #expect(report.contains("One-time codes in the fleet test ("), "\(report)")
        #expect(!report.contains(alice.backupCodes[0]))
        let (map, name) = ("\(server.machine.folder)/map", "new" + alice.name)
        try Data("\(alice.name) \(name)\n".utf8).write(to: URL(fileURLWithPath: map))
        try await server.command("move", "--map", map)
        let told = try await post.message(to: "\(name)@users.test")
        #expect(told.contains("this has changed on test:"), "\(told)")
    }

    @Test("A code is sent although nobody knows whether it is stored, or that nobody sends")
    func troubles() async throws {
        let post = try await MessageTests.post.value
        let numbers = ["+4915112345604", "+4915112345605"]
        let alice = try await reachable(numbers[0], in: post, with: 4)
        let bob = try await reachable(numbers[1], in: post, with: 5)
        let door = try await door(at: post.fleet.hosts[2])
        let lost = try door.start(alice.name, key: door.userKey)
        try await lost.expect(": ")
        try await post.fleet.standby.stop()
        try await lost.type("s")
        try await lost.expect("cannot be checked")
        try await Task.sleep(for: .seconds(3))
        #expect(post.messages(to: numbers[0]).isEmpty)
        try await post.fleet.standby.start()
        try await post.fleet.heal()
        for box in post.boxes { box.end() }
        let unsent = try door.start(bob.name, key: door.userKey)
        try await unsent.expect(": ")
        try await unsent.type("s")
        try await unsent.expect("could not be sent")
    }
}
