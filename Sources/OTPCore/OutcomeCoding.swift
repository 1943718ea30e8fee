// How a try ended, as swiftotpd tells it (docs/PROTOCOL.md).

extension Outcome {
    /// Appends the outcome to `output`: a byte that says which, then what it carries.
    func encode(into output: inout [UInt8]) {
        switch self {
        case .granted(.code(let name, let offset)):
            output.append(0)
            output.append(UInt8(truncatingIfNeeded: name.bytes.count))
            output.append(copying: name.bytes.span)
            output.append(bigEndian: Int64(offset))
        case .granted(.backupCode(let index, let left)):
            output.append(1)
            output.append(UInt8(truncatingIfNeeded: index))
            output.append(UInt8(truncatingIfNeeded: left))
        case .granted(.temporaryCode): output.append(2)
        case .refused(let refusal):
            output.append(refusal.number)
            output.append(bigEndian: refusal.amount)
        }
    }

    /// Reads what `encode` wrote; `nil` where the bytes are no outcome.
    init?(decoding input: Span<UInt8>, _ cursor: inout Cursor) {
        guard let number = cursor.byte(input) else { return nil }
        switch number {
        case 0:
            guard let length = cursor.byte(input),
                let name = cursor.bytes(Int(length), of: input).flatMap({ Name($0) }),
                let offset = cursor.uint64(input)
            else { return nil }
            self = .granted(
                .code(authenticator: name, offset: Int(Int64(bitPattern: offset))))
        case 1:
            guard let index = cursor.byte(input), let left = cursor.byte(input) else { return nil }
            self = .granted(.backupCode(index: Int(index), left: Int(left)))
        case 2: self = .granted(.temporaryCode)
        default:
            guard let amount = cursor.uint64(input),
                let refusal = Refusal(number: number, amount: amount)
            else { return nil }
            self = .refused(refusal)
        }
    }
}

extension Outcome.Refusal {
    /// Which one it is, from 16 on.
    var number: UInt8 {
        switch self {
        case .wrong: 16
        case .replayed: 17
        case .usedBackupCode: 18
        case .usedTemporaryCode: 19
        case .expired: 20
        case .outsideWindow: 21
        case .malformed: 22
        case .empty: 23
        case .throttled: 24
        case .closed: 25
        case .noRecord: 26
        case .unknownUser: 27
        case .clock: 28
        case .clockMovedBack: 29
        case .unproven: 30
        case .notEnrolled: 31
        case .enrolledMeanwhile: 32
        }
    }

    /// What it carries: steps in two's complement, or seconds; 0 for nothing.
    var amount: UInt64 {
        switch self {
        case .outsideWindow(let offset): UInt64(bitPattern: Int64(offset))
        case .throttled(let seconds): seconds
        case .clockMovedBack(let seconds): seconds
        default: 0
        }
    }

    init?(number: UInt8, amount: UInt64) {
        switch number {
        case 16: self = .wrong
        case 17: self = .replayed
        case 18: self = .usedBackupCode
        case 19: self = .usedTemporaryCode
        case 20: self = .expired
        case 21: self = .outsideWindow(offset: Int(Int64(bitPattern: amount)))
        case 22: self = .malformed
        case 23: self = .empty
        case 24: self = .throttled(seconds: amount)
        case 25: self = .closed
        case 26: self = .noRecord
        case 27: self = .unknownUser
        case 28: self = .clock
        case 29: self = .clockMovedBack(seconds: amount)
        case 30: self = .unproven
        case 31: self = .notEnrolled
        case 32: self = .enrolledMeanwhile
        default: return nil
        }
    }
}
