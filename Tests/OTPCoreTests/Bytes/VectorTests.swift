import TestSupport
import Testing

@testable import OTPCore

@Suite("The published vectors")
struct VectorTests {
    @Test("RFC 4226, appendix D: all ten counters, truncated value and code")
    func hotp() throws {
        let rows = try vectors("rfc4226-appendix-d.txt")
        let key = ascii(try #require(rows.first { $0[0] == "key" })[1])
        #expect(key.count == 20)
        let table = rows.filter { $0[0] != "key" }
        #expect(table.count == 10)
        for row in table {
            let counter = try #require(UInt64(row[0]))
            var truncated: UInt32?
            Cryptography.truncatedHMACs(.sha1, key: key.span, first: counter, count: 1) {
                truncated = $1
            }
            #expect(truncated == UInt32(row[2], radix: 16), "counter \(counter)")
            #expect(truncated == truncate(try bytes(hex: row[1])), "counter \(counter)")
            #expect(truncated == UInt32(row[3]), "counter \(counter)")
            let code = HOTP.code(key: key.span, factor: counter, algorithm: .sha1, digits: 6)
            #expect(HOTP.text(code, digits: 6) == row[4], "counter \(counter)")
        }
    }

    /// RFC 4226, section 5.3, literally: the last four bits give the offset.
    private func truncate(_ hmac: [UInt8]) -> UInt32? {
        guard let offset = hmac.last.map({ Int($0 & 15) }), offset + 4 <= hmac.count else {
            return nil
        }
        let cut = hmac[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return cut & 0x7fff_ffff
    }

    @Test("RFC 6238, appendix B: all eighteen rows")
    func totp() throws {
        let rows = try vectors("rfc6238-appendix-b.txt")
        let table = rows.filter { $0[0] != "key" }
        #expect(table.count == 18)
        for row in table {
            let algorithm = try #require(HashAlgorithm.allCases.first { $0.name == row[4] })
            let key = ascii(try #require(rows.first { $0[0] == "key" && $0[1] == row[4] })[2])
            #expect(key.count == algorithm.digestLength)
            let step = TOTP.step(at: try #require(UInt64(row[0])), period: 30)
            #expect(step == UInt64(row[2], radix: 16))
            let code = HOTP.code(key: key.span, factor: step, algorithm: algorithm, digits: 8)
            #expect(HOTP.text(code, digits: 8) == row[3], "\(row)")
        }
    }

    @Test("A run of steps gives other codes than one step at a time")
    func run() {
        let key = exampleKey
        var codes: [UInt64: UInt32] = [:]
        HOTP.codes(
            key: key.span, first: noonStep, count: 21, algorithm: .sha512, digits: 7
        ) { codes[$0] = $1 }
        #expect(codes.count == 21)
        for step in noonStep..<noonStep + 21 {
            let one = HOTP.code(key: key.span, factor: step, algorithm: .sha512, digits: 7)
            #expect(codes[step] == one)
        }
    }

    @Test("A run does not end at the last possible step")
    func lastStep() {
        let key = exampleKey
        var steps: [UInt64] = []
        HOTP.codes(
            key: key.span, first: .max - 1, count: 9, algorithm: .sha1, digits: 6
        ) { step, _ in steps.append(step) }
        #expect(steps == [UInt64.max - 1, .max])
    }

    @Test("RFC 4648, section 10: Base32 both ways, padded and not")
    func base32() throws {
        let rows = try vectors("rfc4648-base32.txt")
        #expect(rows.count == 7)
        for row in rows {
            let plain = try bytes(hex: row[0])
            let bare = row[1].filter { $0 != "=" }
            #expect(text(Base32.encode(plain.span)) == bare)
            #expect(decode(row[1]) == plain)
            #expect(decode(bare) == plain)
        }
    }

    private func decode(_ encoded: String) -> [UInt8]? {
        let encoded = ascii(encoded)
        guard let secret = Base32.decode(encoded.span) else { return nil }
        return secret.withBytes { $0.array }
    }

    @Test("PBKDF2-HMAC-SHA256 as in RFC 7914, and with the inputs of RFC 6070")
    func pbkdf2() throws {
        let rows = try vectors("pbkdf2-hmac-sha256.txt")
        #expect(rows.count == 7)
        for row in rows {
            let (password, salt) = (try bytes(hex: row[0]), try bytes(hex: row[1]))
            let expected = try bytes(hex: row[3])
            let derived = Cryptography.pbkdf2(
                password: password.span, salt: salt.span,
                iterations: try #require(UInt32(row[2])), length: expected.count)
            #expect(derived == expected, "\(row[2]) rounds")
        }
    }

    /// Encrypts `bytes` in place, and returns the tag.
    private func seal(
        _ bytes: inout [UInt8], key: [UInt8], nonce: [UInt8], binding: [UInt8]
    ) -> [UInt8]? {
        Cryptography.seal(&bytes, key: key.span, nonce: nonce.span, binding: binding.span)
    }

    @Test("RFC 8439, section 2.8.2: ChaCha20-Poly1305 seals and opens")
    func aead() throws {
        var vector: [String: [UInt8]] = [:]
        for row in try vectors("rfc8439-aead.txt") { vector[row[0]] = try bytes(hex: row[1]) }
        let key = try #require(vector["key"])
        let nonce = try #require(vector["nonce"])
        let binding = try #require(vector["binding"])
        let plain = try #require(vector["plain"])
        var bytes = plain
        let ours = try #require(seal(&bytes, key: key, nonce: nonce, binding: binding))
        #expect(bytes == vector["sealed"])
        #expect(ours == vector["tag"])
        let opened = Cryptography.open(
            &bytes, key: key.span, nonce: nonce.span, binding: binding.span, tag: ours.span)
        #expect(opened)
        #expect(bytes == plain)
    }

    @Test("Data with one changed bit opens, or is not wiped")
    func tampered() throws {
        var generator = Seeded(8439)
        let (key, nonce) = (generator.bytes(32), generator.bytes(12))
        let (binding, plain) = (generator.bytes(9), generator.bytes(40))
        var sealed = plain
        let tag = try #require(seal(&sealed, key: key, nonce: nonce, binding: binding))
        let whole = [sealed, nonce, binding, tag, key]
        for part in whole.indices {
            for bit in 0..<whole[part].count * 8 {
                var all = whole
                all[part][bit / 8] ^= 1 << (bit % 8)
                var bytes = all[0]
                let (nonce, binding, tag, key) = (all[1], all[2], all[3], all[4])
                let opened = Cryptography.open(
                    &bytes, key: key.span, nonce: nonce.span, binding: binding.span,
                    tag: tag.span)
                #expect(!opened && bytes.isEmpty, "part \(part), bit \(bit)")
            }
        }
    }

    @Test("Keys or nonces of another length are accepted")
    func lengths() {
        for (keyLength, nonceLength) in [(31, 12), (33, 12), (0, 12), (32, 11), (32, 8), (32, 0)] {
            let key = [UInt8](repeating: 1, count: keyLength)
            let nonce = [UInt8](repeating: 2, count: nonceLength)
            var bytes = ascii("text")
            let tag = seal(&bytes, key: key, nonce: nonce, binding: nonce)
            #expect(tag == nil)
        }
    }
}
