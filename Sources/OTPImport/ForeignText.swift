import OTPCore

/// Text from outside: its bytes, and a form that is safe to show.
public struct ForeignText: Equatable, Sendable {
    /// The most bytes that are shown.
    static let shownLength = 80
    /// The longest user name, issuer or serial number, in bytes.
    static let maximumLength = 256

    /// The bytes as in the file.
    public let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    init(_ text: String) { bytes = Array(text.utf8) }

    /// The text, safe to show anywhere: printable ASCII, with `\xNN` for every other byte, `\\` for
    /// a backslash, and `...` if it was truncated.
    public var printable: String {
        let bytes = bytes
        return ForeignText.printable(bytes.span)
    }

    /// `bytes`, safe to show anywhere.
    static func printable(_ bytes: Span<UInt8>) -> String {
        var shown: [UInt8] = []
        for index in 0..<min(bytes.count, shownLength) {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\\"): shown.append(contentsOf: "\\\\".utf8)
            case 0x20...0x7e: shown.append(byte)
            default:
                shown.append(contentsOf: "\\x".utf8)
                shown.append(hex: byte)
            }
        }
        if bytes.count > shownLength { shown.append(contentsOf: "...".utf8) }
        return String(decoding: shown, as: UTF8.self)
    }

    /// A user name, issuer or serial number; `nil` for an empty one.
    ///
    /// Control characters are refused: no system has such users, and C would read a name with a
    /// zero byte as another one.
    static func field(_ bytes: Span<UInt8>, _ what: String) throws(Refusal) -> ForeignText? {
        guard bytes.count <= maximumLength else {
            throw Refusal("the \(what) is longer than \(maximumLength) bytes")
        }
        for index in bytes.indices where bytes[index] < 0x20 || bytes[index] == 0x7f {
            throw Refusal("the \(what) has control characters: \(printable(bytes))")
        }
        return bytes.isEmpty ? nil : ForeignText(bytes.array)
    }
}
