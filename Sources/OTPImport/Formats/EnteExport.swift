import OTPCore

/// The plain-text export of Ente Auth: one key URI per line, with the app's own data in
/// `codeDisplay`.
public enum EnteExport {
    /// Reads the entries.
    public static func read(_ bytes: Span<UInt8>) -> ImportResult {
        if let complaint = ImportLimits.complaint(about: bytes, limit: ImportLimits.fileSize) {
            return ImportResult(complaint)
        }
        if Text.first(of: bytes) == UInt8(ascii: "{") {
            return ImportResult("it is encrypted; export plain text from Ente Auth instead")
        }
        let text = bytes.extracting(Text.start(of: bytes)..<bytes.count)
        var result = ImportResult()
        result.eachLine(of: text) { result, _, line throws(Refusal) in
            let uri = text.extracting(line)
            let label = try? KeyURIList.label(of: uri)
            return result.addEntry(label ?? EntryLabel(issuer: nil, account: nil)) {
                place throws(Refusal) in
                if try isInTrash(uri) { throw Refusal("it is in the app's trash") }
                return try KeyURIList.token(at: place, uri)
            }
        }
        return result
    }

    /// Deleted entries stay in the export for a while.
    private static func isInTrash(_ uri: Span<UInt8>) throws(Refusal) -> Bool {
        guard let range = try KeyURIParts(uri).codeDisplay else { return false }
        let display = try PercentEncoding.decode(uri.extracting(range))
        let document: JSONDocument
        do throws(JSONParser.Stop) {
            document = try JSONDocument(display.span)
        } catch {
            throw Refusal("its codeDisplay is not well-formed JSON")
        }
        return try document.root.member("trashed")?.isTrue == true
    }
}
