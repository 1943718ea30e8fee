import TestSupport
import Testing

@testable import OTPCore

@Suite("Backup codes")
struct BackupCodeTests {
    @Test("A set is ten codes in three groups of five, each beginning with its index")
    func form() {
        var generator = Seeded(10)
        var record = Record()
        let alphabet = Set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        for _ in 0..<20 {
            let codes = record.makeBackupCodes(seed: generator.next())
            #expect(codes.count == 10)
            #expect(Set(codes).count == 10)
            for (index, code) in codes.enumerated() {
                let groups = code.split(separator: "-", omittingEmptySubsequences: false)
                #expect(groups.map(\.count) == [5, 5, 5])
                #expect(code.allSatisfy { $0 == "-" || alphabet.contains($0) })
                #expect(code.first == Character("\(index)"))
            }
        }
        #expect(record.backupCodesLeft == 10)
        #expect(record.backupCodesMade == noon)
    }

    @Test("Fourteen symbols do not have 70 random bits, or not evenly")
    func randomness() {
        let symbols = ascii("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        var seen = Set<UInt8>()
        for byte in UInt8.min...UInt8.max {
            let random = [UInt8](repeating: byte, count: BackupCode.randomLength)
            guard let code = BackupCode(index: 4, random: random.span) else {
                Issue.record("no code")
                return
            }
            let letters = ascii(code.text).filter { $0 != UInt8(ascii: "-") }
            #expect(
                letters.dropFirst() == ArraySlice(repeating: symbols[Int(byte % 32)], count: 14))
            seen.insert(letters[1])
        }
        #expect(seen.count == 32)
    }

    @Test("Another index or another number of random bytes makes a code")
    func limits() {
        func isMade(_ index: Int, _ length: Int) -> Bool {
            let random = [UInt8](repeating: 7, count: length)
            guard BackupCode(index: index, random: random.span) != nil else { return false }
            return true
        }
        #expect(isMade(0, 14) && isMade(9, 14))
        for index in [-1, 10, 31, 32, .max, .min] { #expect(!isMade(index, 14)) }
        for length in [0, 13, 15, 1000] { #expect(!isMade(3, length)) }
    }

    /// The hash, with `salt`, of the code that `typed` stands for.
    private func hashed(_ typed: String, _ salt: [UInt8]) throws -> HashedCode {
        let typed = ascii(typed.filter { $0 != "-" })
        guard let code = BackupCode(typed: typed.span) else {
            throw Record.ChangeError.keyLength
        }
        let kept = code.hashed(salt: salt)
        return try #require(kept)
    }

    private func matches(_ kept: HashedCode, _ typed: String) -> Bool {
        let typed = ascii(typed.filter { $0 != "-" })
        guard let code = BackupCode(typed: typed.span) else { return false }
        return kept.matches(code.symbols)
    }

    @Test("A stored code is not PBKDF2 of its symbols with 1000 rounds, or matches another code")
    func hash() throws {
        let salt = ascii("01234567")
        let kept = try hashed("3K7MQ-2XJ9T-DWP4A", salt)
        // python3 -c 'import hashlib; print(hashlib.pbkdf2_hmac("sha256", b"3K7MQ2XJ9TDWP4A",
        //     b"01234567", 1000, 12).hex())'
        let expected = try bytes(hex: "a7b5d47a3a984000e395b8b1")
        #expect(kept.hash == expected)
        #expect(kept.salt == salt)
        #expect(matches(kept, "3K7MQ-2XJ9T-DWP4A"))
        #expect(matches(kept, "3k7mq2xj9tdwp4a"))
        #expect(!matches(kept, "3K7MQ-2XJ9T-DWP4B"))
        #expect(!matches(kept, "4K7MQ-2XJ9T-DWP4A"))
        #expect(!matches(kept, "3K7MQ-2XJ9T-4DWPA"))
    }

    @Test("Two codes of a set share a salt, or a new set reuses one")
    func salts() {
        var record = Record()
        _ = record.makeBackupCodes(seed: 1)
        let first = record.backupCodes.compactMap { $0?.salt }
        _ = record.makeBackupCodes(seed: 2)
        let second = record.backupCodes.compactMap { $0?.salt }
        #expect(Set(first + second).count == 20)
        #expect((first + second).allSatisfy { $0.count == 8 })
    }

    @Test("A code works twice, or in another place")
    func places() throws {
        var record = Record()
        let codes = record.makeBackupCodes()
        let verifier = Verifier(window: 1)
        func verify(_ typed: String, _ record: inout Record) -> Verifier.Verdict {
            let typed = ascii(typed)
            return verifier.verify(Answer(typed.span), against: &record, at: noon)
        }
        // The random part of code 3 with the index of code 4.
        #expect(verify("4" + codes[3].dropFirst(), &record) == .wrong)
        #expect(record.backupCodesLeft == 10)
        #expect(verify(codes[3], &record) == .backupCode(index: 3, left: 9))
        #expect(record.backupCodes[3] == nil)
        #expect(verify(codes[3], &record) == .usedBackupCode(index: 3))
        #expect(verify(codes[3].lowercased(), &record) == .usedBackupCode(index: 3))
        for (left, index) in [0, 1, 2, 4, 5, 6, 7, 8, 9].enumerated() {
            let verdict = verify(codes[index], &record)
            #expect(verdict == .backupCode(index: index, left: 8 - left))
        }
        #expect(record.backupCodesLeft == 0)
    }

    @Test("An old set still works after a new one is made")
    func renewed() {
        var record = Record()
        let old = record.makeBackupCodes(seed: 1)
        let new = record.makeBackupCodes(seed: 2)
        for (old, new) in zip(old, new) {
            let (old, new) = (ascii(old), ascii(new))
            let verifier = Verifier(window: 1)
            #expect(verifier.verify(Answer(old.span), against: &record, at: noon) == .wrong)
            let verdict = verifier.verify(Answer(new.span), against: &record, at: noon)
            guard case .backupCode = verdict else {
                Issue.record("\(verdict)")
                return
            }
        }
    }
}
