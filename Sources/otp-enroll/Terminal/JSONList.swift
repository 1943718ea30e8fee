import OTPCore

/// An object with one list, written to stdout while its elements are produced, because there may be
/// very many. Nothing is written before a good part exists, so that an early failure prints
/// nothing.
struct JSONList {
    private let name: String
    private var piece: [UInt8] = []
    private var isEmpty = true

    /// How much is built before it is written, in bytes.
    private static let length = 65_536

    init(_ name: String) { self.name = name }

    /// Adds an element.
    mutating func add(_ element: JSON) throws {
        let start = isEmpty ? "{\n  \(JSON.text(name).lines): [\n    " : ",\n    "
        isEmpty = false
        piece += (start + element.lines(indentedBy: "    ")).utf8
        if piece.count >= JSONList.length { try Output.write(&piece) }
    }

    /// Ends the list and the object.
    mutating func finish() throws {
        if isEmpty { return try Output.line(JSON.members([JSON.Member(name, .list([]))]).lines) }
        piece += "\n  ]\n}\n".utf8
        try Output.write(&piece)
    }
}
