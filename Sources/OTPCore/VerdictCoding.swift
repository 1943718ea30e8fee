// What a code of a new authenticator comes to, as swiftotpd tells it (docs/PROTOCOL.md).

extension Confirmation.Verdict {
    func encode(into output: inout [UInt8]) {
        switch self {
        case .right(let nextStep, let skew):
            output.append(0)
            output.append(bigEndian: nextStep)
            output.append(bigEndian: Int64(skew))
        case .offClock(let steps):
            output.append(1)
            output.append(bigEndian: Int64(steps))
        case .ignored(let settings):
            output.append(2)
            output.append(settings.reduce(0) { $0 | $1.bit })
        case .wrong: output.append(3)
        }
    }

    init?(decoding input: Span<UInt8>, _ cursor: inout Cursor) {
        switch cursor.byte(input) {
        case 0:
            guard let nextStep = cursor.uint64(input), let skew = cursor.uint64(input) else {
                return nil
            }
            self = .right(nextStep: nextStep, skew: Int(Int64(bitPattern: skew)))
        case 1:
            guard let steps = cursor.uint64(input) else { return nil }
            self = .offClock(steps: Int(Int64(bitPattern: steps)))
        case 2:
            guard let bits = cursor.byte(input), (1...7).contains(bits) else { return nil }
            self = .ignored(Confirmation.Setting.all.filter { bits & $0.bit != 0 })
        case 3: self = .wrong
        default: return nil
        }
    }
}

extension Confirmation.Setting {
    static var all: [Confirmation.Setting] { [.algorithm, .digits, .period] }

    var bit: UInt8 {
        switch self {
        case .algorithm: 1
        case .digits: 2
        case .period: 4
        }
    }
}
