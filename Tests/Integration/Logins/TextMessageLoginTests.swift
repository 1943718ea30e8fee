import Foundation
import TestSupport
import Testing

/// A code by text message, from the question of a real sshd to the file of the real gateway, and back.
@Suite("A code by text message")
struct TextMessageLoginTests {
    @Test("Somebody without the app does not get in by ssh, or the same code lets them in twice")
    func bySSH() async throws {
        try Build.requireGround()
        let gateway = try await SMSTools()
        let service = try await Service(
            configuration: "deliver = sms\n", messenger: gateway.messenger.socket)
        let program = try LoginProgram.sshdByKey()
        let person = Person(try await Account.make())
        let enroll = try [Build.product("otp-enroll"), "--socket", service.socket]
        try await Command.output(enroll + ["add", person.name, "--no-confirm"])
        try await Command.output(
            enroll + ["contact", person.name, "--sms", "+49 151 12345642"])
        let server = try await SSHServer(
            methods: "publickey,keyboard-interactive:pam",
            policy: try program.policy("\(try Build.module()) socket=\(service.socket)"))
        var door = try SSHDoor(server: server, key: true, person: person)
        door.command = SSHDoor.proof

        let question = "Verification code (? to have one sent): "
        let terminal = try door.start(person)
        for typed in ["?", "s"] {
            try await terminal.expect(question)
            try await terminal.type(typed)
        }
        try await terminal.expect("A code is on its way to ...42. It is good for 10 minutes.")
        try await terminal.expect(question)
        let message = try await gateway.sent()
        let code = try #require(message.firstMatch(of: #/(?m)^\d{8}/#), "\(message)").output
        try await terminal.type(String(code))
        try await terminal.expect("inside:\(person.name).")
        let shown = await terminal.transcript
        #expect(
            shown.contains("s: have a code sent by text message to ...42"), "\(shown)")

        let again = try door.start(person)
        try await again.expect(question)
        try await again.type(String(code))
        try await again.expect("That code was already used. Wait for the next one.")
        try await gateway.end()
    }
}
