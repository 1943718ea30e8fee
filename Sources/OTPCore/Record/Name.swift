/// A short text that people choose and that is safe to show: 1 to 32 bytes of printable ASCII
/// without `"`, `\` and `:`, and no space at either end.
public struct Name: Equatable, Sendable {
    /// The longest name, in bytes.
    public static let maximumLength = 32

    /// The name as ASCII.
    public let bytes: [UInt8]

    /// `nil` if `bytes` are not such a text.
    public init?(_ bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        let space = UInt8(ascii: " ")
        guard (1...Name.maximumLength).contains(bytes.count), bytes.first != space,
            bytes.last != space, bytes.allSatisfy(Name.allows)
        else { return nil }
        self.bytes = bytes
    }

    private static func allows(_ byte: UInt8) -> Bool {
        (0x20...0x7e).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
            && byte != UInt8(ascii: ":")
    }

    /// The name as text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension Name {
    /// `phone`, or the first of `phone-2`, `phone-3`, ... that is not among `taken`.
    public static func free(beside taken: [Name]) -> Name? {
        for number in 1...taken.count + 1 {
            let text = number == 1 ? "phone" : "phone-\(number)"
            if let name = Name(text.utf8), !taken.contains(name) { return name }
        }
        return nil
    }
}
