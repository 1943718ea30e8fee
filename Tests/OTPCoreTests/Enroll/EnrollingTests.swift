import TestSupport
import Testing

@testable import OTPCore

/// The one rule for adding an authenticator to a record, and the one loop that changes a record.
@Suite("Enrolling into a record, and changing it")
struct EnrollingTests {
    private let origin = ascii("test")

    private func new(
        _ name: String = "phone", isWished: Bool = false, replaced: UInt64? = nil,
        isFirst: Bool = false, epoch: UInt64 = 0, key: [UInt8] = exampleKey(of: 9)
    ) throws -> Enrollment {
        Enrollment(
            try phone(name), key: Secret(copying: key.span), hasWishedName: isWished,
            replaced: replaced, isFirst: isFirst, epoch: epoch)
    }

    private func enroll(
        _ new: borrowing Enrollment, into record: inout Record
    ) throws -> Result<Enrollment.Kept, Enrollment.Refusal> {
        try record.enroll(
            new, at: noon, from: origin, random: ScriptedHost.Numbers(host: ScriptedHost()))
    }

    @Test("The first authenticator comes without backup codes, or without an event")
    func first() throws {
        var record = Record()
        let kept = try enroll(new(isFirst: true), into: &record).get()
        #expect(Set(kept.backupCodes).count == 10 && record.backupCodesLeft == 10)
        #expect(kept.authenticator.name.text == "phone" && !kept.hasReplaced)
        #expect(kept.event?.kind == .added && record.events.events.last == kept.event)
        #expect(kept.event?.origin == origin)
    }

    @Test("Remaining backup codes end when another authenticator is added")
    func second() throws {
        var record = Record()
        _ = try enroll(new(), into: &record).get()
        let kept = try enroll(new("tablet", key: exampleKey(of: 8)), into: &record).get()
        #expect(kept.backupCodes.isEmpty && record.backupCodesLeft == 10)
        #expect(record.authenticators.map(\.name.text) == ["phone", "tablet"])
    }

    @Test("A user is enrolled whom somebody else enrolled meanwhile")
    func meanwhile() throws {
        var record = try record(phone("other"))
        let before = record.encoded
        #expect(try enroll(new(isFirst: true), into: &record) == .failure(.enrolledMeanwhile))
        #expect(record.encoded == before)
    }

    @Test("A name taken meanwhile is used again, or is an error although no name was asked for")
    func taken() throws {
        var record = try record(phone())
        let before = record.encoded
        #expect(try enroll(new(isWished: true), into: &record) == .failure(.nameTaken))
        #expect(record.encoded == before)
        let kept = try enroll(new(), into: &record).get()
        #expect(kept.authenticator.name.text == "phone-2" && !kept.hasReplaced)
    }

    @Test("An authenticator is replaced without consent, or one stays that was to be replaced")
    func replaced() throws {
        var record = try record(phone())
        let added = record.authenticators[0].added
        let kept = try enroll(new(isWished: true, replaced: added), into: &record).get()
        #expect(kept.hasReplaced && record.authenticators.count == 1)
        // Another authenticator of that name has replaced it.
        for isWished in [true, false] {
            let late = try new(
                isWished: isWished, replaced: added + 1, epoch: record.epoch,
                key: exampleKey(of: 8))
            #expect(try enroll(late, into: &record) == .failure(.nameTaken))
        }
        // It is gone already.
        record = Record()
        let alone = try enroll(new(isWished: true, replaced: added), into: &record).get()
        #expect(!alone.hasReplaced && record.authenticators.count == 1)
    }

    @Test("A sixth authenticator is accepted, or refused without an error of its own")
    func full() throws {
        var record = try record(phone("a"), phone("b"), phone("c"), phone("d"), phone("e"))
        let before = record.encoded
        #expect(try enroll(new("sixth"), into: &record) == .failure(.full))
        #expect(record.encoded == before)
        let added = record.authenticators[2].added
        #expect(throws: Never.self) { try enroll(new("c", replaced: added), into: &record).get() }
    }

    @Test("Free names are not numbered starting with phone")
    func names() throws {
        #expect(Name.free(beside: [])?.text == "phone")
        #expect(Name.free(beside: [try name("phone"), try name("phone-3")])?.text == "phone-2")
    }

    // MARK: The loop

    @Test("A change is written that was not to be stored, or the other way round")
    func edits() throws {
        let host = ScriptedHost()
        let store = ScriptedHost.Records(host: host)
        let alice = User(name: ascii("alice"), uid: 1000, gid: 1000)
        #expect(try store.edit(alice, makesRecord: false) { (_) in .kept(1) } == nil)
        try host.enroll()
        #expect(try store.edit(alice, makesRecord: false) { (_) in .left(2) } == 2)
        #expect(!host.journal.entries.contains("commit"))
        #expect(try store.edit(alice, makesRecord: false) { (_) in .kept(3) } == 3)
        #expect(host.journal.entries.contains("commit"))
    }

    @Test("A record that is made and removed all the time is tried for ever")
    func fleeting() throws {
        let journal = Journal()
        let alice = User(name: ascii("alice"), uid: 1000, gid: 1000)
        #expect(throws: StoreError(.busy, [], "")) {
            try BusyRecordTests.Fleeting(journal: journal)
                .edit(alice, makesRecord: true) { (_) in .kept(()) }
        }
        #expect(journal.entries.count { $0 == "make" } == 16)
    }
}

extension Enrollment.Kept: Equatable {
    public static func == (left: Enrollment.Kept, right: Enrollment.Kept) -> Bool {
        left.event == right.event && left.backupCodes == right.backupCodes
    }
}
