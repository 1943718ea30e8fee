import Foundation
import OTPCore
import TestSupport
import Testing

@testable import OTPImport

@Suite("Hostile files")
struct HostileTests {
    // MARK: Lines

    @Test("Among a hundred thousand bad lines, a key is lost, or not a thousand are named")
    func manyLines() {
        var text = String(repeating: "HOTP/T30 x\n", count: 50_000)
        text += "HOTP alice - \(exampleHex)\n"
        text += String(repeating: "NONE x\n", count: 50_000)
        let result = usersOATH(text)
        #expect(result.tokens.map { $0.owner?.printable } == ["alice"])
        #expect(result.tokens.map(\.place) == [.line(50_001)])
        #expect(result.problems.count == 1000 && result.problemsLeftOut == 99_000)
    }

    @Test("More tokens than allowed are read, or dropped silently")
    func manyTokens() {
        let line = "HOTP a - \(exampleHex)\n"
        let result = usersOATH(String(repeating: line, count: 100_002))
        #expect(result.tokens.count == 100_000)
        #expect(
            result.problems.map(\.description) == [
                "line 100001: more than 100000 tokens; the rest is left"
            ])
    }

    @Test("A file over the limit is read, or one at the limit is not")
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

    @Test("Overlong lines and fields are accepted, or shown in full")
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

    @Test("A user name with a zero or another control byte is accepted in some format")
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
}
