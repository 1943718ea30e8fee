import Foundation
import OTPCore
import TestSupport
import Testing

/// The same for logins that show a key, for those in unprivileged programs, and for the service.
@Suite("What enrolling at a login leaves in memory, and a login in the service")
struct EnrollingSecretsProof {
    /// A complete enrollment: returns the host, and everything that was shown.
    private func enroll(
        _ enrolled: Enrolled, around: [String] = [], atPrompt: (SecretHost, String) throws -> Void
    ) async throws -> (SecretHost, forms: [SecretForm], said: String) {
        let host = try SecretHost(
            try enrolled.stack("enroll=offer").released(enrolled.scratch), user: "games",
            LoginKey().login, questions: 3, around: around)
        let question = try await host.hear("Code shown by the app")
        let phone = try InteractiveLogin.phone(typing: question)
        try atPrompt(host, phone.secret)
        try await host.answer("98765421")
        _ = try await host.hear("Code shown by the app", times: 2)
        try await host.answer(try await phone.code())
        let said = try await host.hear("Press Return")
        let codes = said.matches(of: /(?m)^    (\S+) $/).map { String($0.output.1) }
        #expect(codes.count == 10)
        try await host.answer("")
        try await host.stop()
        let forms =
            SecretForm.key(phone.secret) + SecretForm.code("98765421")
            + codes.flatMap { SecretForm.groups($0) }
        return (host, forms, said)
    }

    /// How glibc manages freed memory: with a list for each size, or merged with its neighbors.
    private static let allocators = [
        "glibc.malloc.check=0", "glibc.malloc.tcache_count=0",
        "glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0",
    ]

    @Test(
        "Something of an enrollment with a QR code is left in memory",
        arguments: allocators)
    func drawnKey(allocator: String) async throws {
        let times = Proof.count(1, long: 10)
        var searched = 0
        for _ in 0..<times {
            let enrolled = try Enrolled()
            let (host, keyForms, said) = try await enroll(
                enrolled, around: ["env", "GLIBC_TUNABLES=\(allocator)"]
            ) { _, _ in }
            let rows = said.split(separator: "\n").filter { $0.contains("▀") }
                .map { SecretForm("row", Array(String($0.dropFirst(3).prefix(16)).utf8)) }
            #expect(rows.count > 10)
            let uri = try #require(try await Camera.read(said))
            let forms =
                keyForms + rows + SecretForm.squares(try await QREncode.squares(uri))
            let places = try host.image.places(of: forms)
            #expect(places == [])
            #expect(try await host.result().name == "PAM_SUCCESS")
            searched += forms.count
        }
        guard allocator == Self.allocators[0] else { return }
        try Proof.tell(
            "Secrets", "Enrolling at a login, with a picture",
            "\(times) hosts searched for \(searched) forms of the secrets: none found")
    }

    @Test("Something of a login is left in a program that is not root, or in the service")
    func service() async throws {
        for isRight in [true, false] {
            let foreign = try await UnprivilegedHost(.nobody)
            var code = ""
            var secret = ""
            while !SecretForm.isUnusual(code) {
                let phone = try foreign.enrolled.renewKey(digits: 8)
                (code, secret) = (try await phone.code(), phone.secret)
            }
            let typed = isRight ? code : foreign.enrolled.backupCodes[0].replacing("-", with: "0")
            let scratch = foreign.enrolled.scratch
            let service = try await Service(
                store: foreign.enrolled.store, program: Build.released("swiftotpd"))
            let file = URL(fileURLWithPath: "\(foreign.stack.folder)/\(foreign.stack.service)")
            let text = try String(contentsOf: file, encoding: .utf8)
            try Data(text.replacing(scratch.file("nobody.sock"), with: service.socket).utf8)
                .write(to: file)
            let stack = try foreign.stack.released(scratch)
            let host = try SecretHost(
                stack, user: foreign.account.name, around: foreign.around)
            try await host.answer(typed)
            try await host.stop()
            let forms =
                SecretForm.key(secret)
                + (isRight ? SecretForm.code(typed) : [SecretForm("typed", Array(typed.utf8))])
            #expect(try host.image.places(of: forms) == [])
            try await patiently("the connection to end") { service.connections == 0 ? () : nil }
            let process = try #require(service.process)
            service.signal(SIGSTOP)
            let image = try MemoryImage(of: process)
            #expect(image.places(of: forms) == [], "in the service")
            #expect(
                image.places(of: try HostSecretsProof.secrets(foreign.enrolled)) == [],
                "in the service")
            #expect(try await host.result().name == (isRight ? "PAM_SUCCESS" : "PAM_AUTH_ERR"))
        }
    }
}
