import OTPCore

/// The exports of KeePassXC, XML and CSV: those entries that have one-time codes.
public enum KeePassExport {
    /// Reads the entries.
    public static func read(_ bytes: Span<UInt8>) -> ImportResult {
        if let complaint = ImportLimits.complaint(about: bytes, limit: ImportLimits.fileSize) {
            return ImportResult(complaint)
        }
        return Text.first(of: bytes) == UInt8(ascii: "<") ? readXML(bytes) : readCSV(bytes)
    }

    private static func readXML(_ bytes: Span<UInt8>) -> ImportResult {
        let reader = Reader()
        let builder = XMLBuilder(.keePass) { element, _ in reader.take(element) }
        if let stop = XMLParser.parse(bytes, into: builder), !reader.isFull {
            reader.result.report(.line(stop.line), stop.reason)
        }
        return reader.result
    }

    /// Collects the entries, in their order.
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

    private static func readCSV(_ bytes: Span<UInt8>) -> ImportResult {
        var result = ImportResult()
        result.readEntries(
            of: bytes.extracting(Text.start(of: bytes)..<bytes.count), issuer: "title",
            account: "username", codes: "totp",
            otherwise: "it is not an export of KeePassXC: no column is called TOTP",
            KeyURIList.token)
        return result
    }
}
