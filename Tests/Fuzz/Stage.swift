/// The person at the keyboard, who answers what the input says.
final class Stage {
    var tape: Tape
    private var time: UInt64 = 0
    private var record: Summary?
    private var last: [UInt8] = []
    private var isJoined = false

    init(_ tape: Tape) { self.tape = tape }

    func begin(at time: UInt64, _ record: Summary?, joined: Bool) {
        (self.time, self.record, isJoined) = (time, record, joined)
    }

    /// The answer to a question; `nil` if the conversation fails.
    func answer(to question: [UInt8]) -> [UInt8]?? {
        if tape.isOver { return .none }
        let byte = tape.byte()
        var typed: [UInt8]
        switch byte & 15 {
        case 0: return .none
        case 1: return .some(nil)
        case 2: typed = []
        case 3: typed = tape.text()
        case 4, 5, 6: typed = code(of: Int(byte >> 4))
        case 7: typed = Array(Scene.codes[Int(byte >> 4) % BackupCode.setSize].utf8)
        case 8: typed = Array(Scene.temporaryCode.utf8)
        case 9: typed = last
        case 10: typed = shownCode(in: question)
        case 11: typed = Array(["i", "a", "y", "yes laptop", "n", "Y x"][Int(byte >> 4) % 6].utf8)
        case 12: typed = Array("00000\(byte >> 4)".utf8)
        case 13: typed = [UInt8](repeating: UInt8(ascii: "1"), count: 600)
        case 14:
            typed = code(of: Int(byte >> 4))
            typed.insert(UInt8(ascii: " "), at: typed.count / 2)
        default: typed = Array("hunter2".utf8) + code(of: Int(byte >> 4))
        }
        last = typed
        return isJoined && byte & 15 != 15 ? Array("secret".utf8) + typed : typed
    }

    /// A code of one of the user's devices, some steps from the current one.
    private func code(of index: Int) -> [UInt8] {
        guard let record, !record.authenticators.isEmpty else { return Array("123456".utf8) }
        let index = index % record.authenticators.count
        let device = record.authenticators[index]
        let offset = Int8(bitPattern: tape.byte()) % 16
        let step = device.currentStep(at: time) &+ UInt64(bitPattern: Int64(offset))
        return HOTP.typed(step, of: device, record.keys[index])
    }

    /// The code for a key shown in a question, as an app would show it.
    private func shownCode(in question: [UInt8]) -> [UInt8] {
        question.shownKey.map { code(of: $0) } ?? Array("654321".utf8)
    }

    /// The code of a new device, or a near miss.
    func code(of key: [UInt8]) -> [UInt8] {
        guard let name = Name("app".utf8), let device = Authenticator(name: name, added: 0) else {
            mistake("no device")
        }
        let step = TOTP.step(at: time, period: 30) &+ UInt64(tape.byte() & 3) &- 1
        return HOTP.typed(step, of: device, key)
    }
}

extension HOTP {
    /// A code as it is typed.
    static func typed(_ step: UInt64, of device: Authenticator, _ key: [UInt8]) -> [UInt8] {
        let code = HOTP.code(
            key: key.span, factor: step, algorithm: device.algorithm, digits: device.digits)
        return Array(HOTP.text(code, digits: device.digits).utf8)
    }
}

extension [UInt8] {
    /// The key that a question shows for typing into an app.
    var shownKey: [UInt8]? {
        for line in split(separator: UInt8(ascii: "\n")) where line.starts(with: "Key: ".utf8) {
            let symbols = Array(line.dropFirst(5))
            return Base32.decode(symbols.span)?.withBytes { $0.array }
        }
        return nil
    }
}
