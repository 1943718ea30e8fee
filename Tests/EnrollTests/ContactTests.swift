import Foundation
import TestSupport
import Testing

/// `otp-enroll contact`, typed as users, the help desk and root would.
@Suite("otp-enroll: contact")
struct ContactTests {
    /// Somebody who can have text messages sent, which are written to a file.
    private struct Scene {
        let citizen: Citizen
        let codes: [String]
        let texts: String
        private let messenger: Messenger

        init(_ policy: String = "deliver = sms\n") async throws {
            messenger = try await Messenger()
            texts = messenger.file("texts")
            let program = try messenger.program(#"{ echo "$1"; cat; echo; } >>\#(texts)"#)
            try messenger.configure("sms = \(program) {to}\n")
            citizen = try await Citizen(policy: policy, messenger: messenger)
            codes = try await citizen.enroll().codes
        }
    }

    @Test("A number is set without both codes, or a mistyped one begins it all anew")
    func ofOneself() async throws {
        let scene = try await Scene()
        let name = scene.citizen.account.name
        #expect(try await scene.citizen.run("contact").output == "No codes are sent to \(name).\n")
        let terminal = try Terminal(scene.citizen.words(["contact", "--sms", "+47 111 11 111"]))
        try await terminal.expect("Verification code: ")
        try await terminal.type(scene.codes[0])
        try await terminal.expect("a code was sent to +4711111111")
        try await terminal.expect("Code from the message: ")
        let text = try await patiently("the message") {
            let text = try? String(contentsOfFile: scene.texts, encoding: .utf8)
            return text?.contains("confirms this number") == true ? text : nil
        }
        let code = try #require(text.firstMatch(of: #/(?m)^\d{8}/#), "\(text)").output
        try await terminal.type(code == "00000000" ? "11111111" : "00000000")
        try await terminal.expect("that is not the code from the message")
        try await terminal.type(String(code))
        #expect(try await terminal.finish() == 0)
        let last = await terminal.transcript.split(whereSeparator: \.isNewline).last
        #expect(last?.hasPrefix("Codes for \(name) go by text message to +4711111111.") == true)
        let status = try await scene.citizen.run("status").output
        #expect(status.contains("Codes by text to:  +4711111111"), "\(status)")
        let json = try await scene.citizen.json("contact")
        #expect((json["contacts"] as? [[String: Any]])?.first?["kind"] as? String == "sms")
        #expect(json["deliver"] as? [String] == ["sms"])
    }

    @Test("What is no address is sent, or it is not said what an address looks like")
    func nonsense() async throws {
        let scene = try await Scene()
        for (option, text, words) in [
            ("--sms", "12", "such as +4915112345678"), ("--sms", "a@example.com", "such as +49"),
            ("--mail", "alice", "such as name@example.com"),
            ("--mail", "a@example.com\nBcc: b@example.com", "such as name@example.com"),
        ] {
            let done = try await scene.citizen.run("contact", option, text)
            #expect(done.status == 64 && done.errors.contains(words), "\(done.errors)")
        }
        let off = try await scene.citizen.run("contact", "--mail", "a@example.com")
        #expect(off.status == 1)
        #expect(off.errors.hasPrefix("otp-enroll: codes are not sent in this way here\n"))
        let none = try await scene.citizen.run("contact", "--sms", "none")
        #expect(none.status == 0, "\(none.errors)")
    }

    @Test("Root cannot set or end somebody's contact, or is not told that nothing is sent there")
    func ofRoot() async throws {
        let scene = try await Scene("")
        let name = scene.citizen.account.name
        let done = try await scene.citizen.root("contact", name, "--mail", "a@example.com")
        #expect(
            done.output == """
                Codes for \(name) go by mail to a@example.com.
                The configuration has no codes sent (`deliver`).

                """, "\(done.errors)")
        let other = try await scene.citizen.run("contact", "root")
        #expect(other.errors.hasPrefix("otp-enroll: only root "), "\(other.errors)")
        let ended = try await scene.citizen.root("contact", name, "--mail", "none")
        #expect(ended.output == "No codes are sent to \(name).\n")
    }
}
