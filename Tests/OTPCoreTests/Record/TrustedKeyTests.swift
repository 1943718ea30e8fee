import Testing

@testable import OTPCore

/// A fingerprint that belongs to no key.
func fingerprint(_ number: UInt8) -> [UInt8] { [UInt8](repeating: number, count: 32) }

@Suite("Trusted keys")
struct TrustedKeyTests {
    private let day: UInt64 = 86_400

    private func key(
        since: UInt64 = noon, until: UInt64 = noon + 30 * 86_400, lastUsed: UInt64? = nil
    ) throws -> TrustedKey {
        try #require(
            TrustedKey(
                fingerprint: fingerprint(1), name: name("laptop"), since: since, until: until,
                lastUsed: lastUsed ?? since, address: ascii("192.0.2.7"), origin: exampleMark))
    }

    /// Trusts a key with this number, and returns whether there was room.
    @discardableResult
    private func trust(
        _ number: UInt8, in record: inout Record, at now: UInt64 = noon, days: UInt8 = 30,
        most: UInt8 = 8
    ) throws -> Bool {
        record.trust(
            fingerprint(number), named: try name("key \(number)"), at: now, days: days,
            most: most, from: ascii("192.0.2.\(number)"))
    }

    private func numbers(_ record: borrowing Record) -> [UInt8] {
        record.trusted.compactMap(\.fingerprint.first)
    }

    // MARK: How long

    @Test("It is not trusted from its first second to the one before its end")
    func term() throws {
        let key = try key()
        let end = noon + 30 * day
        for (now, isLive) in [
            (noon - 61, false), (noon - 60, true), (noon - 1, true), (noon, true),
            (noon + 1, true), (noon + 15 * day, true), (end - 1, true), (end, false),
            (end + 1, false), (0, false), (.max, false),
        ] as [(UInt64, Bool)] {
            #expect(key.isLive(at: now, days: 30) == isLive, "\(Int64(bitPattern: now &- noon))")
        }
    }

    @Test("A lower number of days does not apply at once, or a higher one adds time")
    func changedDays() throws {
        let key = try key()
        for days in [1, 2, 29, 30, 31, 90, 255] as [UInt8] {
            let end = noon + min(UInt64(days), 30) * day
            #expect(key.end(days: days) == end)
            #expect(key.isLive(at: end - 1, days: days) && !key.isLive(at: end, days: days))
        }
        #expect(!key.isLive(at: noon, days: 0))
    }

    @Test("Using a trusted key prolongs its trust")
    func fixed() throws {
        var record = try record(phone())
        try trust(1, in: &record)
        for elapsed in stride(from: 0, to: 30 * day, by: 3600) {
            let now = noon + elapsed
            #expect(record.liveTrust(in: fingerprint(1), at: now, days: 30) == 0)
            record.useTrust(0, at: now, from: ascii("192.0.2.9"))
            #expect(record.trusted[0].lastUsed == now)
            #expect(record.trusted[0].until == noon + 30 * day)
        }
        #expect(text(record.trusted[0].address) == "192.0.2.9")
        #expect(record.liveTrust(in: fingerprint(1), at: noon + 30 * day, days: 30) == nil)
    }

    @Test("A clock set back to before the last use prolongs it")
    func clockBack() throws {
        let key = try key(lastUsed: noon + 10 * day)
        for (now, isLive) in [
            (noon, false), (noon + 10 * day - 61, false), (noon + 10 * day - 60, true),
            (noon + 10 * day, true),
        ] {
            #expect(key.isLive(at: now, days: 30) == isLive)
        }
        var record = try record(phone())
        try trust(1, in: &record)
        record.useTrust(0, at: noon + 100, from: [])
        record.useTrust(0, at: noon + 50, from: [])
        #expect(record.trusted[0].lastUsed == noon + 100)
        record.useTrust(1, at: noon + 200, from: [])
        #expect(record.trusted[0].lastUsed == noon + 100)
    }

    @Test("Times at the end of the range trap")
    func edges() throws {
        let last = try key(since: .max, until: .max)
        #expect(last.end(days: 255) == .max)
        #expect(!last.isLive(at: .max, days: 255) && last.isLive(at: .max - 60, days: 255))
        var record = try record(phone())
        #expect(try trust(1, in: &record, at: .max - 1, days: 255))
        #expect(record.trusted[0].until == .max)
        #expect(record.liveTrusts(at: .max - 1, days: 255) == 1)
    }

    // MARK: In a record

    @Test("In a record it is trusted with a wrong clock, or before an authenticator's last use")
    func inRecord() throws {
        var record = try record(phone(), phone("b"))
        try trust(1, in: &record)
        func isLive(_ now: UInt64, _ number: UInt8 = 1) -> Bool {
            record.liveTrust(in: fingerprint(number), at: now, days: 30) != nil
        }
        #expect(isLive(noon) && isLive(noon + day) && !isLive(noon, 2))
        record.update(1) { $0.lastUsed = noon + day }
        for (now, isExpected) in [
            (noon, false), (noon + day - 61, false), (noon + day - 60, true), (noon + day, true),
        ] {
            #expect(isLive(now) == isExpected)
        }
        record.update(1) { $0.lastUsed = .max }
        #expect(!isLive(noon + day) && isLive(noon) == false)
    }

    @Test("A key is trusted before the first release, whatever is stored")
    func earliest() throws {
        var record = try record(phone())
        for (number, since) in [(1, 0), (2, MachineTime.earliest - 1)] as [(UInt8, UInt64)] {
            try trust(number, in: &record, at: since, days: 90)
        }
        for now in [0, 1, MachineTime.earliest - 1] {
            for number in [1, 2] as [UInt8] {
                #expect(record.liveTrust(in: fingerprint(number), at: now, days: 90) == nil)
            }
        }
        let index = record.liveTrust(in: fingerprint(2), at: MachineTime.earliest, days: 90)
        #expect(index != nil)
    }

    @Test("A key is trusted without anything else to log in with")
    func nobody() throws {
        var record = Record()
        try trust(1, in: &record)
        #expect(record.liveTrust(in: fingerprint(1), at: noon, days: 30) == nil)
        _ = record.makeBackupCodes()
        #expect(record.liveTrust(in: fingerprint(1), at: noon, days: 30) == 0)
    }

    @Test("Part of a fingerprint matches")
    func fingerprints() throws {
        var record = try record(phone())
        try trust(1, in: &record)
        for place in 0..<32 {
            var other = fingerprint(1)
            other[place] ^= 0x80
            #expect(record.liveTrust(in: other, at: noon, days: 30) == nil)
            #expect(record.revokeTrust(in: other) == nil)
        }
        for length in [0, 1, 31, 33, 64] {
            let other = [UInt8](repeating: 1, count: length)
            #expect(record.liveTrust(in: other, at: noon, days: 30) == nil)
            let isTrusted = record.trust(
                other, named: try name("x"), at: noon, days: 30, most: 8, from: [])
            #expect(!isTrusted)
        }
        #expect(numbers(record) == [1])
    }
}

