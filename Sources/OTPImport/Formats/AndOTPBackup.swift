import OTPCore

/// The plain-text backup of andOTP: a JSON list of its entries.
public enum AndOTPBackup {
    /// Reads the entries.
    public static func read(_ bytes: Span<UInt8>) -> ImportResult {
        // An encrypted one may begin with anything.
        if let first = Text.first(of: bytes), first != UInt8(ascii: "[") {
            let complaint = ImportLimits.complaint(about: bytes, limit: ImportLimits.fileSize)
            return ImportResult(
                complaint
                    ?? "it is not a plain-text backup of andOTP; an encrypted one is not read")
        }
        return ImportResult.ofJSON(bytes) { root, result throws(Refusal) in
            for entry in root.elements {
                let label = EntryLabel(
                    issuer: entry.label("issuer"), account: entry.label("label"))
                let hadRoom = result.addEntry(label) { place throws(Refusal) in
                    try TokenSettings(entry, kind: try entry.text("type"), algorithm: "algorithm")
                        .token(at: place, key: try entry.base32("secret"))
                }
                if !hadRoom { return }
            }
        }
    }
}
