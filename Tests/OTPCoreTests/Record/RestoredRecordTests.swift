import Testing

@testable import OTPCore

@Suite("A record from a backup")
struct RestoredRecordTests {
    private let verifier = Verifier(window: 1)

    private func restored(_ kind: Authenticator.Kind = .totp) throws -> Record {
        var record = try record(phone("phone", kind: kind))
        record.restore(to: noon, window: 1, origin: [])
        return record
    }

    @Test("A step that could have been used counts again, or later ones do not")
    func steps() throws {
        var record = try restored()
        let key = record.key(of: 0)
        for offset in -1...3 {
            let step = noonStep + UInt64(offset + 1) - 1
            let code = HOTP.code(key: key.span, factor: step, algorithm: .sha1, digits: 6)
            let now = max(noon, step * 30)
            let verdict = verifier.verify(.code(value: code, digits: 6), against: &record, at: now)
            #expect((verdict == .code(index: 0, offset: 0)) == (offset >= 2), "\(offset)")
        }
    }

    @Test("With a greater window, a step that a device ahead of the clock has used counts again")
    func window() throws {
        var record = try record(phone("phone"))
        record.restore(to: noon, window: 10, origin: [])
        let key = record.key(of: 0)
        for offset in [9, 10, 11] as [UInt64] {
            let step = noonStep + offset
            let code = HOTP.code(key: key.span, factor: step, algorithm: .sha1, digits: 6)
            let verdict = Verifier(window: 10).verify(
                .code(value: code, digits: 6), against: &record, at: step * 30)
            #expect((verdict == .code(index: 0, offset: 0)) == (offset == 11), "\(offset)")
        }
    }

    @Test("A counter is accepted before a resync, or is not after it")
    func counters() throws {
        var record = try restored(.hotp)
        let key = record.key(of: 0)
        func code(_ step: UInt64) -> UInt32 {
            HOTP.code(key: key.span, factor: step, algorithm: .sha1, digits: 6)
        }
        for step in 0..<12 {
            let verdict = verifier.verify(
                .code(value: code(UInt64(step)), digits: 6), against: &record, at: noon)
            #expect(verdict == .wrong)
        }
        let resync = Resync(
            .code(value: code(20), digits: 6), .code(value: code(21), digits: 6), of: nil)
        guard case .granted? = resync?.run(on: &record, at: noon) else {
            Issue.record("not found")
            return
        }
        let verdict = verifier.verify(
            .code(value: code(22), digits: 6), against: &record, at: noon)
        #expect(verdict == .code(index: 0, offset: 0))
    }

    @Test("Codes from before are good, or those from after are not")
    func codes() throws {
        for (made, isGood) in [(noon - 1, false), (noon, false), (noon + 1, true)] {
            var record = try record(phone("phone"))
            record.renewBackupCodes(
                at: made, random: { [UInt8](repeating: 7, count: $0) }, { _ in })
            var random = [UInt8](repeating: 1, count: TemporaryCode.randomLength)
            record.issueTemporaryCode(
                at: made, validFor: 3600, boot: nil, random: &random,
                salt: [UInt8](repeating: 0, count: HashedCode.saltLength)
            ) { _ in }
            record.restore(to: noon, window: 1, origin: [])
            #expect(record.backupCodesLeft == (isGood ? 10 : 0))
            let state = record.temporaryCode?.state(at: noon + 2, boot: nil)
            #expect(state == (isGood ? .live : .expired))
        }
    }

    @Test("A user counts as one who is not enrolled, who had nothing but codes")
    func staysEnrolled() {
        var record = Record()
        var codes: [String] = []
        record.renewBackupCodes(
            at: noon, random: { [UInt8](repeating: 7, count: $0) }, { codes.append($0) })
        record.restore(to: noon, window: 1, origin: [])
        #expect(record.isEnrolled && record.backupCodesLeft == 10)
        for code in codes {
            let typed = Array(code.utf8)
            let verdict = verifier.verify(Answer(typed.span), against: &record, at: noon)
            #expect(verdict == .wrong)
        }
    }

    @Test("The user is not told, or what was begun before goes on")
    func told() throws {
        var record = try record(phone("phone"))
        let epoch = record.epoch
        record.restore(to: noon, window: 1, origin: Array("swiftotp-server restored".utf8))
        #expect(record.epoch > epoch)
        let told = record.takeUntold()
        #expect(told.map(\.kind) == [.restored] && told.first?.ended == [])
    }

    @Test("A user is told that something ended that had, or is not told what did")
    func ended() throws {
        var full = try record(phone("phone"), phone("fob", kind: .hotp))
        _ = full.makeBackupCodes()
        _ = full.issue()
        full.restore(to: noon, window: 1, origin: [])
        #expect(full.takeUntold().map(\.ended) == [[.backupCodes, .temporaryCode, .counter]])
        // Expired, or made since.
        var rest = try record(phone("phone"))
        _ = rest.issue(at: noon - 90_000)
        rest.restore(to: noon, window: 1, origin: [])
        _ = rest.makeBackupCodes()
        rest.restore(to: noon - 1, window: 1, origin: [])
        #expect(rest.takeUntold().map(\.ended) == [[], []])
        var nothing = Record()
        nothing.restore(to: noon, window: 1, origin: [])
        #expect(nothing.takeUntold().isEmpty)
    }
}
