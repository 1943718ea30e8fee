import Foundation
import OTPCore
import TestSupport
import Testing

@testable import OTPImport

@Suite("Files of google-authenticator")
struct GoogleAuthenticatorTests {
    /// Has the real program write a file, and reads it.
    private func made(_ options: String...) throws -> (result: ImportResult, secret: String) {
        let folder = try Scratch()
        _ = try run(
            ["google-authenticator", "-f", "-C", "-q", "-s", folder.path + "/state"] + options)
        let bytes = try folder.read("state")
        let text = String(decoding: bytes, as: UTF8.self)
        let secret = try #require(text.split(separator: "\n").first)
        return (GoogleAuthenticatorFile.read(bytes.span, now: noon), String(secret))
    }

    @Test("A TOTP file that the program made: the phone's current code is not ours")
    func realClock() throws {
        let (result, secret) = try made("-t", "-d", "-r", "3", "-R", "30", "-w", "17")
        let token = try #require(result.tokens.first)
        #expect(result.problems == [] && result.tokens.count == 1)
        #expect(token.kind == .totp && token.algorithm == .sha1)
        #expect(token.digits == 6 && token.period == 30 && token.nextStep == 0)
        #expect(token.owner == nil)
        let shown = try run(
            ["oathtool", "--totp", "--base32", "--now=@\(noon)", "-"], input: secret + "\n")
        #expect(token.code(noonStep) == shown)
        #expect(token.notes.contains { $0.hasPrefix("5 scratch codes left behind") })
        #expect(token.notes.contains { $0.hasPrefix("WINDOW_SIZE 17") })
        #expect(token.notes.contains { $0.hasPrefix("RATE_LIMIT") })
        #expect(token.notes.count == 3)
    }

    @Test("An HOTP file that the program made: the phone's first code is not ours")
    func realCounter() throws {
        let (result, secret) = try made("-c", "-u", "-w", "3", "-e", "2")
        let token = try #require(result.tokens.first)
        #expect(token.kind == .hotp && token.nextStep == 1)
        let shown = try run(
            ["oathtool", "--hotp", "--counter=1", "--base32", "-"], input: secret + "\n")
        #expect(token.code(token.nextStep) == shown)
        #expect(token.notes.count == 1)
    }

    @Test("A file with everything: used steps are not used, or the drift is lost")
    func everything() throws {
        let bytes = try file("google_authenticator")
        let result = GoogleAuthenticatorFile.read(bytes.span, now: noon)
        let token = try #require(result.tokens.first)
        #expect(result.problems == [])
        #expect(token.keyBytes == exampleKey)
        #expect(token.nextStep == 60_000_001)
        #expect(token.drift == -2)
        #expect(
            token.notes == [
                "2 scratch codes left behind, which are short and kept in plain text: "
                    + "new backup codes take their place",
                "WINDOW_SIZE 17 is not imported: the window is one for all here",
                "RATE_LIMIT is not imported: throttling is the same for all here",
                "1 host of the grace period left behind: trust is given anew here",
            ])
        let name = try #require(Name("phone".utf8))
        let authenticator = try #require(token.authenticator(name: name, added: noon))
        #expect(authenticator.nextStep == 60_000_001 && authenticator.drift == -2)
    }

    @Test("The key is not read as the module reads it: blanks, hyphens, either case, 0 for O")
    func spellings() throws {
        let plain = googleAuthenticator("OLBAOLBAOLBAOLBAOLBAOLBAOL\n\" TOTP_AUTH\n")
        let typed = googleAuthenticator("018a-o1ba 018AO1BAOLBA\tolba0l\r\n\" TOTP_AUTH\r\n")
        let key = try #require(plain.tokens.first?.keyBytes)
        #expect(key.count == 16)
        #expect(typed.tokens.first?.keyBytes == key)
    }

    @Test("Steps more than a day ahead are kept, and lock the user out")
    func future() throws {
        let day = noonStep + 2880
        let text = exampleBase32 + "\n\" TOTP_AUTH\n\" DISALLOW_REUSE "
        #expect(googleAuthenticator(text + "\(day)\n").tokens.first?.nextStep == day + 1)
        let unsorted = googleAuthenticator(text + "60000000 59999998\n")
        #expect(unsorted.tokens.first?.nextStep == 60_000_001)
        let late = googleAuthenticator(text + "\(day + 1) 18446744073709551615 60000000\n")
        #expect(late.tokens.first?.nextStep == 60_000_001)
        #expect(
            late.tokens.first?.notes == [
                "2 used steps more than a day ahead and dropped"
            ])
    }

    @Test(
        "A file that is not one of these gives a token, or a problem without a reason",
        arguments: [
            ("", "it is empty"),
            ("\n\" TOTP_AUTH\n", "the first line has no key"),
            ("GEZD!\n\" TOTP_AUTH\n", "the key is not written in Base32"),
            (
                "GEZDGNBVGY3TQOI\n\" TOTP_AUTH\n",
                "the key is too short: 72 bits, at least 128 are needed"
            ),
            (
                String(repeating: exampleBase32, count: 4) + "\n\" TOTP_AUTH\n",
                "the key is too long: 640 bits, at most 512 can be kept"
            ),
            (exampleBase32 + "\n12345678\n", "it has neither TOTP_AUTH nor HOTP_COUNTER"),
            (
                exampleBase32 + "\n\" HOTP_COUNTER 0\n",
                "it has neither TOTP_AUTH nor HOTP_COUNTER"
            ),
            (
                exampleBase32 + "\n\" HOTP_COUNTER -1\n\" TOTP_AUTH\n",
                "HOTP_COUNTER is not a counter: -1"
            ),
            (
                exampleBase32 + "\n\" HOTP_COUNTER 99999999999999999999\n",
                "HOTP_COUNTER is not a counter: 99999999999999999999"
            ),
            (
                exampleBase32 + "\n\" TOTP_AUTH\n\" STEP_SIZE 10\n",
                "steps of 10 seconds are not supported: 15 to 120 are"
            ),
            (
                exampleBase32 + "\n\" TOTP_AUTH\n\" DISALLOW_REUSE 1 \u{1b}[2J\n",
                #"DISALLOW_REUSE lists what is not a step: \x1b[2J"#
            ),
            (exampleBase32 + "\n\" TOTP_AUTH\n\u{0}", "it has zero bytes"),
        ])
    func refused(_ text: String, _ sentence: String) {
        let result = googleAuthenticator(text)
        #expect(result.tokens.isEmpty)
        #expect(result.problems == [ImportProblem(place: .file, sentence: sentence)])
    }

    @Test("A drift that the module would never write is kept, or dropped silently")
    func wildDrift() {
        for skew in ["1501", "-1501", "x", "99999999999999999999"] {
            let result = googleAuthenticator(
                exampleBase32 + "\n\" TOTP_AUTH\n\" TIME_SKEW \(skew)\n")
            #expect(result.tokens.first?.drift == 0)
            #expect(
                result.tokens.first?.notes == ["TIME_SKEW is out of range and dropped: \(skew)"])
        }
    }
}
