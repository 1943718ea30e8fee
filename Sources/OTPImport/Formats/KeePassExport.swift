import OTPCore

/// The exports of KeePassXC, XML and CSV: of its entries those that have one-time codes.
public enum KeePassExport {
    /// Reads the entries.
    public static func read(_ bytes: Span<UInt8>) -> ImportResult {
        if let complaint = ImportLimits.complaint(about: bytes, limit: ImportLimits.fileSize) {
            return ImportResult(complaint)
        }
        let text = bytes.extracting(Text.start(of: bytes)..<bytes.count)
        let trimmed = Text.trimmed(0..<text.count, in: text)
        let isXML = !trimmed.isEmpty && text[trimmed.lowerBound] == UInt8(ascii: "<")
        return isXML ? readXML(bytes) : readCSV(text)
    }

    private static func readXML(_ bytes: Span<UInt8>) -> ImportResult {
        let reader = Reader()
        let builder = XMLBuilder(.keePass) { element, _ in reader.take(element) }
        if let stop = XMLParser.parse(bytes, into: builder), !reader.isFull {
            reader.result.report(.line(stop.line), stop.reason)
        }
        return reader.result
    }

    /// Takes the entries in, in their order.
    private final class Reader {
        var result = ImportResult()
        private(set) var isFull = false

        func take(_ element: XMLElement) -> Bool {
            let entry = KeePassEntry(element)
            guard entry.hasCodes else { return true }
            isFull = !result.addEntry(entry.label) { place throws(Refusal) in
                try entry.token(at: place)
            }
            return !isFull
        }
    }

    private static func readCSV(_ text: Span<UInt8>) -> ImportResult {
        var result = ImportResult()
        var (title, user, totp) = (0, 0, 0)
        result.readTable(of: text) { header throws(Refusal) in
            guard header.names.contains("totp") else {
                throw Refusal("it is not an export of KeePassXC: no column is called TOTP")
            }
            title = try header.column("title")
            user = try header.column("username")
            totp = try header.column("totp")
        } _: { result, _, row throws(Refusal) in
            var text = row[totp]
            defer { Secret.wipe(&text) }
            if text.isEmpty { return true }
            return result.addEntry(EntryLabel(issuer: row[title], account: row[user])) {
                place throws(Refusal) in try KeyURIList.token(at: place, text.span)
            }
        }
        return result
    }
}
