import TestSupport
import Testing

@testable import OTPCore

/// Questions at a client that strips everything but printable ASCII, as Dropbear's does since
/// 2026.92.
@Suite("Questions in one line")
struct OneLineQuestionTests {
    /// The questions that a login asks, as such a client shows them.
    private func shown(_ host: ScriptedHost) -> [String] {
        host.talk.filter { $0.hasPrefix("ask ") }.map { question in
            String(question.dropFirst(4).unicodeScalars.filter { (0x20...0x7e).contains($0.value) })
        }
    }

    /// A user whom sshd has authenticated, and who has to enroll.
    private func newcomer(_ answers: ScriptedHost.Typed...) -> ScriptedHost {
        let host = ScriptedHost(answers)
        host.methods = "password\n"
        return host
    }

    private func key(in question: String, before next: String) throws -> String {
        let pattern = try Regex<(Substring, Substring)>(
            ": +Key:((?: [A-Z2-7]{4}){8}) +\(next)")
        let found = try #require(question.firstMatch(of: pattern), "\(question)")
        return found.output.1.filter { $0 != " " }
    }

    @Test("The key or a backup code runs into the words next to it")
    func enrolling() throws {
        for size in [25, 97, nil] as [Int?] {
            let host = newcomer(.text("000000"), .shown(), .text(""))
            host.picture = size
            _ = host.login { $0.enroll = .require }
            let questions = shown(host)
            try #require(questions.count == 3)
            #expect(questions[0].contains(#/ for alice: +Key/#), "\(questions[0])")
            let key = try key(in: questions[0], before: "Code shown by the app")
            #expect(key == text(Base32.encode(ScriptedHost.shownKey.span)))
            #expect(questions[1].hasPrefix("That is not a code for this key. Code shown by"))
            let sheet =
                #/^"phone" is enrolled\. Backup codes.* only now: (?: +[0-9A-Z]{5}(-[0-9A-Z]{5}){2}){10} +Press Return/#
            #expect(questions[2].contains(sheet), "\(questions[2])")
        }
    }

    @Test("After a temporary code, the text about the device runs into the key")
    func replacing() throws {
        for (labels, fate) in [
            (["my phone"], "It replaces \"my phone\", which stops working. Code"),
            (["a", "b"], "It will be called \"phone\" here. Code"),
        ] {
            let host = ScriptedHost()
            var record = Record()
            for (index, label) in labels.enumerated() {
                try record.add(phone(label), key: exampleKey(of: index).span)
            }
            _ = record.makeBackupCodes()
            host.answers = [.text(record.issue()), .shown()]
            host.session = ScriptedSession(record, journal: host.journal)
            _ = host.login { $0.enrollsAfterTemporary = true }
            let question = try #require(shown(host).dropFirst().first)
            _ = try key(in: question, before: fate)
        }
    }

    @Test("The fingerprint of a key to trust runs into the question")
    func trusting() throws {
        let host = ScriptedHost()
        try host.enroll()
        host.methods = try SSHRow.methods()
        _ = host.trustingLogin(at: noon, code(noonStep), "n")
        let question = try #require(shown(host).last)
        #expect(question.contains(#/^Your SSH key: SHA256:[A-Za-z0-9+\/]{43} Skip the code/#))
    }
}
