import OTPCore

/// Reads a text line by line: `\n` ends a line; a `\r` before it is trimmed later.
struct Lines {
    /// The number of the last line given, from 1.
    private(set) var number = 0
    private var offset = 0

    /// The bytes of the next line, without its end.
    mutating func next(in bytes: Span<UInt8>) -> Range<Int>? {
        guard offset < bytes.count else { return nil }
        let start = offset
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
        offset = end + 1
        number += 1
        return start..<end
    }
}

/// Small parsers for ASCII, independent of the locale, which accept nothing but what they name.
enum Text {
    /// Where the text begins after a byte order mark, which editors of another system write.
    static func start(of bytes: Span<UInt8>) -> Int {
        bytes.count >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf ? 3 : 0
    }

    /// The first byte of a text that is not a blank, after any byte order mark; `nil` if there is
    /// none.
    static func first(of bytes: Span<UInt8>) -> UInt8? {
        let text = trimmed(start(of: bytes)..<bytes.count, in: bytes)
        return text.isEmpty ? nil : bytes[text.lowerBound]
    }

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
            || byte == UInt8(ascii: "\n")
    }

    /// `range` without the blanks at its ends.
    static func trimmed(_ range: Range<Int>, in bytes: Span<UInt8>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, isBlank(bytes[start]) { start += 1 }
        while start < end, isBlank(bytes[end - 1]) { end -= 1 }
        return start..<end
    }

    /// The fields in `range`, separated by blanks: at most `limit`; the rest is ignored.
    static func fields(_ range: Range<Int>, in bytes: Span<UInt8>, limit: Int) -> [Range<Int>] {
        var fields: [Range<Int>] = []
        var offset = range.lowerBound
        while offset < range.upperBound, fields.count < limit {
            while offset < range.upperBound, isBlank(bytes[offset]) { offset += 1 }
            let start = offset
            while offset < range.upperBound, !isBlank(bytes[offset]) { offset += 1 }
            if start < offset { fields.append(start..<offset) }
        }
        return fields
    }

    /// The parts of `range`, separated by a separator: at most `limit`; the rest is ignored.
    static func parts(
        _ range: Range<Int>, of bytes: Span<UInt8>, at separator: UInt8, limit: Int
    ) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var start = range.lowerBound
        while start <= range.upperBound, parts.count < limit {
            var end = start
            while end < range.upperBound, bytes[end] != separator { end += 1 }
            parts.append(start..<end)
            start = end + 1
        }
        return parts
    }

    /// Whether `bytes` are `literal`.
    static func equal(_ bytes: Span<UInt8>, _ literal: StaticString) -> Bool {
        let literal = [UInt8](literal)
        guard bytes.count == literal.count else { return false }
        for index in bytes.indices where bytes[index] != literal[index] { return false }
        return true
    }

    /// Whether `bytes` begin with `literal` (lower case), in either case.
    static func begins(_ bytes: Span<UInt8>, _ literal: StaticString) -> Bool {
        let literal = [UInt8](literal)
        guard bytes.count >= literal.count else { return false }
        for index in literal.indices where lowercase(bytes[index]) != literal[index] {
            return false
        }
        return true
    }

    /// Whether `bytes` contain `literal`.
    static func contains(_ bytes: Span<UInt8>, _ literal: StaticString) -> Bool {
        let literal = [UInt8](literal)
        guard let first = literal.first else { return true }
        for start in bytes.indices where bytes[start] == first {
            guard bytes.count - start >= literal.count else { return false }
            if bytes.extracting(start..<start + literal.count).isEqual(to: literal.span) {
                return true
            }
        }
        return false
    }

    static func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    /// A number of 1 to 20 ASCII digits.
    static func decimal(_ digits: Span<UInt8>) -> UInt64? {
        guard (1...20).contains(digits.count) else { return nil }
        var value: UInt64 = 0
        for index in digits.indices {
            guard let digit = digit(digits[index]) else { return nil }
            let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, tooMuch) = product.addingReportingOverflow(UInt64(digit))
            guard !tooLarge, !tooMuch else { return nil }
            value = sum
        }
        return value
    }

    /// The same for a text that must be such a number; `what` names it in a refusal.
    static func number(_ text: Span<UInt8>, _ what: String) throws(Refusal) -> UInt64 {
        guard let number = decimal(text) else {
            throw Refusal("the \(what) is not a number: \(ForeignText.printable(text))")
        }
        return number
    }

    /// A number of ASCII digits, with or without a sign.
    static func signed(_ text: Span<UInt8>) -> Int64? {
        guard let first = text.isEmpty ? nil : text[0] else { return nil }
        let hasSign = first == UInt8(ascii: "-") || first == UInt8(ascii: "+")
        let rest = text.extracting((hasSign ? 1 : 0)..<text.count)
        guard let value = decimal(rest).flatMap(Int64.init(exactly:)) else { return nil }
        return first == UInt8(ascii: "-") ? -value : value
    }

    /// Whether `bytes` are UTF-8.
    static func isUTF8(_ bytes: Span<UInt8>) -> Bool {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes)
            return true
        } catch {
            return false
        }
    }

    /// `1 line`, `2 lines`.
    static func counted(_ count: Int, _ what: String) -> String {
        count == 1 ? "1 \(what)" : "\(count) \(what)s"
    }

    static func digit(_ byte: UInt8) -> UInt8? {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? byte - UInt8(ascii: "0") : nil
    }
}
