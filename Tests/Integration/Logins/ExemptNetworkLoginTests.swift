import Foundation
import TestSupport
import Testing

/// `exempt_networks` with the real sshd, which sees its client's address.
@Suite("Logins from exempt networks") struct ExemptNetworkLoginTests {
    /// Logs in from one of this machine's addresses; returns whether a code was asked for, and the
    /// log.
    private func login(
        _ fixture: LoginFixture, _ door: SSHDoor, from address: String
    ) async throws -> (isAsked: Bool, line: SystemLog.Line) {
        let before = fixture.logged(fixture.person.name).count
        let terminal = try Terminal(
            door.words(fixture.person, options: ["-o", "BindAddress=\(address)"]))
        if door.asksPassword(fixture.person) {
            try await terminal.expect("assword")
            try await terminal.type(fixture.person.password)
        }
        let met = try await terminal.expectAny([fixture.welcome, LoginFixture.Words.prompt])
        if met == 1 { terminal.child.signal(SIGKILL) }
        let line = try await patiently("a log line", within: .seconds(5)) {
            fixture.logged(fixture.person.name).dropFirst(before).first
        }
        return (met == 1, line)
    }

    /// With and without names for addresses (`UseDNS`): 127.0.0.1 has one, the others do not.
    @Test(
        "A code is asked for from an exempt network, or not from another one",
        arguments: [true, false], [["UseDNS yes"], ["UseDNS no"]])
    func firstFactorAlone(byKey: Bool, settings: [String]) async throws {
        let program =
            try byKey ? LoginProgram.sshdByKey() : LoginProgram.sshdByPassword()
        let fixture = try await LoginFixture(program)
        _ = try await fixture.enroll()
        let door = try await fixture.remoteDoor(
            "exempt_networks=127.9.0.0/16,127.0.0.1" + (byKey ? "" : " after_first_factor"),
            settings: settings)
        for (address, isExempt) in [
            ("127.9.0.0", true), ("127.9.255.254", true), ("127.10.0.1", false),
            ("127.0.0.1", true), ("127.0.0.2", false),
        ] {
            let (isAsked, line) = try await login(fixture, door, from: address)
            #expect(isAsked != isExempt, "\(address): \(line)")
            #expect(line.fields["rhost"] == address, "\(line)")
            #expect(
                line.fields["reason"] == (isExempt ? "exempt-network" : "no-answer"), "\(line)")
        }
    }

    /// PAM asks for the password, and this stack does not end with a wrong one.
    @Test("From an exempt network a user gets in without a first factor")
    func nothingProven() async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByPassword())
        _ = try await fixture.enroll()
        let door = try await fixture.remoteDoor("exempt_networks=127.9.0.0/16")
        let (isAsked, line) = try await login(fixture, door, from: "127.9.0.1")
        #expect(isAsked && line.fields["reason"] == "no-answer", "\(line)")
    }
}
