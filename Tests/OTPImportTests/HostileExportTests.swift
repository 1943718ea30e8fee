import OTPCore
import Testing

@testable import OTPImport

@Suite("Hostile exports")
struct HostileExportTests {
    private static let json: [ImportFormat] = [
        .aegis, .twoFAS, .andOTP, .freeOTPPlus, .bitwarden, .swiftOTP,
    ]

    private func problems(_ text: String, _ format: ImportFormat) throws -> [String] {
        let result = try read(ascii(text), as: format)
        #expect(result.tokens.isEmpty, "\(format)")
        return result.problems.map(\.description)
    }

    private func entry(_ info: String, type: String = "\"totp\"") -> String {
        #"{"version":1,"db":{"version":2,"entries":[{"type":\#(type),"name":"a","issuer":"b","#
            + #""info":{\#(info)}}]}}"#
    }

    @Test("A sample cut off anywhere, or with any byte changed, traps or gains something")
    func damaged() throws {
        let files: [(String, ImportFormat)] = [
            ("aegis.json", .aegis), ("2fas.json", .twoFAS), ("andotp.json", .andOTP),
            ("freeotp-plus.json", .freeOTPPlus), ("bitwarden.json", .bitwarden),
            ("bitwarden.csv", .bitwarden), ("ente.txt", .ente), ("keepassxc.csv", .keePassXC),
            ("google-export.txt", .googleExport), ("tokens-entra.csv", .tokenCSV),
        ]
        for (name, format) in files {
            let whole = try file(name)
            // Truncated after its key, a refused entry may become a valid one.
            let complete = try read(whole, as: format)
            let count = complete.tokens.count + complete.problems.count
            for length in 0..<whole.count {
                let result = try read(Array(whole[..<length]), as: format)
                #expect(result.tokens.count <= count)
                var changed = whole
                changed[length] = [0x00, 0x22, 0x5c, 0xff, 0x39][length % 5]
                _ = try read(changed, as: format)
            }
        }
    }

