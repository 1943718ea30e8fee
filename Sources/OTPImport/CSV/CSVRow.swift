import OTPCore

/// A row of a CSV file. It may contain a key, and is wiped.
final class CSVRow {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    deinit { Secret.wipe(&bytes) }

    /// How many fields it has.
    var count: Int { ends.count }

    /// Whether it is empty, as an empty line is.
    var isBlank: Bool { bytes.allSatisfy(Text.isBlank) }

    /// Appends to the current field.
    func append(_ part: Span<UInt8>) { Secret.append(part, to: &bytes) }

    func endField() { ends.append(bytes.count) }

    /// A field without the blanks at its ends; empty if there is none. The caller wipes it if it
    /// may be a key.
    subscript(_ index: Int) -> [UInt8] {
        guard ends.indices.contains(index) else { return [] }
        let range = (index == 0 ? 0 : ends[index - 1])..<ends[index]
        let bytes = bytes
        return bytes.span.extracting(Text.trimmed(range, in: bytes.span)).array
    }
}

/// The first row of a CSV file, which names the columns.
struct CSVHeader {
    /// The names in lower case, without blanks, hyphens and underscores.
    let names: [String]

    init(_ row: CSVRow) {
        names = (0..<row.count).map { index in
            let letters = row[index].filter {
                !Text.isBlank($0) && $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-")
            }
            return String(decoding: letters.prefix(64).map(Text.lowercase), as: UTF8.self)
        }
    }

    /// The column with the first of these names that exists; if none does, one that no row has.
    func column(_ names: String...) throws(Refusal) -> Int {
        for name in names {
            guard let first = self.names.firstIndex(of: name) else { continue }
            guard self.names.lastIndex(of: name) == first else {
                throw Refusal("the column is there twice: \(ForeignText(name).printable)")
            }
            return first
        }
        return CSVReader.maximumFields
    }
}

extension ImportResult {
    /// Reads an app's CSV export with one entry per row. `issuer`, `account` and `codes` name
    /// columns; rows without codes are skipped. If there is no column `codes`, the file is refused
    /// with `otherwise`.
    mutating func readEntries(
        of text: Span<UInt8>, issuer: String, account: String, codes: String, otherwise: String,
        _ token: (ImportPlace, Span<UInt8>) throws(Refusal) -> ImportedToken
    ) {
        var (issuerColumn, accountColumn, codesColumn) = (0, 0, 0)
        readTable(of: text) { header throws(Refusal) in
            guard header.names.contains(codes) else { throw Refusal(otherwise) }
            issuerColumn = try header.column(issuer)
            accountColumn = try header.column(account)
            codesColumn = try header.column(codes)
        } _: { result, _, row throws(Refusal) in
            var text = row[codesColumn]
            defer { Secret.wipe(&text) }
            if text.isEmpty { return true }
            let label = EntryLabel(issuer: row[issuerColumn], account: row[accountColumn])
            return result.addEntry(label) { place throws(Refusal) in try token(place, text.span) }
        }
    }

    /// Reads a CSV file with a header; `body` gets each row that is not blank, and the line that it
    /// begins on.
    mutating func readTable(
        of text: Span<UInt8>, separator: UInt8 = UInt8(ascii: ","),
        _ begin: (CSVHeader) throws(Refusal) -> Void,
        _ body: (inout ImportResult, ImportPlace, CSVRow) throws(Refusal) -> Bool
    ) {
        var reader = CSVReader(separator: separator)
        do throws(Refusal) {
            guard let first = try reader.next(in: text) else { return }
            try begin(CSVHeader(first))
        } catch {
            report(.line(reader.line), error.sentence)
            return
        }
        while true {
            do throws(Refusal) {
                guard let row = try reader.next(in: text) else { return }
                if row.isBlank { continue }
                guard try body(&self, .line(reader.line), row) else { return }
            } catch {
                report(.line(reader.line), error.sentence)
            }
        }
    }
}
