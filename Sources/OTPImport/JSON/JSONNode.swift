/// A value of a JSON document, by where it stands.
struct JSONNode {
    /// What a value can be.
    enum Kind: UInt8 {
        case null
        case boolean
        case number
        case text
        case list
        case object
    }

    let kind: Kind
    /// The first byte; of a text, the one behind its quote.
    let start: UInt32
    /// The byte behind the last; of a text, its quote.
    var end: UInt32
    /// The node behind this one and all that is in it.
    var next: UInt32
}
