import Foundation
import TestSupport
import Testing

/// Nothing secret stays in the service's memory.
@Suite("swiftotpd: secrets", .timeLimit(.minutes(5)))
struct SecretTests {
    @Test("After enrolling, at a login or by otp-enroll, a key or code is in its memory")
    func memory() async throws {
        _ = try SystemLog.shared()
        let service = try await Service(
            configuration: "enroll = require\n", program: try Release.program())
        // Enrolled at a login, with a QR code, by a program of root's.
        let account = try await Account.make("secret")
        let host = try await Host(
            service.socket, name: "login",
            arguments: "store=\(service.store) enroll=require after_first_factor")
        let question = try await host.begin(account.name)
        #expect(question.contains("█"))
        let start = try #require(question.range(of: "\nKey: ")).upperBound
        let key = question[start...].prefix { $0 != "\n" }.filter { $0 != " " }
        let phone = try Phone(scanning: "otpauth://totp/x:y?secret=\(key)")
        try await phone.settle(for: 20)
        try host.type(try await phone.code())
        let sheet = try await host.question()
        #expect(try await host.answer("").name == "PAM_SUCCESS")
        var codes = sheet.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { $0.count == 17 && $0.split(separator: "-").count == 3 }
        #expect(codes.count == 10)
        #expect(try await host.login(account.name, codes[0]).name == "PAM_SUCCESS")
        #expect(try await host.login(account.name, "000000").name == "PAM_AUTH_ERR")
        // And by otp-enroll's requests, with a proof and new backup codes.
        let client = try Client(service, try await Account.make("secretive"))
        let enrolled = try await client.run("begin", "confirm =")
        let second = try #require(enrolled[0].begun?.key)
        codes += try #require(enrolled[1].codes)
        codes += try #require(
            try await client.run("codes proof \(codes[10])").last?.codes)
        try await service.rest()

        let process = try #require(service.process)
        kill(process, SIGSTOP)
        defer { kill(process, SIGCONT) }
        let image = try MemoryImage(of: process)
        var forms = SecretForm.key(String(key))
        forms += SecretForm.key(second)
        for code in codes { forms += SecretForm.groups(code) }
        #expect(image.places(of: forms) == [])
        // Something that is not secret is found, so this is the right memory.
        let store = SecretForm("the store's path", Array(service.store.utf8))
        #expect(image.missing([store]) == [])
    }
}
