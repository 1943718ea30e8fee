import Foundation
import TestSupport
import Testing

/// Keys of fewer than 128 bits, made by old programs: `import --allow-short-keys`.
@Suite("Short keys")
struct ShortKeyTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    private static let short = "the key is too short: 80 bits, at least 128 are needed"
    private static let hint = "Note: --allow-short-keys imports keys from 80 bits on.\n"

    @Test("A short key is imported silently, or not even if root says so, or is not marked")
    func imported() async throws {
        let (hex, token) = try Token.random(bytes: 10)
        let line = "HOTP/T30 daemon - \(hex)\n"
        let words = ["--from", "users.oath", "-"]
        for more in [[], ["--dry-run"], ["--user", "daemon"]] {
            let told = try await desk.report(words + more, input: line, status: 1)
            #expect(try told.result("daemon") == Self.short)
        }
        let done = try await Command.run(desk.words(["import"] + words), input: line)
        #expect(done.status == 1 && done.output.contains(Self.hint), "\(done.output)")
        #expect(!FileManager.default.fileExists(atPath: desk.store))

        let allowed = words + ["--allow-short-keys"]
        let rehearsed = try await desk.report(allowed + ["--dry-run"], input: line)
        #expect(try rehearsed.result("daemon") == "would be imported")
        let taken = try await Command.run(desk.words(["import"] + allowed), input: line)
        #expect(taken.status == 0, "\(taken.errors)")
        #expect(
            taken.output.contains("keys of fewer than 128 bits are marked in `status`"),
            "\(taken.output)")
        let phone = try token.phone()
        try await phone.settle()
        #expect(try await desk.verify(try await phone.code(), of: "daemon") == (true, "code"))

        let status = try await desk.json("status", "daemon")
        let apps = try #require(status["authenticators"] as? [[String: Any]])
        #expect(apps.map { $0["short_key"] as? Bool } == [true])
        let text = try await desk.run("status", "daemon").output
        #expect(text.contains("totp short key"), "\(text)")
        #expect(text.contains("`otp-enroll add --name phone daemon`"), "\(text)")
        // After a new enrollment it is like any other.
        _ = try await desk.enroll("--name", "phone", "daemon")
        #expect(try await !desk.run("status", "daemon").output.contains("short key"))
    }

    @Test("A key of fewer than 80 bits is accepted, or a short one in another way")
    func limits() async throws {
        for bytes in [9, 65] {
            let line = "HOTP/T30 daemon - \(try Token.random(bytes: bytes).hex)\n"
            let told = try await desk.report(
                ["--from", "users.oath", "--allow-short-keys", "-"], input: line, status: 1)
            #expect(told.rows.isEmpty && told.problems.count == 1)
        }
        let key = try desk.scratch.write(try Token.random(bytes: 10).hex, to: "key")
        let done = try await desk.run("add", "daemon", "--no-confirm", "--secret-file", key)
        #expect(done.status == 1, "\(done.output)")
        #expect(!FileManager.default.fileExists(atPath: desk.store))
    }

    @Test("google-authenticator's old files of 80 bits are refused even if root allows them")
    func google() async throws {
        let (_, token) = try Token.random(bytes: 10)
        let file = try desk.scratch.write(token.key + "\n\" TOTP_AUTH\n", to: "old")
        let words = ["--from", "google-authenticator", "--user", "daemon", file]
        #expect(try await desk.report(words, status: 1).result("daemon") == Self.short)
        #expect(
            try await desk.report(words + ["--allow-short-keys"]).result("daemon") == "imported")
    }
}
