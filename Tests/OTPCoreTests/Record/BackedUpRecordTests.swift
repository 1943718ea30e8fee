import Testing

@testable import OTPCore

@Suite("A record from a backup that takes another one's place")
struct BackedUpRecordTests {
    private func terms(
        window: UInt8 = 1, keepsCodes: Bool = false, bringsBack: Bool = false
    ) -> RestoreTerms {
        RestoreTerms(at: noon, window: window, keepsCodes: keepsCodes, bringsBack: bringsBack)
    }

    private func used(_ kind: Authenticator.Kind, next: UInt64, drift: Int16 = 0) throws -> Record {
        var authenticator = try phone(kind: kind)
        (authenticator.nextStep, authenticator.drift) = (next, drift)
        return try record(authenticator)
    }

    @Test(
        "A step that could have been used counts again, or later ones do not",
        arguments: [0, 1, 10])
    func steps(window: UInt8) throws {
        for isHere in [false, true] {
            var record = try used(.totp, next: 5)
            let here = isHere ? try used(.totp, next: 9) : Record()
            _ = record.restore(over: here, terms(window: window))
            #expect(record.authenticators[0].nextStep == noonStep + UInt64(window) + 1)
        }
        var record = try used(.totp, next: 5)
        _ = record.restore(over: try used(.totp, next: noonStep + 99, drift: 90), terms())
        #expect(record.authenticators[0].nextStep == noonStep + 99)
        #expect(record.authenticators[0].drift == 90)
    }

    @Test("A counter goes back, or goes on although nobody knows it")
    func counters() throws {
        var known = try used(.hotp, next: 5)
        #expect(known.restore(over: try used(.hotp, next: 9), terms()).waiting.isEmpty)
        #expect(known.authenticators[0].nextStep == 9 && !known.authenticators[0].awaitsResync)
        var older = try used(.hotp, next: 12)
        _ = older.restore(over: try used(.hotp, next: 9), terms())
        #expect(older.authenticators[0].nextStep == 12)
        var unknown = try used(.hotp, next: 5)
        let done = unknown.restore(over: Record(), terms())
        #expect(done.waiting.map(\.text) == ["phone"] && done.ended == [.counter])
        #expect(unknown.authenticators[0].awaitsResync)
        // Restored a second time, it still waits.
        var again = try used(.hotp, next: 5)
        #expect(again.restore(over: unknown, terms()).waiting.count == 1)
        var believed = try used(.hotp, next: 5)
        #expect(believed.restore(over: Record(), terms(keepsCodes: true)).waiting.isEmpty)
        #expect(believed.authenticators[0].nextStep == 5)
    }

    @Test("Backup codes stay good, or the admin's word that they do has no effect or too much")
    func backupCodes() throws {
        func backup() throws -> Record {
            var record = try record(phone())
            _ = record.makeBackupCodes()
            return record
        }
        var ended = try backup()
        let all = try ended.restore(over: backup(), terms())
        #expect(all.codesEnded == 10 && all.ended == [.backupCodes] && ended.backupCodesLeft == 0)
        // They were made since.
        var without = try record(phone())
        #expect(without.restore(over: try backup(), terms()).ended == [.backupCodes])
        var kept = try backup()
        let none = kept.restore(over: Record(), terms(keepsCodes: true))
        #expect(none.codesEnded == 0 && none.ended.isEmpty && kept.backupCodesLeft == 10)
        // Some were used here since.
        var here = try backup()
        (here.backupCodes[3], here.backupCodes[7]) = (nil, nil)
        var rest = try backup()
        #expect(rest.restore(over: here, terms(keepsCodes: true)).codesEnded == 2)
        #expect(rest.backupCodes == here.backupCodes)
        // There are new ones.
        here.renewBackupCodes(
            at: noon + 9, random: { [UInt8](repeating: 3, count: $0) }, { _ in })
        var renewed = try backup()
        _ = renewed.restore(over: here, terms(keepsCodes: true))
        #expect(renewed.backupCodes == here.backupCodes)
    }

    @Test("A temporary code, trust, or what was begun before goes on")
    func others() throws {
        var record = try record(phone())
        var random = [UInt8](repeating: 1, count: TemporaryCode.randomLength)
        record.issueTemporaryCode(
            at: noon - 9, validFor: 3600, boot: nil, random: &random,
            salt: [UInt8](repeating: 0, count: HashedCode.saltLength)
        ) { _ in }
        let isTrusted = record.trust(
            [UInt8](repeating: 4, count: 32), named: try name("laptop"), at: noon, days: 30,
            most: 8, from: [])
        #expect(isTrusted)
        var here = Record()
        here.raiseEpoch(at: noon + 1000)
        // The code here is the one that counts, and there is none.
        #expect(record.restore(over: here, terms()).ended.isEmpty)
        #expect(record.trusted.isEmpty)
        #expect(record.temporaryCode?.state(at: noon + 1, boot: nil) == .expired)
        #expect(record.epoch > noon + 1000)
        var fresh = try OTPCoreTests.record(phone())
        _ = fresh.issue()
        #expect(fresh.restore(over: Record(), terms()).ended == [.temporaryCode])
        #expect(fresh.epoch >= noon)
    }

    @Test("An authenticator that was removed since comes back, or not when it should")
    func removed() throws {
        func backup() throws -> Record {
            var (first, second) = (try phone(), try phone("tablet"))
            (first.nextStep, second.nextStep) = (5, 5)
            return try OTPCoreTests.record(first, second)
        }
        var here = try backup()
        try here.remove(try name("phone"))
        var record = try backup()
        let done = record.restore(over: here, terms())
        #expect(done.removed.map(\.text) == ["phone"] && !done.isEnded)
        #expect(record.authenticators.map(\.name.text) == ["tablet"])
        var brought = try backup()
        #expect(brought.restore(over: here, terms(bringsBack: true)).removed.isEmpty)
        #expect(brought.authenticators.count == 2)
        here.removeAll()
        var reset = try backup()
        #expect(reset.restore(over: here, terms()).isEnded)
    }

    @Test("What an authenticator used that the backup does not have is forgotten")
    func lost() throws {
        let here = try used(.hotp, next: 9)
        var record = try OTPCoreTests.record()
        let done = record.restore(over: here, terms())
        #expect(done.lost.map(\.text) == ["phone"])
        let key = exampleKey
        try record.add(try phone(kind: .hotp), key: key.span)
        #expect(record.authenticators[0].nextStep == 9)
    }

    @Test("Failures, or what a user has yet to be told, are forgotten")
    func history() throws {
        var here = try record(phone())
        here.note(Event(.reset, at: noon - 5, detail: [], origin: []))
        here.notices.failed(at: noon, from: [])
        var record = try OTPCoreTests.record(phone())
        _ = record.restore(over: here, terms())
        #expect(record.happened.map(\.kind) == [.reset])
        #expect(record.notices.failures.count == 1)
    }
}
