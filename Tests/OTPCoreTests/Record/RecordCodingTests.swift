import TestSupport
import Testing

@testable import OTPCore

@Suite("The bytes of a record")
struct RecordCodingTests {
    /// The bytes of the record decoded from `bytes`; `nil` if it was refused.
    private func recoded(_ bytes: [UInt8]) -> [UInt8]? {
        guard let record = Record(decoding: bytes.span) else { return nil }
        return record.encoded
    }

    /// A record with random contents in every field.
    private func random(_ generator: inout Seeded) throws -> Record {
        var record = Record()
        for index in 0..<Int.random(in: 0...5, using: &generator) {
            var authenticator = try phone(
                "p\(index)"
                    + String(repeating: "x", count: Int.random(in: 0...30, using: &generator)),
                kind: Bool.random(using: &generator) ? .totp : .hotp,
                algorithm: HashAlgorithm.allCases.randomElement(using: &generator) ?? .sha1,
                digits: .random(in: 6...8, using: &generator),
                period: .random(in: 15...120, using: &generator))
            authenticator.drift = .random(in: .min ... .max, using: &generator)
            authenticator.nextStep = generator.next()
            authenticator.lastUsed = generator.next()
            let key = generator.bytes(Int.random(in: 10...64, using: &generator))
            try record.add(authenticator, key: key.span)
        }
        if Bool.random(using: &generator) {
            _ = record.makeBackupCodes(seed: generator.next())
            for index in 0..<10 where Bool.random(using: &generator) {
                record.backupCodes[index] = nil
            }
        }
        for number in 0..<Int.random(in: 0...12, using: &generator) {
            record.throttle.charge(at: generator.next(), from: source("\(number % 3)"))
            if number % 2 == 0 {
                record.throttle.succeed(at: generator.next(), from: source("\(number)"))
            }
        }
        record.throttle.opensAt = generator.next()
        for _ in 0..<Int.random(in: 0...20, using: &generator) {
            let detail = generator.bytes(Int.random(in: 0...70, using: &generator))
            let kind = Event.Kind(rawValue: .random(in: 1...17, using: &generator)) ?? .login
            record.note(Event(kind, at: generator.next(), detail: detail, origin: detail))
        }
        if Bool.random(using: &generator) { randomTemporaryCode(&record, &generator) }
        record.notices.remindsOfBackupCodes = Bool.random(using: &generator)
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            record.notices.failed(at: generator.next(), from: generator.printable(50))
        }
        try randomTrust(&record, &generator)
        record.epoch = generator.next()
        for _ in 0..<Int.random(in: 0...12, using: &generator) {
            var used = try phone(kind: Bool.random(using: &generator) ? .totp : .hotp)
            used.nextStep = generator.next()
            let key = generator.bytes(20)
            record.keyMemory.remember(used, KeyMemory.Mark(of: key.span))
            record.refusedAnswers.append(generator.next())
        }
        return record
    }

    /// Trusts some keys in `record`, at the times of any clock.
    private func randomTrust(_ record: inout Record, _ generator: inout Seeded) throws {
        for index in 0..<Int.random(in: 0...8, using: &generator) {
            let address = generator.bytes(Int.random(in: 0...60, using: &generator))
            let label = "k\(index)" + (Bool.random(using: &generator) ? " of a long name" : "")
            let key = TrustedKey(
                fingerprint: generator.bytes(32), name: try name(String(label.prefix(16))),
                since: generator.next(), until: generator.next(), lastUsed: generator.next(),
                address: address, origin: exampleMark)
            record.trusted.append(try #require(key))
        }
        record.timesPutOff = .random(in: 0...255, using: &generator)
    }

    /// Gives `record` a temporary code, used or not, with or without a boot time.
    private func randomTemporaryCode(_ record: inout Record, _ generator: inout Seeded) {
        var random = generator.bytes(TemporaryCode.randomLength)
        let boot = BootTime(id: generator.bytes(16), seconds: generator.next())
        record.issueTemporaryCode(
            at: generator.next(), validFor: generator.next(),
            boot: Bool.random(using: &generator) ? boot : nil, random: &random,
            salt: generator.bytes(HashedCode.saltLength)
        ) { _ in }
        if Bool.random(using: &generator) { record.temporaryCode?.used = generator.next() }
    }

    @Test("Random records lose something when encoded")
    func roundTrip() throws {
        var generator = Seeded(1)
        for _ in 0..<100 {
            let record = try random(&generator)
            let bytes = record.encoded
            #expect(bytes.count <= Record.maximumEncodedLength)
            guard let read = Record(decoding: bytes.span) else {
                Issue.record("a record of \(bytes.count) bytes was refused")
                return
            }
            #expect(read.authenticators == record.authenticators)
            for index in 0..<5 { #expect(read.key(of: index) == record.key(of: index)) }
            #expect(read.backupCodes == record.backupCodes)
            #expect(read.backupCodesMade == record.backupCodesMade)
            #expect(read.throttle == record.throttle)
            #expect(read.temporaryCode == record.temporaryCode)
            #expect(read.events == record.events)
            #expect(read.notices == record.notices)
            #expect(read.trusted == record.trusted)
            #expect(read.timesPutOff == record.timesPutOff)
            #expect(read.epoch == record.epoch && read.keyMemory == record.keyMemory)
            #expect(read.refusedAnswers == record.refusedAnswers)
            #expect(read.encoded == bytes)
        }
    }

    @Test("The fullest record does not fit")
    func longest() throws {
        var record = Record()
        let key = [UInt8](repeating: 1, count: 64)
        for index in 0..<20 {
            var one = key
            one[0] = UInt8(index)
            var phone = try phone("\(index % 5)" + String(repeating: "x", count: 31))
            phone.nextStep = .max
            try record.add(phone, key: one.span)
        }
        for number in 0..<20 as Range<UInt64> { record.refusedAnswers.append(number) }
        _ = record.makeBackupCodes()
        for index in 0..<20 {
            record.throttle.succeed(at: .max, from: source("\(index)"))
            record.throttle.charge(at: .max, from: source("newcomer \(index)"))
            record.note(Event(.added, at: .max, detail: key + key, origin: key + key))
        }
        record.notices.failed(at: .max, from: key)
        var random = Array(key.prefix(TemporaryCode.randomLength))
        record.issueTemporaryCode(
            at: noon, validFor: 600, boot: BootTime(id: Array(key.prefix(16)), seconds: .max),
            random: &random, salt: Array(key.prefix(8))
        ) { _ in }
        for index in 0..<8 {
            let added = record.trust(
                [UInt8](repeating: UInt8(index), count: 32),
                named: try name("\(index)aaaaaaaaaaaaaaa"),
                at: .max - 1, days: 90, most: 8, from: key)
            #expect(added)
        }
        #expect(record.throttle.sources.count == 8)
        #expect(record.events.count == 7 && record.notices.changes.count == 6)
        // The rest is reserved for later versions; it must not become less.
        #expect(Record.maximumEncodedLength - record.encoded.count == 14)
        #expect(recoded(record.encoded) == record.encoded)
    }

    @Test("An empty record does not have the documented bytes")
    func empty() {
        // No authenticators; backup codes never made, none live; no temporary code; no failures,
        // sources, newcomers, forgiven failures or permanent closing; no events; no failures to
        // report, reminder or changes; no trusted keys, no postponed enrollment; no epoch, used
        // keys or refused answers.
        let notices = 4 + 8 + 1 + 1 + 3
        let length = 1 + 8 + 2 + 1 + 4 + 8 + 1 + 1 + 8 + 8 + 3 + notices + 2 + 8 + 1 + 1
        #expect(Record().encoded == [UInt8](repeating: 0, count: length))
    }

    @Test("Two authenticators with one name or key, six of them, or an eleventh code are read")
    func inconsistent() throws {
        let one = try record(phone("a")).encoded
        let two = try record(phone("a"), phone("b")).encoded
        let rest = one.suffix(Record().encoded.count - 1)
        let entry = Array(one[1..<one.count - rest.count])
        #expect(two.count == one.count + entry.count)
        #expect(recoded([1] + entry + rest) == one)
        #expect(recoded([2] + entry + entry + rest) == nil)
        let sameKey = try record(phone("b")).encoded[1..<1 + entry.count]
        #expect(recoded([2] + entry + sameKey + rest) == nil)
        var six: [UInt8] = [6]
        for (index, label) in ["a", "b", "c", "d", "e", "f"].enumerated() {
            var other = Record()
            let key = exampleKey(of: index)
            try other.add(phone(label), key: key.span)
            six += other.encoded[1..<1 + entry.count]
        }
        #expect(recoded(six + rest) == nil)
        six[0] = 5
        #expect(recoded(Array(six.prefix(1 + 5 * entry.count)) + rest) != nil)

        var codes = Record()
        _ = codes.makeBackupCodes()
        var bytes = codes.encoded
        #expect(Array(bytes[9...10]) == [0x03, 0xff])
        bytes[9] = 0x07
        bytes.insert(contentsOf: [UInt8](repeating: 0, count: HashedCode.length), at: 11)
        #expect(recoded(bytes) == nil)
    }
}
