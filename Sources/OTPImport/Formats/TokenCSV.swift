import OTPCore

/// The list of hardware tokens that Microsoft Entra accepts and vendors deliver: a CSV file with
/// the header `upn,serial number,secret key,time interval,manufacturer,model`, and keys in Base32.
public enum TokenCSV {
    private struct Columns {
        var owner = 0, serial = 0, key = 0, period = 0, maker = 0, model = 0

        /// The columns that are read, and those that are silently skipped.
        static let known = [
            "upn", "serialnumber", "secretkey", "timeinterval", "manufacturer", "model",
        ]
    }

    /// Reads the tokens: TOTP with six digits and SHA-1, as such a list has nothing else.
    public static func read(_ bytes: Span<UInt8>) -> ImportResult {
        if let complaint = ImportLimits.complaint(about: bytes, limit: ImportLimits.fileSize) {
            return ImportResult(complaint)
        }
        let text = bytes.extracting(Text.start(of: bytes)..<bytes.count)
        var result = ImportResult()
        var columns = Columns()
        var unknown: [String] = []
        result.readTable(of: text, separator: separator(of: text)) { header throws(Refusal) in
            columns.owner = try header.column("upn")
            columns.serial = try header.column("serialnumber")
            columns.key = try header.column("secretkey")
            columns.period = try header.column("timeinterval")
            guard header.names.indices.contains(columns.key) else {
                throw Refusal("no column is called secret key: the first line has to name them")
            }
            unknown = header.names.filter { !$0.isEmpty && !Columns.known.contains($0) }
        } _: { result, place, row throws(Refusal) in
            result.add(try token(at: place, row, columns))
        }
        for name in unknown.prefix(8) {
            result.notes.append("a column is not read: \(ForeignText(name).printable)")
        }
        return result
    }

    /// A semicolon if the first line has one and no comma, as spreadsheets write it in half of
    /// Europe; a tab likewise.
    private static func separator(of text: Span<UInt8>) -> UInt8 {
        var lines = Lines()
        let first = lines.next(in: text) ?? 0..<0
        var found = UInt8(ascii: ",")
        for index in first {
            switch text[index] {
            case UInt8(ascii: ","): return UInt8(ascii: ",")
            case UInt8(ascii: ";"), UInt8(ascii: "\t"): found = text[index]
            default: break
            }
        }
        return found
    }

    private static func token(
        at place: ImportPlace, _ row: CSVRow, _ columns: Columns
    ) throws(Refusal) -> ImportedToken {
        var text = row[columns.key]
        defer { Secret.wipe(&text) }
        guard !text.isEmpty else { throw Refusal("it has no key") }
        let period = row[columns.period]
        let seconds = period.isEmpty ? 30 : try Text.number(period.span, "time interval")
        var token = try ImportedToken(
            at: place, kind: .totp, period: seconds,
            key: try KeyDecoding.base32(text.span, as: .ofPhones))
        let (owner, serial) = (row[columns.owner], row[columns.serial])
        token.owner = try ForeignText.field(owner.span, "user name")
        token.serial = try ForeignText.field(serial.span, "serial number")
        token.name = token.serial.flatMap { Name($0.bytes) }
        return token
    }
}
