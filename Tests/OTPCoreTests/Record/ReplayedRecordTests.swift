import Testing

@testable import OTPCore

@Suite("A record from a backup, after logs that say which backup codes were used")
struct ReplayedRecordTests {
    private let origin = ascii("swiftotp-server restored")

    private func verdict(of code: String, in record: inout Record) -> Verifier.Verdict {
        let typed = ascii(code)
        return Verifier(window: 1).verify(Answer(typed.span), against: &record, at: noon + 600)
    }

    @Test("A code that was used counts again, or one that was not does not")
    func used() throws {
        var record = try record(phone("phone"))
        let codes = record.makeBackupCodes()
        var use = BackupCodeUse()
        for index in [0, 7] { use.note(used: index, ofSetBefore: noon + 60) }
        #expect(record.replay(use, at: noon + 300, origin: origin) == 2)
        // Again, after an interruption.
        #expect(record.replay(use, at: noon + 400, origin: origin) == 0)
        record.restore(
            to: noon + 400, after: 0, codesFloor: 0, window: 1, origin: origin)
        #expect(record.takeUntold().last?.ended == [])
        for index in codes.indices {
            let isUsed = [0, 7].contains(index)
            let verdict = verdict(of: codes[index], in: &record)
            if isUsed {
                #expect(verdict == .usedBackupCode(index: index))
            } else {
                guard case .backupCode(index: index, left: _) = verdict else {
                    Issue.record("\(index): \(verdict)")
                    continue
                }
            }
        }
    }

    @Test("A set loses codes to the use of an earlier one, or none to its own")
    func newerSet() throws {
        for (time, count) in [(noon - 1, 0), (noon, 0), (noon + 1, 1), (UInt64.max, 1)] {
            var record = try record(phone("phone"))
            _ = record.makeBackupCodes()
            var use = BackupCodeUse()
            use.note(used: 3, ofSetBefore: time)
            #expect(record.replay(use, at: noon + 300, origin: origin) == count, "\(time)")
            use = BackupCodeUse()
            use.note(endOfSetBefore: time)
            let rest = count == 0 ? 0 : 9
            #expect(record.replay(use, at: noon + 300, origin: origin) == rest, "\(time)")
        }
    }

    @Test("What two logs know is forgotten, or an index that there is not is a fault")
    func merged() throws {
        var (one, other) = (BackupCodeUse(), BackupCodeUse())
        one.note(used: 1, ofSetBefore: noon + 1)
        one.note(used: 2, ofSetBefore: noon - 1)
        other.note(used: 2, ofSetBefore: noon + 1)
        for index in [-1, 10, .max, .min] { other.note(used: index, ofSetBefore: .max) }
        one.add(other)
        #expect(one.count == 2 && !one.endsAll)
        other.note(endOfSetBefore: noon - 1)
        one.add(other)
        #expect(one.endsAll)
        var record = try record(phone("phone"))
        _ = record.makeBackupCodes()
        #expect(record.replay(one, at: noon + 300, origin: origin) == 2)
        #expect(record.backupCodes[1] == nil && record.backupCodes[2] == nil)
    }

    @Test("A user whose codes all ended is not told, is told twice, or is told that others did")
    func told() throws {
        var record = try record(phone("phone"))
        _ = record.makeBackupCodes()
        _ = record.issue()
        var use = BackupCodeUse()
        use.note(endOfSetBefore: .max)
        // Interrupted, and done again with a record that still had codes.
        #expect(record.replay(use, at: noon + 300, origin: origin) == 10)
        record.renewBackupCodes(
            at: noon + 310, random: { [UInt8](repeating: 7, count: $0) }, { _ in })
        #expect(record.replay(use, at: noon + 400, origin: origin) == 10)
        _ = record.takeUntold()
        record.restore(
            to: noon + 400, after: noon, codesFloor: 0, window: 1, origin: origin)
        #expect(record.takeUntold().map(\.ended) == [[.backupCodes, .temporaryCode]])
        #expect(record.happened.count { $0.kind == .restored } == 1)
        #expect(record.events.events.count { $0.kind == .restored } == 1)
        #expect(record.notices.changes.count { $0.kind == .restored } == 1)
        // The next one has nothing to end, and takes nothing back of the last.
        record.restore(
            to: noon + 900, after: noon + 400, codesFloor: 0, window: 1, origin: origin)
        #expect(record.takeUntold().map(\.ended) == [[]])
        #expect(record.happened.count { $0.kind == .restored } == 2)
    }

    @Test("A user who had nothing but codes counts as one who is not enrolled")
    func staysEnrolled() {
        var record = Record()
        let codes = record.makeBackupCodes()
        var use = BackupCodeUse()
        for index in 0..<9 { use.note(used: index, ofSetBefore: .max) }
        #expect(record.replay(use, at: noon + 300, origin: origin) == 9)
        #expect(record.isEnrolled && record.backupCodesLeft == 1)
        use.note(used: 9, ofSetBefore: .max)
        #expect(record.replay(use, at: noon + 300, origin: origin) == 1)
        #expect(record.isEnrolled == true)
        record.restore(
            to: noon + 400, after: 0, codesFloor: 0, window: 1, origin: origin)
        #expect(record.isEnrolled == true)
        for code in codes {
            if case .backupCode = verdict(of: code, in: &record) { Issue.record("\(code)") }
        }
    }

    @Test("Codes end that an earlier restore left, or stay that it should have ended")
    func floors() throws {
        for (codesFloor, left) in [(0, 10), (noon - 1, 10), (noon, 0)] as [(UInt64, Int)] {
            var record = try record(phone("phone"))
            _ = record.makeBackupCodes()
            record.restore(
                to: noon + 400, after: 0, codesFloor: codesFloor, window: 1, origin: origin)
            #expect(record.backupCodesLeft == left, "\(codesFloor)")
            let ended: [Event.Ended] = left == 0 ? [.backupCodes] : []
            #expect(record.takeUntold().map(\.ended) == [ended])
        }
    }
}
