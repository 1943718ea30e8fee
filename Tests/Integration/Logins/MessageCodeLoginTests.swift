import Foundation
import TestSupport
import Testing

/// Codes by message, with the real programs.
@Suite("Logins with a code by message") struct MessageCodeLoginTests {
    private static let prompt = "Verification code (? to have one sent): "

    /// Somebody with a number, a door that sends codes there, and the file that they are written to.
    private struct Scene {
        let fixture: LoginFixture
        let door: any Door
        let texts: String
        private let messenger: Messenger
        private let service: Service

        init(_ program: LoginProgram) async throws {
            messenger = try await Messenger()
            texts = messenger.file("texts")
            let sender = try messenger.program(#"{ cat; echo; } >>\#(texts)"#)
            try messenger.configure("sms = \(sender) {to}\n")
            service = try await Service(messenger: messenger.socket)
            fixture = try await LoginFixture(program)
            _ = try await fixture.enroll()
            try await fixture.command("contact", fixture.person.name, "--sms", "+4712345642")
            let module = try fixture.module(
                "deliver=sms" + (program.password ? " after_first_factor" : ""),
                by: "socket=\(service.socket) program=/nonexistent/swiftotpd")
            door = try await program.door(try program.policy(module), fixture.person)
        }
    }

    @Test(
        "A real program does not pass on what can be asked for, or the code does not log in",
        arguments: LoginProgram.all.filter { $0.letsModulesSpeak })
    func asked(program: LoginProgram) async throws {
        let scene = try await Scene(program)
        let terminal = try await scene.door.knock(scene.fixture.person)
        try await terminal.expect(Self.prompt)
        try await terminal.type("?")
        try await terminal.expect("s: have a code sent by text message to ...42")
        try await terminal.expect(Self.prompt)
        try await terminal.type("s")
        try await terminal.expect("A code is on its way to ...42. It is good for 10 minutes.")
        try await terminal.expect(Self.prompt)
        let code = try await patiently("the message", within: .seconds(30)) {
            let text = try? String(contentsOfFile: scene.texts, encoding: .utf8)
            return text?.firstMatch(of: #/^\d{8}/#).map { String($0.output) }
        }
        try await terminal.type(code)
        try await terminal.expect("inside:\(program.becomes ?? scene.fixture.person.name).")
        try await scene.fixture.expectLogged(
            "login granted", ["factor": "message-code", "sent": "sms"], after: 0, code: code)
    }

    @Test("sudo, which has modules say nothing, has a code sent that it cannot tell of")
    func silent() async throws {
        let scene = try await Scene(try #require(LoginProgram.all(of: "sudo").first))
        let outcome = try await scene.fixture.login(scene.door, code: "s")
        #expect(outcome.asked && !outcome.admitted, "\(outcome.transcript)")
        #expect(!FileManager.default.fileExists(atPath: scene.texts))
    }
}