    @Test("Invalid JSON is read: too deep, not UTF-8 or of the wrong shape")
    func shapes() throws {
        for format in Self.json {
            for text in [
                "[", "[1,]", "[01]", "[1.]", "[1e]", "[-]", "[+1]", "[nul]", "[\"a]", "[\"\\x\"]",
                "[\"\\u12g4\"]", "[\"a\tb\"]", "[] []", "[}", "[\"\\", "[\"\\u\"]",
            ] {
                let text = format == .andOTP ? text : "{\"a\":" + text
                #expect(try problems(text, format) == ["line 1: it is not well-formed JSON"])
            }
            let deep = String(repeating: "[", count: 1_000_000)
            #expect(
                try problems(deep, format == .bitwarden ? .aegis : format)
                    == ["line 1: lists and objects are nested too deeply"])
            #expect(try problems("[]", format).count == ([.andOTP].contains(format) ? 0 : 1))
            #expect(try problems("[null,1,\"a\",[],{}]", format).count > 0)
        }
        var bytes = ascii("[\"\n")
        #expect(try read(bytes + [0xff], as: .aegis).problems.count == 1)
        bytes = ascii("{\n\n\"a\":\"") + [0xc3, 0x28] + ascii("\"}")
        #expect(
            try read(bytes, as: .aegis).problems.map(\.description)
                == ["line 1: it is not written in UTF-8"])
        #expect(try problems("{\n\n\"a\" 1}", .aegis) == ["line 3: it is not well-formed JSON"])
        let many = "[" + String(repeating: "0,", count: 2_000_001) + "0]"
        #expect(try problems(many, .andOTP) == ["line 1: it has too many values"])
    }

    @Test("A repeated name, an invalid number or a wrong type is taken for a setting")
    func settings() throws {
        let secret = "\"secret\":\"\(exampleBase32)\""
        #expect(
            try read(ascii(entry(secret)), as: .aegis).tokens.map(\.keyBytes) == [exampleKey])
        // The same with name and value escaped.
        #expect(
            try read(ascii(entry(#""sec\u0072et":"\#(exampleBase32)\u003d""#)), as: .aegis).tokens
                .map(\.keyBytes) == [exampleKey])
        for (info, sentence) in [
            (secret + "," + secret, "secret is given twice"),
            (secret + #","\u0073ecret":null"#, "secret is given twice"),
            (secret + ",\"digits\":\"6\"", "digits is not a whole number of 0 or more"),
            (secret + ",\"digits\":6.0", "digits is not a whole number of 0 or more"),
            (secret + ",\"digits\":-6", "digits is not a whole number of 0 or more"),
            (secret + ",\"digits\":6e0", "digits is not a whole number of 0 or more"),
            (secret + ",\"digits\":5", "codes of 5 digits are not supported: 6 to 8 are"),
            (
                secret + ",\"period\":99999999999999999999",
                "period is not a whole number of 0 or more"
            ),
            (
                secret + ",\"period\":4294967326",
                "steps of 4294967326 seconds are not supported: 15 to 120 are"
            ),
            (secret + ",\"algo\":\"MD5\"", "the hash function is not supported: MD5"),
            (secret + ",\"algo\":1", "algo is not a text"),
            ("\"secret\":[1]", "secret is not a text"), ("\"secret\":null", "it has no secret"),
            ("\"secret\":\"\"", "it has no secret"),
            ("\"secret\":\"0189\"", "the key is not written in Base32"),
        ] as [(String, String)] {
            #expect(try problems(entry(info), .aegis) == ["entry 1: \(sentence)"])
        }
        for (type, sentence) in [
            ("1", "type is not a text"), ("null", "the type is not supported: "),
            (#""\u001b[2J""#, "the type is not supported: \\x1b[2J"),
            ("\"hotp\"", "the entry of a counter token has no counter"),
        ] as [(String, String)] {
            #expect(try problems(entry(secret, type: type), .aegis) == ["entry 1: \(sentence)"])
        }
        let high = secret + ",\"counter\":9223372036854775808"
        #expect(
            try problems(entry(high, type: "\"hotp\""), .aegis)
                == ["entry 1: counter is not a whole number of 0 or more"])
    }

    @Test("FreeOTP+'s key is accepted as another list, or too long")
    func bytes() throws {
        func text(_ secret: String) -> String { "{\"tokens\":[{\"secret\":\(secret)}]}" }
        let none = "the key is not a list of signed bytes"
        for (secret, sentence) in [
            ("[128]", none), ("[-129]", none), ("[1.5]", none), ("[null]", none),
            ("\"abc\"", "it has no list of secret"),
            ("[]", "the key is too short: 0 bits, at least 128 are needed"),
            (
                "[" + [String](repeating: "1", count: 65).joined(separator: ",") + "]",
                "the key is too long: 520 bits, at most 512 can be kept"
            ),
        ] as [(String, String)] {
            #expect(try problems(text(secret), .freeOTPPlus) == ["entry 1: \(sentence)"])
        }
    }

    @Test("A label with control characters or a long one is imported, or hides its problem")
    func labels() throws {
        for (name, sentence) in [
            (#"\u001b[2J"#, #"the account has control characters: \x1b[2J"#),
            (#"a\u0000b"#, #"the account has control characters: a\x00b"#),
            (String(repeating: "a", count: 257), "the account is longer than 256 bytes"),
        ] as [(String, String)] {
            let text =
                "[{\"secret\":\"\(exampleBase32)\",\"label\":\"\(name)\",\"issuer\":\"x\"}]"
            #expect(try problems(text, .andOTP) == ["entry 1: \(sentence)"])
        }
        // Half a surrogate pair stands for nothing.
        let text = #"[{"secret":"\#(exampleBase32)","label":"\ud83d\u0041","issuer":"\ude00"}]"#
        let token = try #require(try read(ascii(text), as: .andOTP).tokens.first)
        #expect(
            token.owner?.bytes == ascii("\u{fffd}A") && token.issuer?.bytes == ascii("\u{fffd}"))
    }

    @Test("A damaged protocol buffer traps, or a missing QR code is not noticed")
    func protobuf() throws {
        let prefix = "otpauth-migration://offline?data="
        for (line, sentence) in [
            (
                "otpauth-migration://online?data=AA",
                "not an otpauth-migration URI (the line is not "
                    + "shown: it may contain keys)"
            ),
            ("otpauth-migration://offline?x=AA", "the URI has no data"),
            (prefix + "A", "the data is not written in Base64"),
            (prefix + "%zz", "a % in the URI is not followed by two hex digits"),
            // A length beyond the end, one of 2^63, an endless number, a group, and wire type 7.
            (prefix + "CgU=", "the data is damaged"),
            (prefix + "Cv//////////AQ==", "the data is damaged"),
            (prefix + "CP////////////8=", "the data is damaged"),
            (prefix + "CA==", "the data is damaged"), (prefix + "Cw==", "the data is damaged"),
            (prefix + "Dw==", "the data is damaged"),
        ] as [(String, String)] {
            #expect(try problems(line, .googleExport) == ["line 1: \(sentence)"])
        }
        let lines = try file("google-export.txt").split(separator: UInt8(ascii: "\n"))
        let half = try read(Array(lines[1]), as: .googleExport)
        #expect(half.tokens.count == 1)
        #expect(
            half.problems.map(\.description).last
                == "the file: only 1 of 2 QR codes of the export are here")
    }

    @Test("A KeePass export with a repeated key, an encrypted value or a document type is read")
    func keePass() throws {
        func text(_ strings: String, more: String = "") -> String {
            "\(more)<KeePassFile><Root><Group><Entry>\(strings)</Entry></Group></Root></KeePassFile>"
        }
        func string(_ key: String, _ value: String) -> String {
            "<String><Key>\(key)</Key><Value>\(value)</Value></String>"
        }
        let key = string("TimeOtp-Secret-Base32", exampleBase32)
        #expect(try read(ascii(text(key)), as: .keePassXC).tokens.map(\.keyBytes) == [exampleKey])
        for (strings, sentence) in [
            (key + key, "TimeOtp-Secret-Base32 is given twice"),
            (key + string("TimeOtp-Length", "x"), "the TimeOtp-Length is not a number: x"),
            (string("TimeOtp-Secret-Hex", "313"), "the key is not written in pairs of hex digits"),
            (string("otp", "hello"), "its otp is not a key URI"),
            (string("otp", "key=\(exampleBase32)&amp;size=x"), "the size is not a number: x"),
            (
                string("TOTP Seed", exampleBase32) + string("TOTP Settings", "30;S"),
                "codes of Steam are not supported"
            ),
            (
                string("TOTP Seed", exampleBase32) + string("TOTP Settings", ";"),
                "the period is not a number: "
            ),
            (
                "<String><Key>otp</Key><Value Protected=\"True\">abc</Value></String>",
                "its values are encrypted; export it from KeePassXC"
            ),
        ] as [(String, String)] {
            #expect(try problems(text(strings), .keePassXC) == ["entry 1: \(sentence)"])
        }
        #expect(
            try problems(text(key, more: "<!DOCTYPE a>"), .keePassXC)
                == ["line 1: it has a document type, which is not read"])
        #expect(try problems("<a/>", .keePassXC) == ["line 1: it is not an export of KeePassXC"])
        let deep = String(repeating: "<Group>", count: 100_000)
        #expect(
            try problems("<KeePassFile>" + deep, .keePassXC)
                == ["line 1: elements are nested too deeply"])
        // Old versions of an entry, and anything in attachments, are ignored.
        let history = text("<History><Entry>\(key)</Entry></History>" + string("Title", "x"))
        #expect(try problems(history, .keePassXC) == [])
        for (name, value) in [
            ("TimeOtp-Secret", "12345678901234567890"), ("TimeOtp-Secret-Hex", exampleHex),
            ("TimeOtp-Secret-Base64", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA="),
            ("HmacOtp-Secret-Base32", exampleBase32),
        ] as [(String, String)] {
            let result = try read(
                ascii(text(string(name, value) + string("HmacOtp-Counter", "3"))), as: .keePassXC)
            #expect(result.tokens.map(\.keyBytes) == [exampleKey], "\(name)")
            #expect(result.tokens.map(\.nextStep) == [name.hasPrefix("Hmac") ? 3 : 0])
        }
    }
}
