/// The odd behavior of a peer of the service, and before which of its frames it appears.
struct Oddity {
    enum Kind: UInt8 {
        case none, closes, resets, isSilent, saysAnything, saysAnotherKind, cuts, isInPieces
        case saysTwice, takesNothing, takesHalf, asksForOneself, isOfAnotherVersion
    }

    let kind: Kind
    /// The number of frames before it.
    private let moment: UInt8
    /// How much is cut off, or the kind of frame.
    let detail: UInt8

    init() { (kind, moment, detail) = (.none, 0, 0) }

    init(_ number: UInt8, _ tape: inout Tape) {
        kind = Kind(rawValue: number) ?? .none
        let byte = kind == .none ? 0 : tape.byte()
        (moment, detail) = (byte & 3, byte >> 2)
    }

    /// Whether it is due after this number of frames.
    func isDue(after frames: Int) -> Bool {
        switch kind {
        case .asksForOneself, .isOfAnotherVersion: frames == 0
        default: frames == Int(moment)
        }
    }

    /// Whether a login goes on normally.
    var isHarmless: Bool { kind == .none || kind == .isInPieces || kind == .takesHalf }
    /// Whether the first frame is a valid login.
    var isAfterLogin: Bool { isHarmless || !isDue(after: 0) || kind == .saysTwice }
}
