import TestSupport
import Testing

@testable import OTPCore

@Suite("Where codes are sent, and how many were")
struct MessagingTests {
    private func record() throws -> Record {
        var record = try OTPCoreTests.record(phone())
        for (kind, text) in [(MessageKind.mail, "a@example.com"), (.sms, "+4712345642")] {
            record.setContact(try contact(kind, text), kind)
        }
        return record
    }

    private func contact(
        _ kind: MessageKind, _ text: String, since: UInt64 = noon
    ) throws -> Contact { try #require(Contact(kind, text, since: since)) }

    /// The record read back from its bytes.
    private func recoded(_ record: borrowing Record) throws -> Record {
        guard let read = Record(decoding: record.encoded.span) else { throw Unreadable() }
        return read
    }

    private struct Unreadable: Error {}

    private func send(_ record: inout Record, at now: UInt64 = noon) -> String {
        var code = ""
        var random = [UInt8](repeating: 9, count: MessageCode.randomLength)
        record.makeMessageCode(
            .sms, at: now, boot: boot(1, 5000), random: &random,
            salt: [UInt8](repeating: 1, count: HashedCode.saltLength)
        ) { code = $0 }
        return code
    }

    @Test("A contact is taken that is no address of its kind, or that a record has no room for")
    func contacts() {
        for text in [
            "alice", "alice@", "a b@example.com", "a@b.example\nBcc: x@example.com", "",
            String(repeating: "x", count: 60) + "@" + String(repeating: "y", count: 40),
        ] { #expect(Contact(.mail, text, since: 0) == nil, "\(text)") }
        for text in ["", "+", "12", "+47x", "-i", "+1234567890123456", "a@example.com"] {
            #expect(Contact(.sms, text, since: 0) == nil, "\(text)")
        }
        #expect(Contact(.mail, "alice@example.com", since: 0)?.masked == "a...@example.com")
        #expect(Contact(.sms, "+47 123 45 642", since: 0)?.text == "+4712345642")
    }

    @Test("Contacts, a code or the times of codes are lost in a record")
    func coding() throws {
        var record = try record()
        for number in 0..<7 as Range<UInt64> { _ = send(&record, at: noon + number) }
        let read = try recoded(record)
        #expect(read.messaging == record.messaging && read.encoded == record.encoded)
        #expect(read.messaging.times == (2..<7).map { noon + $0 })
        record.language = Language("sv".utf8)
        let both = try recoded(record)
        #expect(both.messaging == record.messaging && both.language == record.language)
        for count in record.encoded.indices {
            let part = Array(record.encoded.prefix(count))
            if let shorter = Record(decoding: part.span) {
                #expect(shorter.messaging.isEmpty, "cut to \(count) bytes")
            }
        }
    }

    @Test("The fullest record with contacts does not fit, or loses what was changed")
    func fullest() throws {
        var record = try record()
        let address =
            String(repeating: "x", count: 49) + "@" + String(repeating: "y", count: 46) + ".org"
        record.setContact(try contact(.mail, address, since: .max), .mail)
        record.setContact(try contact(.sms, "+123456789012345", since: .max), .sms)
        for number in 0..<5 as Range<UInt64> { _ = send(&record, at: .max - number) }
        let long = [UInt8](repeating: 0x41, count: 64)
        for _ in 0..<9 { record.note(Event(.added, at: .max, detail: long, origin: long)) }
        #expect(record.events.events.count == 4 && record.notices.changes.count == 6)
        // As in the test of the fullest record without them, there the log has seven events.
        let messaging = record.encoded.count
        record.messaging = Messaging()
        for _ in 0..<9 { record.note(Event(.added, at: .max, detail: long, origin: long)) }
        #expect(record.events.events.count == 7)
        #expect(messaging <= record.encoded.count + 1)
    }

    @Test("A code outlives a new contact, a reset or another epoch's end")
    func ends() throws {
        var record = try record()
        let epoch = record.epoch
        _ = send(&record)
        #expect(record.messaging.code != nil && record.epoch == epoch)
        record.setContact(nil, .mail)
        #expect(record.messaging.code == nil && record.epoch > epoch)
        _ = send(&record, at: noon + 60)
        record.removeAll()
        #expect(record.messaging.code == nil && record.messaging.contacts.isEmpty)
        // A reset gives no new codes either.
        #expect(record.messaging.wait(at: noon + 61) != nil)
    }

    @Test("A clock that was wrong once blocks codes for ever, or one that is moved back frees them")
    func clock() throws {
        var messaging = Messaging()
        messaging.count(at: noon + 86_400)
        #expect(messaging.wait(at: noon) == nil)
        messaging.count(at: noon)
        #expect(messaging.wait(at: noon - 600) == 60)
        var count = MessageCount()
        #expect(count.take(at: noon + 86_400, most: 1) && !count.take(at: noon, most: 1))
        #expect(!count.take(at: noon + 3599, most: 1) && count.take(at: noon + 3600, most: 1))
        #expect(MessageCount(decoding: count.encoded.span) == count)
        #expect(MessageCount(decoding: [1, 2, 3].span) == nil)
    }

    @Test("Codes are not equally likely, or their digits are lost")
    func digits() throws {
        #expect(MessageCode(value: 42).text == "00000042")
        let random = [UInt8](repeating: 255, count: 8)
        guard let code = MessageCode(random: random.span) else { throw Unreadable() }
        #expect(code.text == "09551615" && code.value == 9_551_615)
        let isMade = MessageCode(random: Array(random.dropFirst()).span) != nil
        #expect(!isMade)
    }
}
