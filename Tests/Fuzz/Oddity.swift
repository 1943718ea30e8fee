/// What is odd about who is at the other end of a connection to the service, and before which of
/// their frames.
struct Oddity {
    enum Kind: UInt8 {
        case none, closes, resets, isSilent, saysAnything, saysAnotherKind, cuts, isInPieces
        case saysTwice, takesNothing, takesHalf, asksForOneself, isOfAnotherVersion
    }

    let kind: Kind
    /// How many frames come before it.
    private let moment: UInt8
    /// How much is cut, or which kind it is.
    let detail: UInt8

    init() { (kind, moment, detail) = (.none, 0, 0) }

    init(_ number: UInt8, _ tape: inout Tape) {
        kind = Kind(rawValue: number) ?? .none
        let byte = kind == .none ? 0 : tape.byte()
        (moment, detail) = (byte & 3, byte >> 2)
    }

    /// Whether it is time for it, after so many frames.
    func isDue(after frames: Int) -> Bool {
        switch kind {
        case .asksForOneself, .isOfAnotherVersion: frames == 0
        default: frames == Int(moment)
        }
    }

    /// Whether a login goes on as if nothing was odd.
    var isHarmless: Bool { kind == .none || kind == .isInPieces || kind == .takesHalf }
    /// Whether the first frame is that of a login, as it should be.
    var isAfterLogin: Bool { isHarmless || !isDue(after: 0) || kind == .saysTwice }
}
