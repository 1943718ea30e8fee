import OTPCore

/// Reads a CSV file row by row (RFC 4180): a quoted field may contain separators, line ends and
/// doubled quotes.
struct CSVReader {
    /// The most fields that a row may have.
    static let maximumFields = 64

    private let separator: UInt8
    private let hasQuotes: Bool
    private var offset = 0
    private var nextLine = 1
    /// The line on which the last row began, from 1.
    private(set) var line = 0

    init(separator: UInt8 = UInt8(ascii: ","), hasQuotes: Bool = true) {
        self.separator = separator
        self.hasQuotes = hasQuotes
    }

    /// The next row; `nil` at the end. After a refusal, continues with the row after it.
    mutating func next(in bytes: Span<UInt8>) throws(Refusal) -> CSVRow? {
        guard offset < bytes.count else { return nil }
        line = nextLine
        let row = CSVRow()
        var isOpen = true
        do throws(Refusal) {
            while isOpen {
                guard row.count < CSVReader.maximumFields else {
                    throw Refusal("more than \(CSVReader.maximumFields) columns")
                }
                isOpen = try readField(of: bytes, into: row)
            }
        } catch {
            while offset < bytes.count, !endLine(bytes) { offset += 1 }
            throw error
        }
        return row
    }

    /// Reads a field; whether another one follows.
    private mutating func readField(
        of bytes: Span<UInt8>, into row: CSVRow
    ) throws(Refusal) -> Bool {
        var start = offset
        while start < bytes.count, bytes[start] == UInt8(ascii: " ") { start += 1 }
        if hasQuotes, start < bytes.count, bytes[start] == UInt8(ascii: "\"") {
            offset = start + 1
            try readQuoted(bytes, into: row)
        } else {
            start = offset
            while offset < bytes.count, bytes[offset] != separator,
                bytes[offset] != UInt8(ascii: "\n")
            {
                offset += 1
            }
            row.append(bytes.extracting(start..<offset))
        }
        row.endField()
        guard offset < bytes.count else { return false }
        if bytes[offset] == separator {
            offset += 1
            return true
        }
        if endLine(bytes) { return false }
        throw Refusal("text behind a quoted field")
    }

    /// Reads a field up to its closing quote and the blanks after it.
    private mutating func readQuoted(_ bytes: Span<UInt8>, into row: CSVRow) throws(Refusal) {
        var start = offset
        while true {
            guard offset < bytes.count else { throw Refusal("a quote is not closed") }
            let byte = bytes[offset]
            offset += 1
            if byte == UInt8(ascii: "\n") { nextLine += 1 }
            guard byte == UInt8(ascii: "\"") else { continue }
            row.append(bytes.extracting(start..<offset - 1))
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else { break }
            // The second of two quotes begins the next piece.
            start = offset
            offset += 1
        }
        while offset < bytes.count, bytes[offset] != separator, bytes[offset] != UInt8(ascii: "\n"),
            Text.isBlank(bytes[offset])
        {
            offset += 1
        }
    }

    private mutating func endLine(_ bytes: Span<UInt8>) -> Bool {
        guard bytes[offset] == UInt8(ascii: "\n") else { return false }
        offset += 1
        nextLine += 1
        return true
    }
}
