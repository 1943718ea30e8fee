import Foundation
import TestSupport
import Testing

/// Enrolling in a fleet: at hosts with the right, by otp-enroll and at a login.
@Suite("Enrolling in a fleet", .timeLimit(.minutes(10))) struct EnrollTests {
    private static let app = "Code shown by the app"
    private static let sheet = "Press Return when you have saved them: "

    @Test(
        "Nobody enrolls at a login of a host with the right, or the device is of no use at others")
    func atLogin() async throws {
        let fleet = try await Fleet.shared()
        let account = try await Account.make("new")
        let methods = "publickey,keyboard-interactive:pam"
        let door = try await Door(
            at: fleet.hosts[0], ["auth required module enroll=require qr_services=SERVICE"],
            methods: methods)
        let terminal = try door.start(account.name, key: door.userKey)
        try await terminal.expect(EnrollTests.app)
        let phone = try Member.phone(in: await terminal.transcript)
        try await terminal.type(try await phone.lastCode())
        try await terminal.expect(EnrollTests.sheet)
        let codes = Member.backupCodes(in: await terminal.transcript)
        #expect(codes.count == 10)
        try await terminal.type("")
        try await terminal.expect("inside:\(account.name)@web1.")

        let other = try await Door(at: fleet.hosts[2])
        #expect(try await other.login(account.name, phone.code()).isIn)
        #expect(try await other.login(account.name, codes[9]).isIn)
        #expect(
            try await fleet.audit(of: account.name).filter { $0.kind == "enroll" }
                .map { "\($0.host) \($0.isGranted)" } == ["web1 true"])
    }

    @Test("A host without the right enrolls somebody at a login")
    func atLoginWithoutRight() async throws {
        let fleet = try await Fleet.shared()
        let account = try await Account.make("new")
        let door = try await Door(
            at: fleet.hosts[2], ["auth required module enroll=require qr_services=SERVICE"],
            methods: "publickey,keyboard-interactive:pam")
        let outcome = try await door.login(account.name, "123456", key: door.userKey)
        #expect(!outcome.isIn && !outcome.shown.contains(EnrollTests.app), "\(outcome.shown)")
        #expect(outcome.shown.contains("You need an authenticator"), "\(outcome.shown)")
        #expect(try await Self.isEnrolled(account, at: fleet.hosts[2]) == false)
    }

    @Test("otp-enroll's QR code enrolls nobody at a host with the right")
    func byCommand() async throws {
        let fleet = try await Fleet.shared()
        let account = try await Account.make("new")
        let screen = try await Screen(fleet.hosts[0].enroll(["add", "--qr", "utf8"], as: account))
        let phone = try await screen.phone()
        #expect(phone.label.hasSuffix(account.name))
        try await screen.type(try await phone.lastCode())
        #expect(try await screen.backupCodes().count == 10)
        #expect(try await screen.finish() == 0)
        let door = try await Door(at: fleet.hosts[2])
        #expect(try await door.login(account.name, phone.code()).isIn)
        await screen.close()
    }

    @Test(
        "otp-enroll enrolls at a host without the right, does not say what to do, or is unnoticed",
        arguments: [1, 2])
    func byCommandWithoutRight(at number: Int) async throws {
        let fleet = try await Fleet.shared()
        let account = try await Account.make("new")
        let host = fleet.hosts[number]
        let terminal = try Terminal(host.enroll(["add"], as: account))
        #expect(try await terminal.finish() == 1)
        let shown = await terminal.transcript.replacing(#/\s+/#, with: " ")
        #expect(shown.contains("the fleet does not allow this at this host"), "\(shown)")
        #expect(shown.contains("do it at a host that has the right \"enroll\""), "\(shown)")
        #expect(try await Self.isEnrolled(account, at: host) == false)
        let rows = try await fleet.audit(of: account.name).filter { $0.kind == "begun" }
        #expect(
            rows.map { "\($0.host) \($0.actor) \($0.isGranted) \($0.detail)" }
                == ["\(host.name) \(account.name) false hostRight enroll"], "\(rows)")
    }

    /// Whether the fleet knows a user as enrolled, as they hear it at a host.
    static func isEnrolled(_ account: Account, at host: Host) async throws -> Bool {
        struct Status: Decodable { let enrolled: Bool }
        let output = try await Command.output(host.enroll(["status", "--json"], as: account))
        return try JSONDecoder().decode(Status.self, from: Data(output.utf8)).enrolled
    }
}
