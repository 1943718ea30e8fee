import OTPCore

/// A line as LogLine makes it: what happened, a semicolon, and fields of the form `key=value`.
struct LogWords {
    /// What happened.
    let title: String
    /// The fields, each with a blank before it.
    private let rest: ArraySlice<UInt8>

    /// The fields with names and sentences, which are in quotes and may have blanks.
    private static let quoted: Set<String> = [
        "authenticator", "enrolled", "trusts", "key", "name", "when", "backup", "error",
    ]

    /// `nil` if there is no title.
    init?(_ text: ArraySlice<UInt8>) {
        guard let end = text.firstIndex(of: UInt8(ascii: ";")), end > text.startIndex,
            text[..<end].allSatisfy({ $0 == LogCursor.blank || LogWords.isLetter($0) })
        else { return nil }
        title = String(decoding: text[..<end], as: UTF8.self)
        rest = text[end...].dropFirst()
    }

    /// The first fields, as they are written.
    var words: (first: ArraySlice<UInt8>, second: ArraySlice<UInt8>) {
        var cursor = LogCursor(rest)
        _ = cursor.take(LogCursor.blank)
        return (cursor.word(), cursor.word())
    }

    /// The fields by key, as they were before they were written; `nil` if anything is not exactly
    /// as LogLine writes it, such as where a line was cut off or another one begins.
    var fields: [String: [UInt8]]? {
        var found: [String: [UInt8]] = [:]
        var cursor = LogCursor(rest)
        while !cursor.rest.isEmpty {
            guard cursor.take(LogCursor.blank),
                let equals = cursor.rest.firstIndex(of: UInt8(ascii: "=")),
                equals > cursor.rest.startIndex,
                cursor.rest[..<equals].allSatisfy(LogWords.isLetter)
            else { return nil }
            let key = String(decoding: cursor.rest[..<equals], as: UTF8.self)
            cursor.skip(key.utf8.count + 1)
            let read = LogWords.quoted.contains(key) ? quotes(&cursor) : plain(&cursor)
            guard let value = read, found.updateValue(value, forKey: key) == nil else {
                return nil
            }
        }
        return found
    }

    /// Takes a value up to the next blank, with `\xHH` for what is not visible ASCII.
    private func plain(_ cursor: inout LogCursor) -> [UInt8]? {
        let text = cursor.rest.prefix { $0 != LogCursor.blank }
        cursor.skip(text.count)
        var (value, rest) = ([UInt8](), text)
        while let byte = rest.popFirst() {
            guard (0x21...0x7e).contains(byte) else { return nil }
            guard byte == UInt8(ascii: "\\") else {
                value.append(byte)
                continue
            }
            guard rest.popFirst() == UInt8(ascii: "x"), let high = rest.popFirst(),
                let low = rest.popFirst(), let first = Hex.digit(high),
                let second = Hex.digit(low)
            else { return nil }
            value.append(first << 4 | second)
        }
        return value
    }

    /// Takes a value in quotes, which has none itself.
    private func quotes(_ cursor: inout LogCursor) -> [UInt8]? {
        let quote = UInt8(ascii: "\"")
        guard cursor.take(quote) else { return nil }
        let text = cursor.rest.prefix { $0 != quote }
        cursor.skip(text.count)
        guard cursor.take(quote), text.allSatisfy({ (0x20...0x7e).contains($0) })
        else { return nil }
        return Array(text)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
