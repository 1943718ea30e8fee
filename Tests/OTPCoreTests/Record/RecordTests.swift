import TestSupport
import Testing

@testable import OTPCore

@Suite("The record")
struct RecordTests {
    /// A recognizable key: `length` times the byte `fill`.
    private func key(_ fill: UInt8, _ length: Int = 20) -> [UInt8] {
        [UInt8](repeating: fill, count: length)
    }

    @Test("A new record is not empty")
    func empty() {
        let record = Record()
        #expect(record.authenticators.isEmpty)
        #expect(record.backupCodesLeft == 0)
        #expect(record.backupCodes.count == 10)
        #expect(record.throttle == Throttle())
        #expect(record.events.events.isEmpty)
        #expect(record.key(of: 0).isEmpty)
        #expect(record.key(of: -1).isEmpty)
        #expect(record.key(of: .max).isEmpty)
    }

    @Test("An authenticator loses its key when others are added, replaced or removed")
    func keys() throws {
        var record = Record()
        let lengths = [16, 64, 20, 32, 17]
        for (index, label) in ["a", "b", "c", "d", "e"].enumerated() {
            let key = key(UInt8(index + 1), lengths[index])
            try record.add(phone(label), key: key.span)
        }
        // A shorter key replaces a longer one between two others.
        let short = key(9, 16)
        try record.add(phone("b", digits: 8), key: short.span)
        #expect(record.authenticators.map(\.name.text) == ["a", "b", "c", "d", "e"])
        #expect(record.authenticators[1].digits == 8)
        #expect(record.key(of: 1) == short)
        #expect(record.key(of: 2) == key(3, 20))

        try record.remove(name("c"))
        #expect(record.authenticators.map(\.name.text) == ["a", "b", "d", "e"])
        #expect(record.key(of: 0) == key(1, 16))
        #expect(record.key(of: 1) == short)
        #expect(record.key(of: 2) == key(4, 32))
        #expect(record.key(of: 3) == key(5, 17))
        #expect(record.key(of: 4).isEmpty)

        let last = key(6, 64)
        try record.add(phone("f"), key: last.span)
        #expect(record.authenticators.map(\.name.text) == ["a", "b", "d", "e", "f"])
        #expect(record.key(of: 4) == last)
        for label in ["f", "a", "e", "b", "d"] { try record.remove(name(label)) }
        #expect(record.authenticators.isEmpty)
        #expect(record.key(of: 0).isEmpty)
    }

    @Test("A random history mixes up keys and authenticators")
    func history() throws {
        var generator = Seeded(5)
        var record = Record()
        var expected: [(name: String, key: [UInt8])] = []
        for _ in 0..<2000 {
            let label = "p\(Int.random(in: 0..<7, using: &generator))"
            let index = expected.firstIndex { $0.name == label }
            if Bool.random(using: &generator) {
                let key = generator.bytes(Int.random(in: 10...64, using: &generator))
                let fits = index != nil || expected.count < 5
                #expect(add(label, key, to: &record) == (fits ? nil : .full))
                if let index {
                    expected[index].key = key
                } else if fits {
                    expected.append((label, key))
                }
            } else {
                #expect(remove(label, from: &record) == (index == nil ? .noSuchAuthenticator : nil))
                if let index { expected.remove(at: index) }
            }
            #expect(record.authenticators.map(\.name.text) == expected.map(\.name))
            for (index, entry) in expected.enumerated() {
                #expect(record.key(of: index) == entry.key)
            }
        }
    }

    private func add(
        _ label: String, _ key: [UInt8], to record: inout Record
    ) -> Record.ChangeError? {
        guard let authenticator = try? phone(label) else { return nil }
        do throws(Record.ChangeError) {
            try record.add(authenticator, key: key.span)
            return nil
        } catch {
            return error
        }
    }

    private func remove(_ label: String, from record: inout Record) -> Record.ChangeError? {
        guard let name = Name(label.utf8) else { return nil }
        do throws(Record.ChangeError) {
            try record.remove(name)
            return nil
        } catch {
            return error
        }
    }

    @Test("Five authenticators do not fit, or a sixth is added")
    func full() {
        var record = Record()
        for (index, label) in ["a", "b", "c", "d", "e"].enumerated() {
            #expect(add(label, key(UInt8(index)), to: &record) == nil)
        }
        #expect(add("f", key(8), to: &record) == .full)
        #expect(record.authenticators.count == 5)
        #expect(add("e", key(9), to: &record) == nil)
        #expect(record.key(of: 4) == key(9))
        #expect(remove("f", from: &record) == .noSuchAuthenticator)
        #expect(remove("a", from: &record) == nil)
        #expect(add("f", key(0), to: &record) == nil)
    }

    @Test("Keys below 80 or above 512 bits are accepted, or a short one is not marked")
    func keyLengths() {
        for length in [0, 1, 9, 65, 128, 1000] {
            var record = Record()
            #expect(add("a", key(1, length), to: &record) == .keyLength)
            #expect(record.authenticators.isEmpty)
            #expect(add("a", key(2), to: &record) == nil)
            #expect(add("a", key(1, length), to: &record) == .keyLength)
            #expect(record.key(of: 0) == key(2))
        }
        for length in [10, 15, 16, 20, 32, 64] {
            var record = Record()
            #expect(add("a", key(1, length), to: &record) == nil)
            #expect(record.key(of: 0).count == length)
            #expect(record.hasShortKey(at: 0) == (length < 16))
            #expect(record.hasShortKey(at: 1) == false)
        }
    }

    @Test("Other than 6 to 8 digits, or periods outside 15 to 120 s, are accepted")
    func ranges() throws {
        let name = try name("a")
        for digits in UInt8.min...UInt8.max {
            let made = Authenticator(name: name, digits: digits, added: 0)
            #expect((made != nil) == (6...8).contains(digits))
        }
        for period in UInt16(0)...200 {
            let made = Authenticator(name: name, period: period, added: 0)
            #expect((made != nil) == (15...120).contains(period))
        }
    }

    @Test("A name is accepted that is long, not printable, or breaks out of quotes")
    func names() {
        for good in [
            "a", "phone", "my phone", "YubiKey 5", "it's", String(repeating: "x", count: 32),
        ] {
            #expect(Name(good.utf8)?.text == good)
        }
        let bad = [
            "", " ", " a", "a ", "a\"b", "a\\b", "a:b", "a\nb", "a\u{0}", "\u{7f}", "é", "電話",
            String(repeating: "x", count: 33), "a\u{1b}[2J",
        ]
        for bad in bad { #expect(Name(bad.utf8) == nil, "\(bad.debugDescription)") }
    }
}
