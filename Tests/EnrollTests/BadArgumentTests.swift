import Foundation
import TestSupport
import Testing

/// A wrong value for every word that a command takes: one line of error, no escape sequence, and an
/// unchanged record.
@Suite struct BadArgumentTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    /// Texts that could affect a terminal or be mistaken for something else.
    static let texts = [
        "\u{1b}[2J\u{1b}]0;owned\u{7}", "a\r\u{8}b", "\u{9b}31m", "\u{202e}txt", "x\nroot", "..",
        "../../etc/passwd", "%s%n", String(repeating: "A", count: 20_000), "-", "0", "\u{7f}",
    ]

    /// The places that take a text; "*" stands for the text.
    static let places = [
        ["status", "*"], ["add", "*", "--no-confirm"], ["codes", "*"], ["verify", "*"],
        ["remove", "*"], ["remove", "root", "*"], ["remove", "*", "phone"], ["disable", "*"],
        ["reset", "*"], ["issue", "*"], ["issue", "*", "--revoke"],
        ["issue", "root", "--valid", "*"], ["issue", "root", "--mail", "--address", "*@"],
        ["unlock", "*"], ["resync", "*"], ["resync", "--name", "*"],
        ["add", "--no-confirm", "--algorithm", "*"], ["add", "--no-confirm", "--digits", "*"],
        ["add", "--no-confirm", "--period", "*"], ["add", "--no-confirm", "--qr", "*"],
        ["add", "--no-confirm", "--hotp", "--counter", "*x"],
        ["add", "--no-confirm", "--secret-file", "/nowhere/*"],
        ["add", "--no-confirm", "--qr-file", "/nowhere/*"],
        ["import", "--from", "*", "x"], ["import", "--from", "otpauth", "/nowhere/*"],
        ["import", "--from", "otpauth", "--user", "*", "/dev/null"],
        ["import", "--from", "pskc", "--map", "/nowhere/*", "/dev/null"],
        ["import", "--from", "pskc", "--psk-file", "/nowhere/*", "/dev/null"],
        ["status", "--config", "/nowhere/*"], ["status", "root", "*"], ["unlock", "root", "*"],
        ["reset", "root", "*"], ["issue", "root", "*"], ["codes", "root", "*"],
        ["verify", "root", "*"], ["disable", "root", "*"], ["resync", "root", "*"],
        ["remove", "root", "phone", "*"], ["trusted", "root", "--revoke", "*"], ["status", "--*"],
        ["issue", "root", "--*"],
    ]

    @Test(arguments: places)
    func nothingIsDoneByABadWord(place: [String]) async throws {
        try await desk.enroll()
        try await desk.enroll("--name", "tablet")
        let before = desk.record
        for text in Self.texts {
            let arguments = place.map { $0.replacing("*", with: text) }
            let done = try await Command.run(desk.words(arguments), input: "\n\n")
            let said =
                "\(place) with \(text.prefix(20).debugDescription): \(done.errors.prefix(200))"
            #expect([1, 64].contains(done.status), "\(said)")
            #expect(done.output.isEmpty, "\(said)")
            let lines = done.errors.split(separator: "\n")
            #expect(lines.first?.hasPrefix("otp-enroll: ") == true, "\(said)")
            #expect(lines.count { $0.hasPrefix("otp-enroll:") } == 1, "\(said)")
            let isPlain = done.errors.unicodeScalars.allSatisfy {
                $0 == "\n" || (32..<127).contains($0.value) || ($0.value > 0xa0 && $0 != "\u{202e}")
            }
            #expect(isPlain, "\(said)")
            #expect(desk.record == before, "\(said)")
        }
    }

    /// Valid words in a wrong order or number.
    @Test(arguments: [
        ["reset"], ["unlock"], ["issue"], ["remove"], ["reset", "root", "root"],
        ["unlock", "root", "root"], ["codes", "root", "root"], ["verify", "root", "root"],
        ["disable", "root", "root"], ["trusted", "root", "root"], ["resync", "root", "root"],
        ["status", "root", "root"],
        ["reset", "--all"], ["unlock", "--yes", "root"], ["codes", "--valid", "1h"],
        ["trusted", "--revoke"], ["trusted", "--revoke", "x", "--revoke-all"],
        ["trusted", "--revoke-all", "--yes"], ["add", "--revoke"], ["verify", "123456", "root"],
        ["reset", "root", "--store"],
        ["issue", "root", "bin"], ["issue", "--list", "root"],
        ["issue", "root", "--list", "--revoke"],
        ["issue", "--revoke"], ["issue", "root", "--revoke", "--valid", "1h"],
        ["issue", "root", "--revoke", "--mail"], ["issue", "root", "--revoke", "--copy"],
        ["issue", "--list", "--valid", "1h"], ["issue", "--list", "--copy"],
        ["issue", "root", "--address", "a@example.com"],
        ["issue", "root", "--revoke", "--mail", "--address", "a@example.com"],
        ["issue", "root", "--mail", "--address", "a@b\nBcc: c@d"], ["issue", "root", "--yes"],
        ["list", "alice"], ["list", "--group"],
        ["add", "--no-confirm", "--counter", "5"],
        ["add", "--no-confirm", "--hotp", "--counter", "-1"],
        ["add", "--no-confirm", "--hotp", "--counter", "281474976710656"],
        ["add", "--no-confirm", "--hotp", "--counter", "99999999999999999999"],
        ["add", "--no-confirm", "--hotp", "--period", "60"],
        ["add", "--no-confirm", "--secret-file", "k", "--qr-file", "q.svg"],
        ["import"], ["import", "x"], ["import", "--from", "authy", "x"],
        ["import", "--from", "users.oath"], ["import", "--from", "otpauth", "--all", "x"],
        ["import", "--from", "google-authenticator", "--all", "--user", "root"],
        ["import", "--from", "google-authenticator", "--all", "x"],
        ["import", "--from", "google-authenticator", "x"],
        ["import", "--from", "otpauth", "--psk-file", "k", "x"],
        ["import", "--from", "google-authenticator", "--all", "--map", "m"],
        ["import", "--from", "pskc", "--map", "-", "-"], ["import", "--from", "otpauth", "x", "y"],
        ["reset", "--config", "--yes"],
    ])
    func aWrongNumberOfWordsIsWrongUsage(arguments: [String]) async throws {
        try await desk.enroll()
        let before = desk.record
        let words = [try Build.product("otp-enroll"), "--store", desk.store] + arguments
        let done = try await Command.run(words, input: "\n")
        #expect(done.status == 64 && done.output.isEmpty, "\(done.errors)")
        #expect(done.errors.split(separator: "\n").count { $0.hasPrefix("otp-enroll: ") } == 1)
        #expect(desk.record == before)
    }
}
