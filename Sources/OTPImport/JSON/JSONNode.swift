/// A value of a JSON document, by its position.
struct JSONNode {
    /// The types of values.
    enum Kind: UInt8 {
        case null
        case boolean
        case number
        case text
        case list
        case object
    }

    let kind: Kind
    /// The first byte; of a string, the one after its quote.
    let start: UInt32
    /// The byte after the last one; of a string, its quote.
    var end: UInt32
    /// The node after this one and everything in it.
    var next: UInt32
}
