import TestSupport
import Testing

@testable import OTPCore

@Suite("otp-enroll's requests: what never leaves it")
struct HelperSecrecyTests {
    /// A record with everything that may be in one, as long as one may be.
    private func full() throws -> Record {
        var record = Record()
        var random = Seeded(77)
        for number in 1...5 {
            let label = "authenticator number \(number) of 32 ch".prefix(32)
            let key = random.bytes(64)
            try record.add(phone(String(label), algorithm: .sha512), key: key.span)
        }
        _ = record.makeBackupCodes()
        _ = record.issue(boot: boot(3, 1000))
        for number in 1...8 as ClosedRange<UInt8> {
            let label = try name("SSH key number \(number)")
            let isTrusted = record.trust(
                random.bytes(32), named: label, at: noon, days: 30, most: 8,
                from: random.printable(39))
            try #require(isTrusted)
        }
        for number in 0..<40 {
            record.note(
                Event(
                    .removed, at: noon + UInt64(number), detail: random.printable(40),
                    origin: random.printable(46)))
        }
        for _ in 0..<20 {
            record.throttle.charge(at: noon, from: source("192.0.2.\(random.next() % 200)"))
            record.throttle.succeed(at: noon, from: source("192.0.2.\(random.next() % 200)"))
        }
        return record
    }

    /// Whether any eight bytes of `secret` in a row are in `bytes`.
    private func finds(_ secret: [UInt8], in bytes: [UInt8]) -> Bool {
        let parts = Set((0...secret.count - 8).map { Array(secret[$0..<$0 + 8]) })
        return (0...bytes.count - 8).contains { parts.contains(Array(bytes[$0..<$0 + 8])) }
    }

    @Test("The status has no key, no salt and no hash, and all the rest")
    func redacted() throws {
        let record = try full()
        var secrets: [[UInt8]] = []
        for index in 0..<5 { secrets.append(record.key(of: index)) }
        for index in 0..<10 { secrets.append(record.backupCodes[index]?.bytes ?? []) }
        secrets.append(record.temporaryCode?.hash.bytes ?? [])
        let all = record.encoded
        #expect(secrets.allSatisfy { $0.count >= 20 && finds($0, in: all) })

        let desk = HelperDesk()
        desk.enroll(record)
        let alice = desk.connection()
        let reply = try #require(alice.send(HelperRequest.statusMessage))
        #expect(!secrets.contains { finds($0, in: reply) })
        #expect(reply.count <= HelperReply.maximumLength)

        let bytes = try #require(try alice.ask(HelperRequest.statusMessage).record)
        guard let seen = Record(decoding: bytes.span) else {
            Issue.record("the record cannot be read")
            return
        }
        let (left, made, failures) = (
            seen.backupCodesLeft, seen.backupCodesMade, seen.throttle.failures
        )
        #expect(left == 10 && made == record.backupCodesMade as UInt64)
        #expect(failures == record.throttle.failures as UInt32)
        let isSame =
            seen.authenticators == record.authenticators
            && seen.events.events == record.events.events
            && seen.temporaryCode?.expires == record.temporaryCode?.expires
            && seen.trusted == record.trusted && seen.trusted.count == 8
        #expect(isSame)
    }

    @Test("A redacted record logs nobody in")
    func redactedIsUseless() throws {
        var record = try record(phone())
        let codes = record.makeBackupCodes()
        let temporary = record.issue()
        for typed in [code(noonStep), codes[0], temporary] {
            let desk = HelperDesk()
            desk.enroll(record.redacted())
            let alice = desk.connection()
            guard case .refused? = try alice.prove(typed) else {
                Issue.record("\(typed) was taken")
                continue
            }
        }
    }

    @Test("The key is told once, and the log hears of no code and no key")
    func once() throws {
        let desk = HelperDesk()
        let alice = desk.connection()
        let key = try #require(try alice.begin())
        let codes = try #require(try alice.confirm(code(of: key)).kept).codes
        desk.time += 30
        _ = try alice.prove(code(of: key, at: desk.time))
        for request in [HelperRequest.enrolledMessage, HelperRequest.statusMessage] {
            let reply = try #require(alice.send(request))
            #expect(reply.count < 12 || !finds(key, in: reply))
        }
        for entry in desk.entries {
            let told = "\(entry)"
            #expect(!told.contains(code(of: key)))
            #expect(!codes.contains { told.contains($0) })
        }
        #expect(desk.entries.count == 2)
    }
}
