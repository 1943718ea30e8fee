import Foundation
import Testing

@testable import OTPCore
@testable import OTPStore

@Suite("Who counts as enrolled")
struct EnrolledTests {
    private func isEnrolled(_ fixture: StoreFixture, _ user: User = alice) throws(StoreError)
        -> Bool
    {
        try fixture.store().isEnrolled(user)
    }

    /// Changes the record of alice permanently.
    private func change(_ fixture: StoreFixture, _ change: (inout Record) -> Void) throws {
        let session = try #require(try fixture.store().open(alice))
        defer { session.close() }
        session.withRecord { change(&$0) }
        try session.commit()
    }

    /// Gives the record a temporary code.
    private func issue(_ record: inout Record) -> String {
        var random = [UInt8](0..<11)
        var code = ""
        record.issueTemporaryCode(
            at: noon, validFor: 600, boot: nil, random: &random, salt: [UInt8](0..<8)
        ) { code = $0 }
        return code
    }

    @Test("A user without a record, or with an empty one, counts as enrolled")
    func nothing() throws {
        let fixture = try StoreFixture()
        #expect(try !isEnrolled(fixture))
        try fixture.enroll()
        #expect(try isEnrolled(fixture))
        #expect(try !isEnrolled(fixture, bob))
        try change(fixture) { record in
            record.removeAll()
            record.note(Event(.reset, at: noon, detail: [], origin: Array("x".utf8)))
        }
        #expect(try !isEnrolled(fixture))
        #expect(try fixture.store().hasRecord(of: alice))
        let told = try #require(try fixture.store().openForReading(alice))
        defer { told.close() }
        #expect(told.withRecord { $0.notices.changes.map(\.kind) } == [.reset])
    }

    @Test("A temporary code does not count until it is used")
    func temporary() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        var code = ""
        try change(fixture) { record in
            record.removeAll()
            code = issue(&record)
        }
        #expect(try isEnrolled(fixture))
        #expect(try fixture.attempt(code, at: noon + 601) == .refused(.expired))
        #expect(try isEnrolled(fixture))
        #expect(try fixture.attempt(code, at: noon + 599) == .granted(.temporaryCode))
        #expect(try !isEnrolled(fixture))
        #expect(try fixture.attempt(code, at: noon + 599) == .refused(.noRecord))
    }

    @Test("A record that cannot be relied on is not an error")
    func trouble() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        let path = "store/\(alice.uid)"
        let good = try fixture.read(path)
        for damage in [[], Array(good.dropLast()), good.map { $0 ^ 1 }] {
            try fixture.write(damage, to: path)
            #expect(throws: StoreError.self) { try isEnrolled(fixture) }
        }
        try fixture.write(good, to: path, mode: 0o644)
        #expect(throws: StoreError(.unsafe, [], "")) { try isEnrolled(fixture) }
        try fixture.write(good, to: path)
        #expect(try isEnrolled(fixture))
        #expect(throws: StoreError(.otherUser, [], "")) {
            try isEnrolled(fixture, User(name: Array("alicia".utf8), uid: alice.uid, gid: 100))
        }
    }

    @Test("CLOCK_BOOTTIME stands still, or the boot has no id")
    func boot() throws {
        let clock = SystemClock()
        let first = try #require(clock.boot())
        let text = try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        let digits = text.filter(\.isHexDigit)
        #expect(first.id.map { String(format: "%02x", $0) }.joined() == digits)
        let uptime = try String(contentsOfFile: "/proc/uptime", encoding: .utf8)
        let seconds = try #require(uptime.split(separator: ".").first.flatMap { UInt64($0) })
        #expect(first.seconds <= seconds && seconds - first.seconds <= 5)
        usleep(1_100_000)
        let second = try #require(clock.boot())
        #expect(second.id == first.id && second.seconds > first.seconds)
    }
}