extension TrustedKeyTests {
    @Test("Trusting a key again does not replace time and name")
    func again() throws {
        var record = try record(phone())
        for number in [1, 2, 3] as [UInt8] { try trust(number, in: &record) }
        let isTrusted = record.trust(
            fingerprint(2), named: try name("new"), at: noon + 5, days: 2, most: 3, from: [])
        #expect(isTrusted && numbers(record) == [1, 3, 2])
        let key = try #require(record.trusted.last)
        #expect(key.name.text == "new" && key.since == noon + 5 && key.lastUsed == noon + 5)
        #expect(key.until == noon + 5 + 2 * day && key.address.isEmpty)
    }

    @Test("More or fewer than trust_max keys fit, or ended ones take up room")
    func room() throws {
        for most in [0, 1, 3, 8, 9, 255] as [UInt8] {
            var record = try record(phone())
            let room = min(most, 8)
            for number in 0..<room { #expect(try trust(number, in: &record, most: most)) }
            #expect(try !trust(99, in: &record, most: most))
            #expect(numbers(record) == Array(0..<room))
            if room > 0 {
                // The same key takes no further room, and an expired one frees its own.
                #expect(try trust(0, in: &record, at: noon + 1, most: most))
                if room > 1 { #expect(try !trust(99, in: &record, at: noon + 1, most: most)) }
                #expect(try trust(99, in: &record, at: noon + 1 + 30 * day, most: most))
                #expect(numbers(record) == [99])
            }
        }
    }

    @Test("Revoking ends another key, or does not say which")
    func revoke() throws {
        var record = try record(phone())
        for number in [1, 2, 3] as [UInt8] { try trust(number, in: &record) }
        #expect(record.liveTrusts(at: noon, days: 30) == 3)
        #expect(record.liveTrusts(at: noon + 30 * day, days: 30) == 0)
        #expect(record.revokeTrust(in: fingerprint(2))?.text == "key 2")
        #expect(record.revokeTrust(in: fingerprint(2)) == nil)
        #expect(numbers(record) == [1, 3])
        #expect(record.revokeAllTrust() == 2)
        #expect(record.revokeAllTrust() == 0)
        #expect(record.trusted.isEmpty)
    }

    @Test("A reset does not end the trust, or lets enrolling be put off")
    func removeAll() throws {
        var record = Record()
        record.timesPutOff = 3
        try trust(1, in: &record)
        record.removeAll()
        #expect(record.trusted.isEmpty && record.timesPutOff == 255)
        let key = exampleKey
        try record.add(phone(), key: key.span)
        #expect(record.timesPutOff == 255)
        record.removeAll()
        #expect(record.timesPutOff == 255 && !record.isEnrolled)
    }

    @Test("Names and addresses that do not fit are kept")
    func parts() throws {
        let long = try name("seventeen letters")
        #expect(
            TrustedKey(
                fingerprint: fingerprint(1), name: long, since: 0, until: 0, lastUsed: 0,
                address: [], origin: exampleMark) == nil)
        var record = try record(phone())
        let address = ascii("fe80::1 %\n\u{7f}") + [0xff] + [UInt8](repeating: 0x61, count: 100)
        #expect(
            record.trust(
                fingerprint(1), named: try name("sixteen letters!"), at: noon, days: 1, most: 1,
                from: address))
        let kept = record.trusted[0].address
        #expect(text(kept) == "fe80::1?%???" + String(repeating: "a", count: 27))
        record.useTrust(0, at: noon, from: address.reversed())
        #expect(text(record.trusted[0].address) == String(repeating: "a", count: 39))
    }
}
