import Foundation
import TestSupport
import Testing

/// Counter-based devices (HOTP), and keys that come in a file.
@Suite struct TokenTests {
    let desk: Desk
    static let question = "Code shown by the token (empty: give up): "

    init() throws { desk = try Desk() }

    private func keyFile(_ text: String) throws -> String {
        try desk.scratch.write(text, to: "fob.key")
    }

    /// The counter from `status`.
    private func counter() async throws -> Int? {
        let list = try await desk.json("status")["authenticators"] as? [[String: Any]]
        return list?.first?["counter"] as? Int
    }

    @Test func anAppThatCountsIsEnrolledOnTheScreen() async throws {
        let screen = try await desk.screen("add", "--hotp", "--counter", "5", rows: 50)
        try await screen.wait(for: "Code shown by the app:")
        var uri: String?
        for _ in 0..<100 where uri == nil {
            uri = try await screen.scan()
            if uri == nil { try await Task.sleep(for: .milliseconds(100)) }
        }
        let (token, first) = try Token.scanning(try #require(uri))
        #expect(first == 5)
        #expect(try await screen.text().contains("Kind: counter (HOTP), from 5 on"))
        // One behind is wrong; skipped codes do no harm.
        try await screen.type(try await token.code(4))
        try await screen.wait(for: "not a code for this key")
        try await screen.type(try await token.code(7))
        try await screen.wait(for: "root is enrolled: \"phone\" works.")
        #expect(try await screen.finish() == 0)
        #expect(try await counter() == 8)
        #expect(try await desk.verify(try await token.code(7)).0 == false)
        #expect(try await desk.verify(try await token.code(8)) == (true, "code"))
        #expect(try await desk.verify(try await token.code(10)) == (true, "code"))
        #expect(try await desk.verify(try await token.code(9)).0 == false)
        await screen.close()
    }

    /// Manufacturers' spellings of keys.
    enum Writing: String, CaseIterable {
        case hex, upperHex, spacedHex, colons, base32, spacedBase32, lowerBase32, carriageReturn
        case noNewline

        func text(_ hex: String, _ base32: String) -> String {
            func grouped(_ text: String, _ size: Int, _ separator: String) -> String {
                stride(from: 0, to: text.count, by: size)
                    .map { text.dropFirst($0).prefix(size) }.joined(separator: separator)
            }
            return switch self {
            case .hex: hex + "\n"
            case .upperHex: hex.uppercased() + "\n"
            case .spacedHex: grouped(hex, 8, " ") + "\n"
            case .colons: grouped(hex, 2, ":") + "\n"
            case .base32: base32 + "\n"
            case .spacedBase32: grouped(base32, 4, " ") + "\n"
            case .lowerBase32: base32.lowercased() + "\n"
            case .carriageReturn: hex + "\r\n"
            case .noNewline: base32
            }
        }
    }

    @Test(arguments: Writing.allCases)
    func aKeyIsReadAsItIsWritten(writing: Writing) async throws {
        let (hex, token) = try Token.random()
        let file = try keyFile(writing.text(hex, token.key))
        let added = try await desk.json(
            "add", "--no-confirm", "--secret-file", file, "--hotp", "--counter", "3")
        #expect(added["uri"] is NSNull && added["secret"] is NSNull)
        #expect(try await desk.verify(try await token.code(3)) == (true, "code"))
        // The same key in a clock-based app, and the key on stdin.
        let other = try Desk()
        let words = try other.words(["add", "--no-confirm", "--secret-file", "-"])
        _ = try await Command.output(words, input: writing.text(hex, token.key))
        let phone = try token.phone()
        try await phone.settle()
        #expect(try await other.verify(try await phone.code()) == (true, "code"))
    }

    @Test func theKeyIsNeverPrinted() async throws {
        let log = try SystemLog.shared()
        let (hex, token) = try Token.random()
        let file = try keyFile(hex + "\n")
        for json in [[], ["--json"]] {
            let added = try await Command.run(
                desk.words(["add", "--no-confirm", "--secret-file", file] + json))
            #expect(added.status == 0)
            for text in [added.output, added.errors] {
                #expect(!text.lowercased().contains(hex) && !text.contains(token.key))
                #expect(!text.contains("otpauth"))
            }
        }
        let bad = try keyFile(hex + "zz\n")
        let refused = try await desk.run("add", "--no-confirm", "--secret-file", bad)
        #expect(refused.status == 1 && !refused.errors.contains(hex))
        #expect(!log.lines.contains { $0.text.contains(hex) || $0.text.contains(token.key) })
    }

    @Test func whoEnrollsATokenTypesItsCode() async throws {
        let (hex, token) = try Token.random()
        let file = try keyFile(hex)
        let terminal = try Terminal(
            desk.words(["add", "--hotp", "--secret-file", file, "--name", "fob"]))
        try await terminal.expect(Self.question)
        try await terminal.type("12345")
        try await terminal.expect("6 digits")
        try await terminal.expect(Self.question)
        try await terminal.type(try await token.code(40))
        try await terminal.expect("not a code for this key")
        try await terminal.expect(Self.question)
        try await terminal.type(try await token.code(2))
        try await terminal.expect("root is enrolled: \"fob\" works.")
        try await terminal.expect("Backup codes:")
        #expect(try await terminal.finish() == 0)
        let shown = await terminal.transcript
        // No QR code, no alternate screen, no key.
        #expect(!shown.contains("\u{1b}[?1049h") && !shown.contains("\u{2588}"))
        #expect(!shown.contains(hex) && !shown.contains(token.key))
        #expect(try await counter() == 3)
    }

    @Test(arguments: ["\r", "\u{3}", "\u{4}"])
    func givingUpATokenKeepsNothing(key: String) async throws {
        let file = try keyFile(try Token.random().hex)
        let terminal = try Terminal(desk.words(["add", "--secret-file", file]))
        try await terminal.expect(Self.question)
        try await terminal.send(key)
        // Ctrl-C itself ends the program here: there is no key on the screen to erase.
        #expect(try await terminal.finish() == (key == "\u{3}" ? 130 : 1))
        #expect(try await !desk.isEnrolled())
    }

    /// Texts that are no key, and the messages about them.
    static let texts: [(String, String)] = [
        ("", "it is empty"), ("\n", "it is empty"),
        ("00112233445566778899aabbccddee", "the key has 120 bits; it takes 128 to 512"),
        ("GEZDGNBVGY3TQOJQ", "the key has 80 bits; it takes 128 to 512"),
        (String(repeating: "ab", count: 65), "the key has 520 bits; it takes 128 to 512"),
        ("00112233445566778899aabbccddeef", "neither hex nor Base32"),
        ("00112233445566778899aabbccddeegg", "neither hex nor Base32"),
        (String(repeating: "00112233445566778899aabbccddeeff\n", count: 2), "neither hex nor"),
        ("\u{1b}]0;x\u{7}", "neither hex nor Base32"),
        ("otpauth://totp/a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "neither hex"),
        (String(repeating: "A", count: 5 << 20), "it is larger than 4 KiB"),
    ]

    @Test(arguments: texts.indices)
    func whatIsNoKeyIsRefused(index: Int) async throws {
        let (text, words) = Self.texts[index]
        let file = try keyFile(text)
        for (name, input) in [(file, ""), ("-", text)] {
            let done = try await Command.run(
                desk.words(["add", "--no-confirm", "--secret-file", name]), input: input)
            #expect(done.status == 1 && done.output.isEmpty)
            #expect(done.errors.contains(words), "\(done.errors)")
            #expect(!done.errors.contains("\u{1b}"))
            #expect(!FileManager.default.fileExists(atPath: desk.store))
        }
    }
}
