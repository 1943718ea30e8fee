import Foundation
import Testing

@testable import OTPCore
@testable import OTPStore

/// docs/FILEFORMAT.md against the store: the second reader and the store must read the same from a
/// file.
@Suite("The documented file format")
struct FileFormatTests {
    private let name = "store/\(alice.uid)"

    /// What the second reader reads from the file as it is.
    private func secondReading(_ fixture: StoreFixture, _ file: [UInt8]) throws -> SecondReader
        .Contents?
    {
        let reader = try SecondReader(keyFile: fixture.read("store/seal.key"))
        return try? reader.read(file, uid: alice.uid, name: alice.name).0
    }

    /// What the store reads, field by field; `nil` if it refuses.
    private func firstReading(_ fixture: StoreFixture) throws -> SecondReader.Contents? {
        do throws(StoreError) {
            guard let session = try fixture.store().openForReading(alice) else { return nil }
            defer { session.close() }
            return session.withRecord { SecondReader.Contents($0) }
        } catch {
            return nil
        }
    }

    /// A record with something in every field.
    private func enroll(_ fixture: StoreFixture) throws -> [String] {
        var codes: [String] = []
        var record = try fullRecord(&codes)
        let token = try #require(Name("a token".utf8))
        var hotp = try #require(
            Authenticator(
                name: token, kind: .hotp, algorithm: .sha512, digits: 8, period: 120, added: 7))
        hotp.drift = -5
        hotp.nextStep = 0x0102_0304_0506_0708
        // Another key before that one, so that the record remembers how far it was used.
        let before = [UInt8](1..<65)
        try record.add(hotp, key: before.span)
        let key = [UInt8](0..<64)
        try record.add(hotp, key: key.span)
        codes.append(try issue(in: &record, validFor: 600, at: 7))
        try trust(7, in: &record, at: 7)
        try fixture.store().make(record, of: alice)
        return codes
    }

    /// Trusts a key that is identified by a number.
    private func trust(_ number: UInt8, in record: inout Record, at now: UInt64) throws {
        let name = try #require(Name("key \(number)".utf8))
        let isTrusted = record.trust(
            [UInt8](repeating: number, count: 32), named: name, at: now, days: 2, most: 8,
            from: Array("2001:db8::\(number)".utf8))
        #expect(isTrusted)
    }

    /// Puts a temporary code into the record, with a boot time if it was issued after 1970.
    private func issue(
        in record: inout Record, validFor seconds: UInt64, at now: UInt64
    ) throws -> String {
        var random = try SystemRandom().bytes(TemporaryCode.randomLength)
        let salt = try SystemRandom().bytes(HashedCode.saltLength)
        let boot = now > 1000 ? BootTime(id: Array(0..<16), seconds: 0x0102_0304) : nil
        var code = ""
        record.issueTemporaryCode(
            at: now, validFor: seconds, boot: boot, random: &random, salt: salt
        ) { code = $0 }
        record.note(Event(.temporaryCodeIssued, at: now, detail: [], origin: []))
        return code
    }

    @Test("After some step of a long history the two readers disagree")
    func history() throws {
        let fixture = try StoreFixture()
        let codes = try enroll(fixture)
        var (now, seen) = (noon, 0)
        for step in 0..<60 {
            let typed =
                switch step % 5 {
                case 0: code(now / 30)
                case 1: "000000"
                case 2: step < 50 ? codes[step / 5] : codes[0]
                case 3: code(now / 30 + 7)
                default: code(now / 30 + 1)
                }
            _ = try fixture.attempt(typed, at: now, from: "192.0.2.\(step % 11)")
            if step % 9 == 4 {
                let session = try #require(try fixture.store().open(alice))
                let code = try session.withRecord { record in
                    Result { try issue(in: &record, validFor: 600, at: now) }
                }.get()
                try session.commit()
                session.close()
                if step % 2 == 0 { _ = try fixture.attempt(code, at: now, from: "192.0.2.7") }
            }
            if step % 8 == 1 {
                let session = try #require(try fixture.store().open(alice))
                try session.withRecord { record in
                    Result { try trust(UInt8(step), in: &record, at: now) }
                }.get()
                session.withRecord { $0.useTrust(0, at: now + 1, from: Array("fe80::1".utf8)) }
                try session.commit()
                session.close()
            }
            if step % 7 == 3 {
                // Killed after the charge.
                let session = try #require(try fixture.store().open(alice))
                session.withRecord { $0.throttle.charge(at: now, from: here()) }
                try session.charge()
            }
            let second = try #require(try secondReading(fixture, fixture.read(name)))
            #expect(try firstReading(fixture) == second, "step \(step)")
            #expect(second.authenticators[1].key == [UInt8](0..<64))
            seen = max(seen, second.trusted.count)
            now += 900
        }
        let last = try #require(try secondReading(fixture, fixture.read(name)))
        #expect(last.events.count == 7 && last.throttle.sources.count == 8)
        #expect(last.codes.isEmpty && last.temporary?.bootID == Array(0..<16))
        #expect(seen > 1 && last.timesPutOff == 255 && last.epoch > 0 && last.usedKeys.count == 1)
        #expect(last.notices.changes.count == 6 && last.notices.failures > 10)
    }

    @Test("For some mixture of sectors of three writes, the two readers disagree")
    func mixtures() throws {
        let fixture = try StoreFixture()
        _ = try enroll(fixture)
        var stages: [[UInt8]] = []
        for step in 0..<3 as Range<UInt64> {
            let session = try #require(try fixture.store().open(alice))
            session.withRecord { $0.throttle.charge(at: noon, from: here()) }
            try session.charge()
            session.close()
            stages.append(try fixture.read(name))
            _ = try fixture.attempt(code(noonStep + 3 * step), at: noon + 90 * step)
            stages.append(try fixture.read(name))
        }
        var generator = SystemRandomNumberGenerator()
        var (served, refused) = (0, 0)
        for round in 0..<600 {
            var file = stages[round % stages.count]
            for sector in [1, 8, 9, 16, 17] where Bool.random(using: &generator) {
                let range = sector * 512..<(sector + 1) * 512
                let other = stages[Int.random(in: 0..<stages.count, using: &generator)]
                file.replaceSubrange(range, with: other[range])
            }
            if round % 4 == 0 {
                let index = Int.random(in: 0..<file.count, using: &generator)
                file[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            }
            try fixture.write(file, to: name)
            let second = try secondReading(fixture, file)
            #expect(try firstReading(fixture) == second)
            if second == nil { refused += 1 } else { served += 1 }
        }
        #expect(served > 20 && refused > 20)
    }

    @Test("The hash of a backup code is not as documented")
    func backupCode() throws {
        let fixture = try StoreFixture()
        let codes = try enroll(fixture)
        let contents = try #require(try secondReading(fixture, fixture.read(name)))
        #expect(contents.codes.map(\.index) == Array(0..<10))
        for (kept, code) in zip(contents.codes, codes) {
            let symbols = Array(code.filter { $0 != "-" }.utf8)
            let hash = Cryptography.pbkdf2(
                password: symbols.span, salt: kept.salt.span, iterations: 1000, length: 12)
            #expect(hash == kept.hash)
            #expect(code.first == Character("\(kept.index)"))
        }
    }

    @Test("The hash of a temporary code is not as documented")
    func temporaryCode() throws {
        let fixture = try StoreFixture()
        let code = try #require(try enroll(fixture).last)
        let contents = try #require(try secondReading(fixture, fixture.read(name)))
        let kept = try #require(contents.temporary)
        let symbols = Array(code.filter { $0 != "-" }.utf8)
        #expect(symbols.count == 12 && symbols.first == UInt8(ascii: "T"))
        let hash = Cryptography.pbkdf2(
            password: symbols.span, salt: kept.salt.span, iterations: 1000, length: 12)
        #expect(hash == kept.hash)
        #expect((kept.issued, kept.expires, kept.used) == (7, 607, 0))
        #expect(kept.bootID == nil && kept.bootSeconds == nil)
    }

    @Test("The id of a source is not as documented")
    func source() {
        func fnv(_ text: String, from basis: UInt64) -> UInt64 {
            text.utf8.reduce(basis) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        }
        for text in ["", "192.0.2.7", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"] {
            let bytes = Array(text.utf8)
            let id = SourceID(bytes.span)
            #expect(id.high == fnv(text, from: 0xcbf2_9ce4_8422_2325))
            #expect(id.low == fnv(text, from: 0x6c62_272e_07bb_0142))
        }
    }
}
