import TestSupport
import Testing

@testable import OTPCore

/// Used steps belong to the key, whatever its name is and was.
@Suite("Keys that come back")
struct KeyMemoryTests {
    /// Uses the authenticator's code for a step.
    private func use(_ step: UInt64, of record: inout Record, kind: Authenticator.Kind = .totp) {
        record.update(0) {
            $0.nextStep = step + 1
            $0.lastUsed = noon
        }
    }

    @Test("A code is good again after its authenticator was removed, replaced or reset")
    func back() throws {
        let key = exampleKey
        for end in 0..<3 {
            var record = try record(phone(), phone("other"))
            use(noonStep, of: &record)
            switch end {
            case 0: try record.remove(name("phone"))
            case 1:
                let another = [UInt8](repeating: 9, count: 20)
                try record.add(phone(), key: another.span)
            default: record.removeAll()
            }
            try record.add(phone("again"), key: key.span)
            let again = try #require(record.authenticators.last)
            #expect(again.name.text == "again" && again.nextStep == noonStep + 1)
            let verdict = Verifier(window: 1).verify(
                .code(value: UInt32(code(noonStep)) ?? 0, digits: 6), against: &record, at: noon)
            #expect(verdict == .replayed)
        }
    }

    /// HMAC pads a key with zeros, so it shows the same codes.
    @Test("Trailing zeros make another key of a key, whose codes are good again")
    func zeros() throws {
        let (key, longer) = (exampleKey, exampleKey + [0, 0])
        var record = try record(phone())
        use(noonStep, of: &record)
        #expect(throws: Record.ChangeError.keyIsThere(try name("phone"))) {
            try record.add(phone("second"), key: longer.span)
        }
        record.removeAll()
        for bytes in [longer, key] {
            try record.add(phone("again"), key: bytes.span)
            let verdict = Verifier(window: 1).verify(
                .code(value: UInt32(code(noonStep)) ?? 0, digits: 6), against: &record, at: noon)
            #expect(verdict == .replayed)
        }
    }

    @Test("A code is good again because the same key has another period now")
    func periods() throws {
        var record = try record(phone(), phone("other"))
        use(noonStep, of: &record)
        try record.remove(name("phone"))
        let key = exampleKey
        try record.add(phone("again", period: 60), key: key.span)
        // The first 30 s of a 60 s step were used: the whole step counts as used.
        let end = (noonStep + 1) * 30
        #expect(record.authenticators.last?.nextStep == (end + 59) / 60)
    }

    @Test("Used counters are good again, or a lower one is silently accepted")
    func counters() throws {
        let (key, random) = (exampleKey, ScriptedHost.Numbers(host: ScriptedHost()))
        var record = try record(phone(kind: .hotp), phone("other"))
        record.update(0) { $0.nextStep = 3 }
        try record.remove(name("phone"))
        var low = try phone("again", kind: .hotp)
        for counter in [0, 2] as [UInt64] {
            low.nextStep = counter
            let new = Enrollment(
                low, key: Secret(copying: key.span), hasWishedName: true, replaced: nil,
                isFirst: false, epoch: record.epoch)
            let result = try record.enroll(new, at: noon, from: [], random: random)
            #expect(result == .failure(.counterIsUsed(next: 3)))
        }
        try record.add(low, key: key.span)
        #expect(record.authenticators.last?.nextStep == 3)
    }

    @Test("A second name for a key is accepted, or the same name changes it")
    func names() throws {
        let (key, random) = (exampleKey, ScriptedHost.Numbers(host: ScriptedHost()))
        var record = try record(phone())
        use(noonStep, of: &record)
        let before = record.encoded
        #expect(throws: Record.ChangeError.keyIsThere(try name("phone"))) {
            try record.add(phone("second"), key: key.span)
        }
        for (wished, label) in [(false, "phone-2"), (true, "phone"), (true, "second")] {
            let new = Enrollment(
                try phone(label), key: Secret(copying: key.span), hasWishedName: wished,
                replaced: nil, isFirst: false, epoch: record.epoch)
            switch try record.enroll(new, at: noon, from: [], random: random) {
            case .success(let kept):
                #expect(kept.event == nil && kept.authenticator.name.text == "phone")
                #expect(label != "second")
            case .failure(let why):
                #expect(why == .keyIsThere(try name("phone")) && label == "second")
            }
        }
        #expect(record.encoded == before)
    }

    @Test("Too many keys push out a counter before a TOTP key")
    func room() throws {
        var memory = KeyMemory()
        func mark(_ number: UInt8) -> KeyMemory.Mark {
            let key = [UInt8](repeating: number, count: 20)
            return KeyMemory.Mark(of: key.span)
        }
        var token = try phone(kind: .hotp)
        token.nextStep = 9
        memory.remember(token, mark(0))
        var clock = try phone()
        clock.nextStep = 5
        for number in 1...30 as ClosedRange<UInt8> { memory.remember(clock, mark(number)) }
        #expect(memory.entries.count == KeyMemory.capacity)
        #expect(memory.nextStep(of: token, mark(0)) == 9)
        #expect(
            memory.nextStep(of: clock, mark(30)) == 5 && memory.nextStep(of: clock, mark(1)) == 0)
        // For a key that was never used there is nothing to remember.
        memory = KeyMemory()
        memory.remember(try phone(), mark(1))
        #expect(memory.isEmpty)
    }

    @Test("Trust outlives the authenticator that granted it, or ends with another one")
    func trust() throws {
        var record = try record(phone(), phone("other"))
        for (index, label) in ["laptop", "desktop"].enumerated() {
            let fingerprint = [UInt8](repeating: UInt8(index), count: 32)
            #expect(
                record.trust(
                    fingerprint, named: try name(label), at: noon, days: 30, most: 8, from: [],
                    by: index))
        }
        let bytes = record.encoded
        guard let again = Record(decoding: bytes.span) else { throw Trouble("no record") }
        #expect(again.trusted == record.trusted)
        try record.remove(name("phone"))
        #expect(record.trusted.map(\.name.text) == ["desktop"])
        let another = [UInt8](repeating: 9, count: 20)
        try record.add(phone("other"), key: another.span)
        #expect(record.trusted.isEmpty)
    }
}
