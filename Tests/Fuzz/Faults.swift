import CLinux

/// Which calls fail, and how.
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

    /// What can go wrong. Not ENOENT, by which a kernel would lie about who is enrolled.
    private static let numbers: [CInt] = [
        EIO, ENOSPC, EROFS, EMFILE, ENOMEM, EACCES, EPERM, EAGAIN, EDQUOT, EFBIG, ELOOP, ENOTDIR,
        EINVAL, EINTR, EINTR,
    ]

    init() {}

    /// Up to three, each after so many calls, and for once or from there on.
    init(_ tape: inout Tape) {
        for _ in 0..<tape.byte() & 3 {
            let (skips, byte) = (tape.byte(), tape.byte())
            let kind: Kind =
                byte & 15 == 15 ? .short : .number(Faults.numbers[Int(byte & 15) % 15])
            steps.append((skips & 127, kind, byte & 16 == 16 && kind != .number(EINTR)))
        }
    }

    /// Whether what happened last goes on for ever, as where the process was killed.
    var lasts: Bool { current < steps.count && hasStruck && steps[current].lasts }

    /// What happens to the next call; `nil` for nothing.
    mutating func next() -> Kind? {
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
