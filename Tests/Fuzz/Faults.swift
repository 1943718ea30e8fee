import CLinux

/// Which calls fail, and how; and when memory runs out.
struct Faults {
    enum Kind: Equatable {
        case number(CInt)
        /// Half of a read or a write is done.
        case short
    }

    private var steps: [(skips: UInt8, kind: Kind, lasts: Bool)] = []
    private var current = 0
    private var passed: UInt8 = 0
    /// Whether any call has failed.
    private(set) var hasStruck = false
    /// How many allocations there is memory for; 0 for no end.
    let allocations: Int

    /// What can go wrong. Not ENOENT, by which a kernel would lie about who is enrolled.
    private static let numbers: [CInt] = [
        EIO, ENOSPC, EROFS, EMFILE, ENOMEM, EACCES, EPERM, EAGAIN, EDQUOT, EFBIG, ELOOP, ENOTDIR,
        EINVAL, EINTR, EINTR,
    ]

    init() { allocations = 0 }

    /// Up to three, each after so many calls, and for once or from there on.
    init(_ tape: inout Tape) {
        let first = tape.byte()
        for _ in 0..<first & 3 {
            let (skips, byte) = (tape.byte(), tape.byte())
            let kind: Kind =
                byte & 15 == 15 ? .short : .number(Faults.numbers[Int(byte & 15) % 15])
            steps.append((skips & 127, kind, byte & 16 == 16 && kind != .number(EINTR)))
        }
        allocations = first & 12 == 4 ? Int(tape.byte()) + 1 : 0
    }

    /// Whether what happened last goes on for ever, as where the process was killed.
    var lasts: Bool { Memory.isOver || current < steps.count && hasStruck && steps[current].lasts }

    /// What happens to the next call; `nil` for nothing.
    mutating func next() -> Kind? {
        if Memory.isOver { return .number(EIO) }
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
