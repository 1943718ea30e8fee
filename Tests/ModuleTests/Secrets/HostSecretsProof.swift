import Foundation
import OTPCore
import TestSupport
import Testing

/// After a login its host has no trace of it in memory: no key, no code, no plain record.
@Suite("What a login leaves in its host's memory")
struct HostSecretsProof {
    /// A login, with what is typed.
    enum Kind: String, CaseIterable, Sendable {
        case right, wrong, forwarded, backup, lowerCaseBackup, wrongBackup, temporary
        case noCode = "no code"
        case trusted
    }

    /// A user whose current code does not occur in other memory by chance.
    static func enroll() async throws -> (Enrolled, code: String) {
        while true {
            let enrolled = try Enrolled(digits: 8)
            let code = try await enrolled.phone.code()
            // Backwards it is a wrong code.
            let both = [code, String(code.reversed())]
            if both.allSatisfy(SecretForm.isUnusual) { return (enrolled, code) }
        }
    }

    /// What must not be found anywhere after any of their logins.
    static func secrets(_ enrolled: Enrolled) throws -> [SecretForm] {
        let file = try Data(contentsOf: URL(fileURLWithPath: "\(enrolled.store)/seal.key"))
        let record = try enrolled.read { $0.encoded }
        let key = try enrolled.read { $0.withKey(of: 0) { Base32.encode($0) } }
        return SecretForm.key(String(decoding: key, as: UTF8.self)) + SecretForm.record(record)
            + SecretForm.binary("seal key", Array(file.dropFirst(16)))
    }

    @Test("Something of a login is left in its host's memory", arguments: Kind.allCases)
    func nothingStays(kind: Kind) async throws {
        let log = try SystemLog.shared()
        let times = Proof.count(1, long: 12)
        var searched = 0
        for _ in 0..<times {
            let (enrolled, code) = try await Self.enroll()
            let login = try await login(kind, enrolled, code)
            let forms = try Self.secrets(enrolled) + login.forms
            let host = try SecretHost(
                try enrolled.stack(login.arguments).released(enrolled.scratch),
                user: enrolled.user, login.more, questions: login.answer == nil ? 0 : 1)
            if let answer = login.answer { try await host.answer(answer) }
            try await host.stop()
            let image = try host.image
            #expect(image.places(of: forms) == [])
            searched += forms.count
            #expect(try await host.result().name == login.result)
            _ = try await log.line(containing: "pam_swiftotp(login:", "user=\(enrolled.user)")
            #expect(try log.finds(forms) == [])
        }
        try Proof.tell(
            "Secrets", "Login, \(kind.rawValue)",
            "\(times) hosts searched for \(searched) forms of the secrets: none found")
    }

    private struct Login {
        var answer: String?
        var forms: [SecretForm]
        var result = "PAM_SUCCESS"
        var arguments = ""
        var more: [String] = []
    }

    private func login(_ kind: Kind, _ enrolled: Enrolled, _ code: String) async throws -> Login {
        let backup = enrolled.backupCodes[0], plain = backup.filter { $0 != "-" }.lowercased()
        switch kind {
        case .right: return Login(answer: code, forms: SecretForm.code(code))
        case .forwarded:
            let password = SecretForm("password", Array("first fäctor ".utf8))
            return Login(
                answer: "first fäctor \(code)",
                forms: SecretForm.code(code)
                    + [SecretForm("joined answer", password.bytes + Array(code.utf8))],
                arguments: "forward_pass")
        case .wrong:
            let wrong = String(code.reversed()) == code ? "98765421" : String(code.reversed())
            return Login(
                answer: wrong, forms: SecretForm.code(wrong), result: "PAM_AUTH_ERR")
        case .backup: return Login(answer: backup, forms: SecretForm.groups(backup))
        case .lowerCaseBackup: return Login(answer: plain, forms: SecretForm.groups(backup))
        case .wrongBackup:
            let wrong = "9" + backup.dropFirst()
            return Login(
                answer: wrong, forms: SecretForm.groups(wrong), result: "PAM_AUTH_ERR")
        case .temporary:
            let code = try enrolled.issue()
            return Login(answer: code, forms: SecretForm.groups(code))
        case .noCode:
            let text = "a Password, typed at the wrong question"
            return Login(
                answer: text, forms: [SecretForm("password", Array(text.utf8))],
                result: "PAM_AUTH_ERR")
        case .trusted:
            try await enrolled.trust(LoginKey())
            return Login(forms: [], arguments: "trust=key", more: LoginKey().login)
        }
    }

    @Test("The search misses a form of a secret that is in memory")
    func eachFormIsFound() async throws {
        let (enrolled, code) = try await Self.enroll()
        let forms =
            try Self.secrets(enrolled) + SecretForm.code(code)
            + SecretForm.groups(enrolled.backupCodes[0])
        #expect(forms.count > 200)
        // As waiting answers, of which pam-dialogue keeps copies.
        let answers = forms.map { form in
            "answer " + form.bytes.map { String(format: "\\x%02x", $0) }.joined()
        }
        let host = try SecretHost(try enrolled.stack(), user: enrolled.user, plainly: answers)
        try await host.stop()
        #expect(try host.image.missing(forms.filter { $0.what != forms[0].what }) == [])
    }
}
