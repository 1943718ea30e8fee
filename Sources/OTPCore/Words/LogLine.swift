/// Builds the one line that every login leaves in the system log.
///
/// `what; key=value ...`, in the grammar that pam_unix(8) uses and fail2ban reads. Everything from
/// outside goes through `sanitized`, so that no name can forge a line or a field.
public struct LogLine {
    /// The line as ASCII.
    public private(set) var bytes: [UInt8]

    /// A line that says `what` happened.
    public init(_ what: StaticString) {
        bytes = []
        bytes.reserveCapacity(256)
        bytes.append(what)
        bytes.append(UInt8(ascii: ";"))
    }

    /// Adds a field with a value of our own.
    public mutating func add(_ key: StaticString, _ value: String) {
        begin(key)
        bytes.append(contentsOf: value.utf8)
    }

    /// Adds a field with a value from outside.
    public mutating func add(_ key: StaticString, outside value: [UInt8]) {
        begin(key)
        LogLine.sanitize(value, into: &bytes)
    }

    /// Adds a name in quotes.
    public mutating func add(_ key: StaticString, quoted name: Name) {
        begin(key)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(copying: name.bytes.span)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Adds a sentence in quotes, made visible.
    public mutating func add(_ key: StaticString, sentence: [UInt8]) {
        begin(key)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(copying: LogLine.visible(sentence).span)
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func begin(_ key: StaticString) {
        bytes.append(UInt8(ascii: " "))
        bytes.append(key)
        bytes.append(UInt8(ascii: "="))
    }

    /// The longest value from outside, in bytes before escaping.
    public static let maximumValueLength = 64

    /// At most 64 bytes of `value`; the backslash and everything but visible ASCII as `\xHH`.
    public static func sanitized(_ value: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        sanitize(value, into: &text)
        return text
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "\\")
    }

    private static func sanitize(_ value: [UInt8], into text: inout [UInt8]) {
        // The usual case, copied in one piece.
        if value.count <= maximumValueLength && value.allSatisfy(isPlain) {
            text.append(copying: value.span)
            return
        }
        for byte in value.prefix(maximumValueLength) {
            if isPlain(byte) {
                text.append(byte)
            } else {
                text.append(contentsOf: [
                    UInt8(ascii: "\\"), UInt8(ascii: "x"), hexDigit(byte >> 4), hexDigit(byte),
                ])
            }
        }
    }
}

extension LogLine {
    /// A sentence made safe for a log: visible ASCII and spaces, quotes as `'`, at most 512 bytes.
    public static func visible(_ text: [UInt8]) -> [UInt8] {
        text.prefix(512).map { byte in
            switch byte {
            case UInt8(ascii: "\""): UInt8(ascii: "'")
            case 0x20...0x7e: byte
            default: UInt8(ascii: "?")
            }
        }
    }

    /// The hexadecimal digit for the lower four bits of `value`.
    private static func hexDigit(_ value: UInt8) -> UInt8 {
        let value = value & 15
        return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
