import OTPCore
import OTPSystem

/// The key of a hardware token as its vendor delivers it: a line of hex or Base32 in a file.
enum TokenKeyFile {
    /// The largest file that is read, in bytes.
    private static let maximumSize = 4096

    /// Reads the key in the file at `path`; `-` is stdin.
    static func read(_ path: String) throws -> Secret {
        var text = try OpenFile.contents(path, limit: maximumSize)
        defer { Secret.wipe(&text) }
        while text.last == UInt8(ascii: "\n") || text.last == UInt8(ascii: "\r") {
            text.removeLast()
        }
        let name = path == "-" ? "stdin" : Output.printable(path)
        guard !text.isEmpty else { throw Failure("\(name): it is empty") }
        guard let key = decode(text.span) else {
            throw Failure(
                "\(name): neither hex nor Base32", hint: "the file must contain only the key")
        }
        let range = HOTP.keyLengthRange
        guard range.contains(key.count) else {
            throw Failure(
                "\(name): the key has \(key.count * 8) bits; it takes "
                    + "\(range.lowerBound * 8) to \(range.upperBound * 8)")
        }
        return key
    }

    /// Hex if it can be hex: a Base32 text of 26 symbols or more is hex by chance once in 10^11.
    private static func decode(_ text: Span<UInt8>) -> Secret? {
        let between = [UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: ":")]
        if let key = Hex.decode(text, between: { between.contains($0) }), key.count > 0 {
            return key
        }
        return Base32.decode(text)
    }
}
