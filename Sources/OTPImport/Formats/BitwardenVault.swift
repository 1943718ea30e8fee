import OTPCore

/// The exports of Bitwarden, JSON and CSV: those items that have a `totp`, which is a key URI or
/// only a key.
public enum BitwardenVault {
    /// Reads the entries.
    public static func read(_ bytes: Span<UInt8>) -> ImportResult {
        let first = Text.first(of: bytes)
        return first == nil || first == UInt8(ascii: "{") ? readJSON(bytes) : readCSV(bytes)
    }

    private static func readJSON(_ bytes: Span<UInt8>) -> ImportResult {
        ImportResult.ofJSON(bytes) { root, result throws(Refusal) in
            guard try root.member("encrypted")?.isTrue != true else {
                throw Refusal("it is encrypted; export .json or .csv from Bitwarden instead")
            }
            for item in try root.list("items") {
                guard let login = try item.member("login"), var totp = try login.text("totp"),
                    !totp.isEmpty
                else { continue }
                defer { Secret.wipe(&totp) }
                let label = EntryLabel(
                    issuer: item.label("name"), account: login.label("username"))
                let hadRoom = result.addEntry(label) { place throws(Refusal) in
                    try token(at: place, totp.span)
                }
                if !hadRoom { return }
            }
        }
    }

    private static func readCSV(_ bytes: Span<UInt8>) -> ImportResult {
        if let complaint = ImportLimits.complaint(about: bytes, limit: ImportLimits.fileSize) {
            return ImportResult(complaint)
        }
        var result = ImportResult()
        result.readEntries(
            of: bytes.extracting(Text.start(of: bytes)..<bytes.count), issuer: "name",
            account: "loginusername", codes: "logintotp",
            otherwise: "it is not an export of Bitwarden: no column is called login_totp", token)
        return result
    }

    /// The token of a key URI, or of a key in Base32 with default settings.
    static func token(
        at place: ImportPlace, _ totp: Span<UInt8>
    ) throws(Refusal) -> ImportedToken {
        if Text.begins(totp, "steam://") { throw TokenSettings.steam }
        if Text.begins(totp, "otpauth:") { return try KeyURIList.token(at: place, totp) }
        return try TokenSettings().token(
            at: place, key: try KeyDecoding.base32(totp, as: .ofPhones))
    }
}
