import Foundation
import TestSupport
import Testing

/// An unprivileged program, beyond its return codes (docs/RESULTS.md).
@Suite("In a program that is not root")
struct UnprivilegedHostTests {
    private static let unavailable =
        "The code cannot be checked right now. Please tell your administrator."

    @Test("an answer that is not believed from another user's service is not believed from root's")
    func believed() async throws {
        let host = try await UnprivilegedHost(.fake(.asks(ReturnCodes.asks, then: "0002 49 00")))
        try await host.expect("123456", "PAM_SUCCESS")
        let door = try await UnprivilegedHost(.fake(.sends(ReturnCodes.no)), "nullok")
        let result = try await door.stack.login(door.account.name, [], around: door.around)
        #expect(result.name == Stack.ignored)
    }

    @Test(
        "a silent, slow or unreachable service is waited for longer than 20 s",
        arguments: [
            .silent, .stops(ReturnCodes.welcome), .drips(ReturnCodes.welcome + "7fff"), .full,
        ] as [FakeService])
    func bounded(_ manner: FakeService) async throws {
        let host = try await UnprivilegedHost(.fake(manner))
        let begin = ContinuousClock.now
        let result = try await host.stack.login(host.account.name, [], around: host.around)
        // Including the time that a busy machine takes to start and end it.
        #expect(ContinuousClock.now - begin < .seconds(50))
        #expect(result.name == "PAM_AUTHINFO_UNAVAIL")
        #expect(result.said == [Self.unavailable])
    }

    @Test("vlock without its setuid bit does not accept its user's code")
    func vlock() async throws {
        let systemLog = try SystemLog.shared()
        let host = try await UnprivilegedHost()
        let service = host.stack.folder + "/" + host.stack.service
        let policy = try Policy()
        try policy.write([String(contentsOfFile: service, encoding: .utf8)], service: "vlock")
        // As under systemd's NoNewPrivileges=yes: the setuid bit has no effect.
        let terminal = try Terminal(
            policy.running(
                ["setpriv", "--no-new-privs"] + host.account.running(["vlock", "-c"])))
        try await terminal.expect("[ENTER] to unlock.")
        try await terminal.type("")
        try await terminal.expect("Verification code")
        try await terminal.type(try await host.enrolled.wrongCode())
        try await terminal.expect("That code was not accepted.")
        // Then it tries root, whose code only root can check.
        try await terminal.expect(Self.unavailable)
        _ = try await systemLog.line(
            containing: "vlock", "only root can check the code of another user", "user=root")
        try await terminal.expect("[ENTER] to unlock.")
        try await terminal.type("")
        try await terminal.expect("Verification code")
        try await terminal.type(try await host.enrolled.phone.code())
        #expect(try await terminal.finish() == 0)
        _ = try await systemLog.line(
            containing: "pam_swiftotp(vlock:", "login granted", "user=\(host.account.name)")
    }
}
