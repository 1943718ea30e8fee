import Foundation
import TestSupport
import Testing

/// IPv6 clients, who have any number of addresses, with the real sshd.
@Suite("Logins by IPv6") struct NetworkLoginTests {
    private static let server = "2001:db8:0:9::1"
    private static let home = "2001:db8:0:1:", other = "2001:db8:0:2:", office = "2001:db8:0:3:"

    /// Logs in from an address with password and these answers, until the user is in or refused.
    private func login(
        _ fixture: LoginFixture, _ door: SSHDoor, network: Network, from address: String,
        answers: [String]
    ) async throws -> SystemLog.Line {
        let before = fixture.logged(fixture.person.name).count
        let options = SSHClient.options(from: address, to: Self.server, of: door.server)
        let terminal = try Terminal(
            network.words + door.words(fixture.person, options: options))
        try await terminal.expect("assword")
        try await terminal.type(fixture.person.password)
        for answer in answers {
            try await terminal.expect(LoginFixture.Words.prompt)
            try await terminal.type(answer)
        }
        _ = try await terminal.expectAny([fixture.welcome, "Permission denied"])
        let line = try await patiently("a log line", within: .seconds(5)) {
            fixture.logged(fixture.person.name).dropFirst(before).first
        }
        #expect(line.fields["rhost"] == address, "\(line)")
        return line
    }

    @Test("An address in a known network waits because of others, or counts separately")
    func networks() async throws {
        let hosts = [Self.home, Self.other, Self.office].flatMap { net in
            (1...3).map { "\(net):\($0)/64" }
        }
        let network = try await Network(hosts + ["\(Self.server)/64"])
        let fixture = try await LoginFixture(LoginProgram.sshdByPassword())
        let (phone, backupCodes) = try await fixture.enroll()
        let door = try await fixture.remoteDoor(
            "retry=3 after_first_factor exempt_networks=\(Self.office):/64", in: network)
        var guesses: [String] = []
        while guesses.count < 12 {
            let guess = try await phone.wrongCode()
            if !guesses.contains(guess) { guesses.append(guess) }
        }
        func login(_ address: String, _ answers: [String]) async throws -> SystemLog.Line {
            try await self.login(
                fixture, door, network: network, from: address, answers: answers)
        }
        let first = try await login("\(Self.home):1", [backupCodes[0]])
        #expect(first.text.contains("login granted"), "\(first)")
        // Five failures are free for all strangers together, and no address of the home network is
        // a stranger's.
        for (address, reason, index) in [
            ("\(Self.other):1", "wrong", 0), ("\(Self.other):2", "throttled", 3),
            ("\(Self.home):2", "wrong", 6), ("\(Self.home):3", "throttled", 9),
        ] {
            let line = try await login(address, Array(guesses[index..<index + 3]))
            #expect(line.fields["reason"] == reason, "\(address): \(line)")
        }
        let exempt = try await login("\(Self.office):3", [])
        #expect(exempt.fields["reason"] == "exempt-network", "\(exempt)")
    }
}
