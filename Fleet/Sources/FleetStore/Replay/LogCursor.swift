/// Reads a line of a log from its beginning.
struct LogCursor {
    /// What was not read yet.
    private(set) var rest: ArraySlice<UInt8>

    static let blank = UInt8(ascii: " ")

    init(_ line: ArraySlice<UInt8>) { rest = line }

    /// Skips so many bytes, or all that are left.
    mutating func skip(_ count: Int) { rest = rest.dropFirst(count) }

    /// Skips what `isSkipped`.
    mutating func skip(while isSkipped: (UInt8) -> Bool) { rest = rest.drop(while: isSkipped) }

    /// Takes this byte, if it is the next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        skip(1)
        return true
    }

    /// Takes a number of exactly so many digits, at most 10; `nil` if it is not the next.
    mutating func number(_ digits: Int) -> UInt64? {
        let text = rest.prefix(digits)
        guard text.count == digits, text.allSatisfy(LogCursor.isDigit) else { return nil }
        skip(digits)
        let value: UInt64 = text.reduce(0) { $0 &* 10 &+ UInt64($1 &- UInt8(ascii: "0")) }
        return value
    }

    /// Takes what comes before the next blank, and the blank; the rest if there is none.
    mutating func word() -> ArraySlice<UInt8> {
        let end = rest.firstIndex(of: LogCursor.blank) ?? rest.endIndex
        let word = rest[..<end]
        rest = rest[end...].dropFirst()
        return word
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
