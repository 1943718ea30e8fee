import Foundation
import OTPCore
import TestSupport
import Testing

@testable import OTPImport

@Suite("What a stranger may have written")
struct HostileTests {
    // MARK: Lines

    @Test("A hundred thousand bad lines: a thousand are named, the others counted, no key lost")
    func manyLines() {
        var text = String(repeating: "HOTP/T30 x\n", count: 50_000)
        text += "HOTP alice - \(exampleHex)\n"
        text += String(repeating: "NONE x\n", count: 50_000)
        let result = usersOATH(text)
        #expect(result.tokens.map { $0.owner?.printable } == ["alice"])
        #expect(result.tokens.map(\.place) == [.line(50_001)])
        #expect(result.problems.count == 1000 && result.problemsLeftOut == 99_000)
    }

    @Test("More tokens than anybody has: the rest is left, and so said")
    func manyTokens() {
        let line = "HOTP a - \(exampleHex)\n"
        let result = usersOATH(String(repeating: line, count: 100_002))
        #expect(result.tokens.count == 100_000)
        #expect(
            result.problems.map(\.description) == [
                "line 100001: more than 100000 tokens; the rest is left"
            ])
    }

    @Test("Too large a file is not read at all; one of the limit is")
    func size() {
        let line = "HOTP alice - \(exampleHex)\n"
        let room = String(repeating: "#", count: ImportLimits.fileSize - line.utf8.count)
        for read in [uris, csv, { usersOATH($0) }, { pskc($0) }] {
            #expect(
                read(line + room + "#").problems.map(\.description) == [
                    "the file: it is larger than 8388608 bytes"
                ])
        }
        #expect(usersOATH(line + room).tokens.count == 1)
    }

    @Test("Overlong lines and fields are refused, and shown cut")
    func overlong() {
        let long = String(repeating: "a", count: 257)
        #expect(
            usersOATH("HOTP \(long) - \(exampleHex)\n").problems.map(\.description) == [
                "line 1: the user name is longer than 256 bytes"
            ])
        let huge = String(repeating: "b", count: 8193)
        #expect(
            usersOATH("\(huge)\nHOTP a - \(exampleHex)\n").problems.map(\.description) == [
                "line 1: longer than 8192 bytes"
            ])
        let type = usersOATH("\(huge.prefix(100)) a - \(exampleHex)\n").problems.first?.sentence
        #expect(type == "the type is not supported: " + String(huge.prefix(80)) + "...")
    }

    @Test("A user name with a zero or another control byte is refused, in every format")
    func controls() {
        for byte in ["\u{0}", "\u{1}", "\u{1b}", "\u{7f}"] {
            let name = "root\(byte)x"
            let shown = "root\\x" + (byte == "\u{7f}" ? "7f" : byte == "\u{1b}" ? "1b" : "0")
            for result in [
                usersOATH("HOTP \(name) - \(exampleHex)\n"),
                csv("# version: 2\n\(name),,,S1,\(exampleHex)\n"),
                uris("otpauth://totp/\(name)?secret=\(exampleBase32)\n"),
            ] {
                #expect(result.tokens.isEmpty)
                #expect(
                    result.problems.allSatisfy {
                        $0.sentence.contains("has control characters: \(shown)")
                    })
                #expect(result.problems.count == 1)
            }
        }
    }

    // MARK: Anything

    /// Nothing that a file says may leave a result in any other shape.
    private func check(_ result: ImportResult) {
        #expect(result.tokens.count <= ImportResult.maximumTokens)
        #expect(result.problems.count <= ImportResult.maximumProblems)
        let printable = { (text: String) in text.utf8.allSatisfy { (0x20...0x7e).contains($0) } }
        for token in result.tokens {
            #expect(HOTP.keyLengthRange.contains(token.key.count))
            #expect(HOTP.digitsRange.contains(token.digits))
            #expect(TOTP.periodRange.contains(token.period))
            #expect(token.drift.magnitude <= 1500 && token.nextStep <= UInt64(Int64.max))
            #expect(token.notes.count <= 16 && token.notes.allSatisfy { $0.utf8.count < 500 })
            for text in [token.owner, token.issuer, token.serial].compactMap(\.self) {
                #expect((1...256).contains(text.bytes.count) && printable(text.printable))
            }
            #expect(token.notes.allSatisfy(printable) && printable(token.place.text))
        }
        for problem in result.problems {
            #expect(printable(problem.description) && problem.description.utf8.count < 1000)
        }
    }

    @Test(
        "Thousands of damaged files: no trap, and every result within its bounds",
        arguments: [
            "google_authenticator", "users.oath", "uris.txt", "tokens-v1.csv", "tokens-v2.csv",
            "plain.xml", "encrypted.xml",
        ])
    func damaged(_ name: String) throws {
        let original = try file(name)
        var generator = Seeded(UInt64(original.count))
        let key = KeyBox(Secret(copying: [UInt8](0..<16).span))
        var (read, refused) = (0, 0)
        for _ in 0..<2000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                damage(&bytes, &generator)
            }
            let result: ImportResult
            switch name {
            case "google_authenticator":
                result = GoogleAuthenticatorFile.read(bytes.span, now: noon)
            case "users.oath": result = UsersOATH.read(bytes.span, now: noon, unixTime: utc)
            case "uris.txt": result = KeyURIList.read(bytes.span)
            case "tokens-v1.csv", "tokens-v2.csv": result = PrivacyIDEACSV.read(bytes.span)
            default: result = PSKCFile.read(bytes.span, preSharedKey: key)
            }
            check(result)
            read += result.tokens.count
            refused += result.problems.count
        }
        // The damage is neither so small nor so large that it tests nothing.
        #expect(read > 200 && refused > 200)
    }

    private func damage(_ bytes: inout [UInt8], _ generator: inout Seeded) {
        guard !bytes.isEmpty else { return }
        let at = Int.random(in: 0..<bytes.count, using: &generator)
        let end = min(bytes.count, at + Int.random(in: 1...40, using: &generator))
        switch Int.random(in: 0..<7, using: &generator) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 2: bytes.removeSubrange(at..<end)
        case 3: bytes.insert(contentsOf: bytes[at..<end], at: at)
        case 4 where at > bytes.count / 2: bytes.removeSubrange(at...)
        case 5: bytes.insert(contentsOf: ascii("99999999999999999999"), at: at)
        default:
            let pieces = [
                "\u{0}", "\n", "\"", " ", "%", ",", "<", "&", "]]>", "\u{202e}", "=", "-",
            ]
            bytes.insert(contentsOf: ascii(pieces.randomElement(using: &generator) ?? ""), at: at)
        }
    }

    @Test("Random bytes are no file of any format")
    func noise() {
        var generator = Seeded(1)
        for length in 0..<400 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            for result in [
                GoogleAuthenticatorFile.read(bytes.span, now: noon),
                UsersOATH.read(bytes.span, now: noon, unixTime: utc),
                KeyURIList.read(bytes.span), PrivacyIDEACSV.read(bytes.span),
                PSKCFile.read(bytes.span),
            ] {
                check(result)
                #expect(result.tokens.isEmpty)
            }
        }
    }
}
