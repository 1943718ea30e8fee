import CLinux

/// Which calls fail, and how; and when the process is killed.
struct Faults {
    enum Kind: Equatable {
        case number(CInt)
        /// Only half of a read or write is done.
        case short
    }

    private var steps: [(skips: UInt8, kind: Kind, lasts: Bool)] = []
    private var current = 0
    private var passed: UInt8 = 0
    /// Whether any call has failed.
    private(set) var hasStruck = false
    /// The number of calls until the process is killed; 0 for never. It goes on here, but its calls
    /// have no effect any more.
    private var callsLeft = 0
    /// Whether the process was killed.
    private(set) var isOver = false
    /// The odd behavior of the connection's other end.
    let oddity: Oddity

    /// Possible errors. Not ENOENT, with which a kernel would lie about who is enrolled.
    private static let numbers: [CInt] = [
        EIO, ENOSPC, EROFS, EMFILE, ENOMEM, EACCES, EPERM, EAGAIN, EDQUOT, EFBIG, ELOOP, ENOTDIR,
        EINVAL, EINTR, EINTR,
    ]

    init() { oddity = Oddity() }

    /// Up to three, each after a number of calls, once or permanently.
    init(_ tape: inout Tape) {
        let first = tape.byte()
        for _ in 0..<first & 3 {
            let (skips, byte) = (tape.byte(), tape.byte())
            let kind: Kind =
                byte & 15 == 15 ? .short : .number(Faults.numbers[Int(byte & 15) % 15])
            steps.append((skips & 127, kind, byte & 16 == 16 && kind != .number(EINTR)))
        }
        callsLeft = first & 12 == 4 ? Int(tape.byte()) + 1 : 0
        oddity = Oddity(first >> 4, &tape)
    }

    /// Whether the last fault is permanent.
    var lasts: Bool { isOver || current < steps.count && hasStruck && steps[current].lasts }

    /// The fault of the next call; `nil` for none.
    mutating func next() -> Kind? {
        if callsLeft > 0 {
            callsLeft -= 1
            if callsLeft == 0 { (isOver, hasStruck) = (true, true) }
        }
        if isOver { return .number(EIO) }
        guard current < steps.count else { return nil }
        let step = steps[current]
        guard passed >= step.skips else {
            passed += 1
            return nil
        }
        hasStruck = true
        if !step.lasts { (current, passed) = (current + 1, 0) }
        return step.kind
    }
}
