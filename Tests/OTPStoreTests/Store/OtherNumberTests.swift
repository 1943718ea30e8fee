import Foundation
import Testing

@testable import OTPCore
@testable import OTPStore

/// alice after `usermod -u`.
private let renumbered = User(name: alice.name, uid: 70_050, gid: 100)
/// alice after `usermod -l`.
private let renamed = User(name: Array("alicia@example.com".utf8), uid: alice.uid, gid: 100)

@Suite("Users with a new UID or name")
struct OtherNumberTests {
    private let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    private func end(_ user: User) throws {
        let session = try #require(try fixture.store().open(user))
        defer { session.close() }
        session.withRecord { $0.removeAll() }
        try session.commit()
    }

    private func isEnrolled(_ user: User) throws(StoreError) -> Bool {
        try fixture.store().isEnrolled(user)
    }

    private func move(_ number: UInt32, _ old: User, _ new: User) throws(StoreError) {
        try fixture.store().move(number, of: old, to: new) { _ in }
    }

    private var records: [String] {
        get throws { try fixture.names(in: "store").filter { UInt32($0) != nil } }
    }

    @Test("A renumbered user counts as not enrolled, or gets a second record")
    func orphan() throws {
        try fixture.enroll()
        #expect(trouble { () throws(StoreError) in _ = try isEnrolled(renumbered) } == .otherUser)
        let made = trouble { () throws(StoreError) in
            try fixture.store().make(Record(), of: renumbered)
        }
        #expect(made == .otherUser)
        #expect(try !isEnrolled(bob))
        // A record without any means to log in is no obstacle.
        try end(alice)
        #expect(try !isEnrolled(renumbered))
        try fixture.store().make(Record(), of: renumbered)
        #expect(try fixture.store().number(of: alice.name) == renumbered.uid)
    }

    @Test("A name file overrides the record's own head")
    func stale() throws {
        try fixture.enroll()
        unlink(fixture.record(of: alice))
        #expect(try !isEnrolled(renumbered))
        // Another user has that UID now.
        try fixture.enroll(User(name: bob.name, uid: alice.uid, gid: 100))
        #expect(try !isEnrolled(renumbered))
    }

    @Test("A damaged name file lets somebody pass, or cannot be repaired")
    func spoilt() throws {
        try fixture.enroll()
        let file = try #require(try fixture.allNames(in: "store").first { $0.hasPrefix("name-") })
        #expect(file.count == 37)
        for bytes in ["", "070001", "70001\n", "99999999999", "x"].map({ Array($0.utf8) }) {
            try fixture.write(bytes, to: "store/\(file)")
            let found = trouble { () throws(StoreError) in _ = try isEnrolled(renumbered) }
            #expect(found == .damaged)
            try fixture.store().noteNames()
            #expect(try fixture.store().number(of: alice.name) == alice.uid)
        }
        // Only the record was restored.
        unlink(fixture.file("store/\(file)"))
        try fixture.store().noteNames()
        #expect(trouble { () throws(StoreError) in _ = try isEnrolled(renumbered) } == .otherUser)
    }

    @Test("A renamed or renumbered user loses something, or used codes are good again")
    func moved() throws {
        for new in [renumbered, renamed, User(name: renamed.name, uid: 70_060, gid: 100)] {
            let fixture = try StoreFixture()
            let codes = try fixture.enroll()
            #expect(
                try fixture.attempt(code(noonStep))
                    == .granted(
                        .code(
                            authenticator: try #require(Name("phone".utf8)), offset: 0)))
            _ = try fixture.attempt(wrong(1))
            let before = try #require(try fixture.state())
            try fixture.store().move(alice.uid, of: alice, to: new) { _ in }
            let after = try #require(try fixture.state(of: new))
            #expect(after.nextSteps == before.nextSteps && after.failures == before.failures)
            #expect(after.backupCodes == before.backupCodes)
            #expect(try fixture.names(in: "store").filter { UInt32($0) != nil } == ["\(new.uid)"])
            #expect(try fixture.allNames(in: "store").count { $0.hasPrefix("name-") } == 1)
            #expect(try fixture.store().number(of: new.name) == new.uid)
            let refused = try fixture.attempt(code(noonStep), as: new)
            #expect(
                refused
                    != .granted(
                        .code(
                            authenticator: try #require(Name("phone".utf8)), offset: 0)))
            if case .granted = try fixture.attempt(codes[2], as: new) {
            } else {
                Issue.record("a backup code does not log in")
            }
            if case .granted = try fixture.attempt(codes[2], as: new) {
                Issue.record("a used backup code logs in")
            }
        }
    }

    @Test("A record with something in it gives way, or an empty one does not")
    func target() throws {
        try fixture.enroll()
        let store = try fixture.store()
        // Enrolled under the new UID before that was the same person's.
        var unused: [String] = []
        try RecordFile.make(
            try fullRecord(&unused), of: renumbered, as: Store.fileName(of: renumbered), in: store)
        _ = try fixture.attempt(code(noonStep + 7), at: noon + 210, as: renumbered)
        #expect(
            trouble { () throws(StoreError) in try move(alice.uid, alice, renumbered) } == .exists)
        #expect(try records == ["\(alice.uid)", "\(renumbered.uid)"])
        try end(renumbered)
        let session = try #require(try store.open(renumbered))
        let epoch = session.withRecord { $0.epoch }
        session.close()
        try move(alice.uid, alice, renumbered)
        #expect(try records == ["\(renumbered.uid)"])
        let moved = try #require(try fixture.store().openForReading(renumbered))
        defer { moved.close() }
        // Codes of the same key that were used there stay used, and void ones stay void.
        #expect(moved.withRecord { $0.authenticators[0].nextStep } == noonStep + 8)
        #expect(moved.withRecord { $0.epoch } > epoch)
    }

    @Test("Interrupted between its steps, it lets somebody in, or loses something when repeated")
    func cutShort() throws {
        let codes = try fixture.enroll()
        // The file has its new name, but its head is the old one.
        rename(fixture.record(of: alice), fixture.record(of: renumbered))
        for user in [renumbered, alice] {
            let found = trouble { () throws(StoreError) in
                #expect(try !isEnrolled(user))
            }
            #expect(found == (user == renumbered ? .otherUser : nil))
        }
        try move(renumbered.uid, alice, renumbered)
        #expect(try records == ["\(renumbered.uid)"])
        #expect(try fixture.state(of: renumbered)?.backupCodes.count == 10)
        if case .granted = try fixture.attempt(codes[0], as: renumbered) {
        } else {
            Issue.record("a backup code does not log in")
        }
    }
}
