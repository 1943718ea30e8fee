import Testing

@testable import OTPCore

@Suite("The bytes of a record, part by part")
struct RecordPartTests {
    /// The bytes of the record decoded from `bytes`; `nil` if it was refused.
    private func recoded(_ bytes: [UInt8]) -> [UInt8]? {
        guard let record = Record(decoding: bytes.span) else { return nil }
        return record.encoded
    }

    /// What follows the count of postponed enrollments in an empty record.
    private var tail: [UInt8] { Array(Record().encoded.suffix(10)) }

    /// Whether an empty record is accepted with `bytes` in place of the temporary code.
    private func recoded(temporary bytes: [UInt8]) -> Bool {
        let empty = Record().encoded
        let whole = Array(empty[..<11]) + bytes + Array(empty[12...])
        guard let record = Record(decoding: whole.span) else { return false }
        return record.encoded == whole
    }

    @Test("A temporary code has a fourth form, or a form another length")
    func temporaryForms() {
        #expect(recoded(temporary: [0]))
        for (form, length) in [(1, 44), (2, 68)] as [(UInt8, Int)] {
            #expect(recoded(temporary: [form] + [UInt8](repeating: 7, count: length)))
            #expect(!recoded(temporary: [form] + [UInt8](repeating: 7, count: length - 1)))
            #expect(!recoded(temporary: [form] + [UInt8](repeating: 7, count: length + 1)))
        }
        for form in 3...UInt8.max {
            for length in [0, 44, 68] {
                #expect(!recoded(temporary: [form] + [UInt8](repeating: 0, count: length)))
            }
        }
    }

    @Test("Notices with a long origin, an invalid reminder or seven changes are read")
    func notices() {
        let empty = Record().encoded
        let head = Array(empty.dropLast(19 + tail.count))
        let told = [UInt8](repeating: 3, count: 6)
        func isRead(_ notices: [UInt8]) -> Bool { recoded(head + notices + [0, 0] + tail) != nil }
        let counts = [UInt8](repeating: 0, count: 12)
        #expect(isRead(counts + [0, 0, 0, 0, 0]))
        #expect(isRead(counts + [0, 1, 0, 0, 0]))
        #expect(!isRead(counts + [0, 2, 0, 0, 0]))
        let origin = [UInt8](repeating: 0x61, count: 47)
        #expect(isRead(counts + [46] + origin.dropLast() + [0, 0, 0, 0]))
        #expect(!isRead(counts + [47] + origin + [0, 0, 0, 0]))
        let change: [UInt8] = [3] + [UInt8](repeating: 0, count: 10)
        for count in 0...8 as ClosedRange<UInt8> {
            let log = Array([[UInt8]](repeating: change, count: Int(count)).joined())
            let whole = counts + [0, 0, count, 0, UInt8(log.count)] + log
            #expect(isRead(whole + told.prefix(Int(count))) == (count <= 6))
            if count > 0 {
                #expect(!isRead(whole + told.prefix(Int(count) - 1)))
                #expect(!isRead(whole + told.prefix(Int(count) - 1) + [4]))
            }
        }
    }

    /// A trusted key as in docs/FILEFORMAT.md.
    private func trusted(
        _ name: String = "laptop", nameLength: Int? = nil, address: [UInt8] = ascii("192.0.2.7"),
        addressLength: Int? = nil
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 9, count: 32)
        for time in [1, 2, 3] as [UInt64] { bytes.append(bigEndian: time) }
        bytes.append(UInt8(nameLength ?? name.utf8.count))
        bytes += ascii(name)
        bytes.append(UInt8(addressLength ?? address.count))
        return bytes + address + [UInt8](repeating: 5, count: 16)
    }

    /// An empty record up to its trusted keys.
    private var head: [UInt8] { Array(Record().encoded.dropLast(2 + tail.count)) }

    /// Whether a record with only these trusted keys is read unchanged.
    private func isRead(_ keys: [UInt8], count: UInt8 = 1, timesPutOff: [UInt8] = [0]) -> Bool {
        let whole = head + [count] + keys + timesPutOff + tail
        guard let again = recoded(whole) else { return false }
        return again == whole
    }

    @Test("A trusted key is read wrong in some field")
    func trustedKey() throws {
        let whole = head + [1] + trusted() + [7] + tail
        guard let record = Record(decoding: whole.span) else {
            Issue.record("it was refused")
            return
        }
        #expect(record.timesPutOff == 7)
        #expect(record.trusted.count == 1)
        let key = try #require(record.trusted.first)
        #expect(key.fingerprint == [UInt8](repeating: 9, count: 32))
        #expect(key.name.text == "laptop" && text(key.address) == "192.0.2.7")
        #expect((key.since, key.until, key.lastUsed) == (1, 2, 3))
    }

    @Test("Eight trusted keys are not read, or nine, or a wrong count is")
    func trustedCount() {
        for count in 0...10 as ClosedRange<UInt8> {
            let keys = (0..<Int(count)).flatMap { trusted("key \($0)") }
            #expect(isRead(keys, count: count) == (count <= 8), "\(count)")
            #expect(!isRead(keys, count: count + 1))
            #expect(!isRead(keys, count: .max))
            if count > 0 { #expect(!isRead(keys, count: count - 1)) }
        }
    }

    @Test("A trusted key's name is not 1 to 16 bytes, or not a name")
    func trustedName() {
        for length in 0...40 {
            let name = String(repeating: "n", count: length)
            #expect(isRead(trusted(name)) == (1...16).contains(length), "\(length)")
        }
        for name in [" a", "a ", "a:b", "a\"b", "a\\b", "a\nb", "a\u{7f}", "caf\u{e9}"] {
            #expect(!isRead(trusted(name)), "\(name.debugDescription)")
        }
        for length in 0...255 where length != 6 {
            #expect(!isRead(trusted(nameLength: length)), "\(length)")
        }
    }

    @Test("A trusted key's address is longer than 39 bytes, or not printable")
    func trustedAddress() {
        for length in 0...60 {
            let address = [UInt8](repeating: UInt8(ascii: "a"), count: length)
            #expect(isRead(trusted(address: address)) == (length <= 39), "\(length)")
        }
        for byte in 0...UInt8.max {
            let isPrintable = (0x21...0x7e).contains(byte)
            #expect(isRead(trusted(address: [0x61, byte])) == isPrintable, "\(byte)")
        }
        for length in 0...255 where length != 9 {
            #expect(!isRead(trusted(addressLength: length)), "\(length)")
        }
    }

    @Test("The number of postponements is not one byte")
    func timesPutOff() {
        for times in 0...UInt8.max { #expect(isRead(trusted(), timesPutOff: [times])) }
        #expect(!isRead(trusted(), timesPutOff: []))
        #expect(!isRead(trusted(), timesPutOff: [0, 0]))
    }

    @Test("An epoch is lost, or more used keys are read than there is room for")
    func usedKeys() {
        let head = Array(Record().encoded.dropLast(tail.count))
        let behind = Array(tail.dropFirst(9))
        let epoch: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
        for count in 0...12 as ClosedRange<UInt8> {
            let keys = (0..<count).flatMap { [UInt8](repeating: $0, count: 32) }
            let whole = head + epoch + [count] + keys + behind
            #expect((recoded(whole) == whole) == (count <= 10), "\(count)")
            #expect(recoded(head + epoch + [count + 1] + keys + behind) == nil)
        }
        let bytes = head + epoch + Array(tail.dropFirst(8))
        if let record = Record(decoding: bytes.span) {
            #expect(record.epoch == 0x0102_0304_0506_0708)
        } else {
            Issue.record("it was refused")
        }
    }
}
