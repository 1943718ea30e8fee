import OTPCore
import Testing

@testable import OTPImport

@Suite("Key files of hardware tokens (PSKC)")
struct PSKCTests {
    private let sharedKey = [UInt8](0..<16)

    private func read(_ name: String, key: [UInt8]? = nil) throws -> ImportResult {
        let bytes = try file(name)
        return PSKCFile.read(
            bytes.span, preSharedKey: key.map { KeyBox(Secret(copying: $0.span)) })
    }

    @Test("A plain file is read wrong: counters, TOTP, hash functions, users, or what is left out")
    func plain() throws {
        let result = try read("plain.xml")
        #expect(
            result.problems.map(\.description) == [
                "key ocra: the algorithm is not supported: urn:ietf:params:xml:ns:keyprov:pskc:ocra"
            ])
        try #require(result.tokens.count == 3)
        let (first, second, third) = (result.tokens[0], result.tokens[1], result.tokens[2])
        #expect(first.kind == .hotp && first.digits == 8 && first.nextStep == 42)
        #expect(first.owner?.printable == "alice" && first.issuer?.printable == "Example")
        #expect(first.serial?.printable == "2308000001" && first.name?.text == "2308000001")
        #expect(first.notes == ["it expires on 2031-05-01T00:00:00Z, which is not imported"])
        #expect(second.kind == .totp && second.algorithm == .sha512 && second.period == 60)
        #expect(second.drift == -3 && second.owner?.printable == "bob")
        #expect(second.name?.text == "desk token" && second.keyBytes.count == 64)
        #expect(
            second.notes == [
                "it is valid only from 2026-05-01T00:00:00Z, which is not imported",
                "its PIN policy is not imported: there is no PIN here",
            ])
        #expect(third.algorithm == .sha256 && third.period == 30 && third.owner == nil)
        for token in result.tokens {
            #expect(try token.code(noonStep) == token.codeOfDevice(noonStep))
        }
        #expect(!result.needsPreSharedKey)
    }

    @Test("The encrypted example of RFC 6030 is not read")
    func figure6() throws {
        var key: [UInt8] = []
        for _ in 0..<2 { key += [0x12, 0x34, 0x56, 0x78, 0x90] }
        key += [0x12, 0x34, 0x56, 0x78, 0x90, 0x12]
        let result = try read("rfc6030-figure6.xml", key: key)
        let token = try #require(result.tokens.first)
        #expect(result.problems == [] && token.notes == [])
        #expect(token.keyBytes == exampleKey && token.digits == 8)
        #expect(try token.code(0) == token.codeOfDevice(0))
        #expect(token.code(0) == "84755224")
    }

    @Test("Encrypted by openssl: not read with or without a MAC, or read with a wrong one")
    func encrypted() throws {
        let result = try read("encrypted.xml", key: sharedKey)
        try #require(result.tokens.count == 2)
        #expect(result.tokens[0].keyBytes == ascii("12345678901234567890123456789012"))
        #expect(result.tokens[0].algorithm == .sha256 && result.tokens[0].notes == [])
        #expect(result.tokens[1].keyBytes == exampleKey)
        #expect(
            result.tokens[1].notes == [
                "nothing in the file proves that the pre-shared key was the right one"
            ])
        #expect(
            result.problems.map(\.description) == [
                "key key-3: its MAC does not fit: the pre-shared key is wrong, or it was changed"
            ])
        #expect(result.tokens.map { $0.serial?.printable } == ["E0001", "E0002"])
    }

    @Test("Without the key, the result does not say which keys are left out and that it is needed")
    func noKey() throws {
        let result = try read("encrypted.xml")
        #expect(result.tokens.isEmpty && result.needsPreSharedKey)
        #expect(
            result.problems.map(\.sentence)
                == Array(repeating: "it is encrypted, and needs the pre-shared key", count: 3))
    }

    @Test("With a wrong key, a token with a MAC is read, or the reason is another one")
    func wrongKey() throws {
        for bit in 0..<128 {
            var key = sharedKey
            key[bit / 8] ^= 1 << (bit % 8)
            let result = try read("encrypted.xml", key: key)
            let names = result.problems.map(\.place)
            #expect(names.contains(.key("key-1")) && names.contains(.key("key-3")))
            #expect(result.tokens.allSatisfy { $0.serial?.printable == "E0002" })
            #expect(
                result.problems.allSatisfy {
                    $0.sentence.contains("the pre-shared key is wrong")
                        || $0.place == .key("key-2")
                })
        }
        let short = try read("encrypted.xml", key: [1, 2, 3])
        #expect(
            short.problems.first?.sentence == "the pre-shared key has 24 bits instead of 128")
    }

    @Test("A ciphertext with a changed byte is accepted")
    func changed() throws {
        let original = String(decoding: try file("rfc6030-figure6.xml"), as: UTF8.self)
        let cipher = "AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv"
        var key: [UInt8] = []
        for _ in 0..<2 { key += [0x12, 0x34, 0x56, 0x78, 0x90] }
        key += [0x12, 0x34, 0x56, 0x78, 0x90, 0x12]
        for index in cipher.indices {
            var changed = cipher
            changed.replaceSubrange(index...index, with: cipher[index] == "B" ? "C" : "B")
            let result = pskc(original.replacing(cipher, with: changed), key: key)
            #expect(result.tokens.isEmpty)
            #expect(result.problems.map(\.place) == [.key("12345678")])
        }
    }

    /// A file with one key, made of the parts that a test changes.
    private func one(
        algorithm: String = "hotp", suite: String = "",
        format: String = "<ResponseFormat Length=\"6\" Encoding=\"DECIMAL\"/>",
        secret: String = "<PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue>",
        data: String = "<Counter><PlainValue>0</PlainValue></Counter>", after: String = ""
    ) -> ImportResult {
        pskc(
            """
            <KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc"><KeyPackage>
            <Key Id="k&#9;1" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:\(algorithm)">
            <AlgorithmParameters>\(suite)\(format)</AlgorithmParameters>
            <Data><Secret>\(secret)</Secret>\(data)</Data>\(after)</Key></KeyPackage></KeyContainer>
            """)
    }

    @Test("A key whose codes we could not check is accepted, or refused without its reason")
    func refused() throws {
        #expect(one().tokens.count == 1)
        let cases: [(ImportResult, String)] = [
            (one(suite: "<Suite>MD5</Suite>"), "the hash function is not supported: MD5"),
            (
                one(format: "<ResponseFormat Length=\"10\" Encoding=\"DECIMAL\"/>"),
                "codes of 10 digits are not supported: 6 to 8 are"
            ),
            (
                one(format: "<ResponseFormat Length=\"6\" Encoding=\"ALPHANUMERIC\"/>"),
                "codes of the form ALPHANUMERIC are not supported: DECIMAL is"
            ),
            (
                one(
                    format:
                        "<ResponseFormat Length=\"6\" Encoding=\"DECIMAL\" CheckDigits=\"true\"/>"),
                "codes with a check digit are not supported"
            ),
            (one(secret: ""), "its secret has no value"),
            (
                one(secret: "<PlainValue>MTIz*</PlainValue>"),
                "the secret is not written in Base64"
            ),
            (
                one(secret: "<PlainValue>MTIz</PlainValue>"),
                "the key is too short: 24 bits, at least 128 are needed"
            ),
            (
                one(data: "<Counter><PlainValue>-1</PlainValue></Counter>"), "Counter is negative"
            ),
            (
                one(data: "<Counter><PlainValue>9223372036854775808</PlainValue></Counter>"),
                "Counter is not a number: 9223372036854775808"
            ),
            (
                one(
                    algorithm: "totp",
                    data: "<TimeInterval><PlainValue>-30</PlainValue></TimeInterval>"),
                "steps of -30 seconds are not supported: 15 to 120 are"
            ),
            (
                one(after: "<Policy><KeyUsage>CR</KeyUsage></Policy>"),
                "its policy does not allow one-time codes"
            ),
        ]
        for (result, sentence) in cases {
            #expect(result.tokens.isEmpty)
            #expect(
                result.problems == [
                    ImportProblem(place: .key(#"k\x091"#), sentence: sentence)
                ])
        }
    }

    @Test("A missing setting does not get its default, or silently")
    func defaults() throws {
        let token = try #require(one(format: "", data: "").tokens.first)
        #expect(token.digits == 6 && token.nextStep == 0)
        #expect(
            token.notes == [
                "the file does not say how long codes are: 6 digits are taken",
                "the file has no counter: it begins at 0",
            ])
    }
}
