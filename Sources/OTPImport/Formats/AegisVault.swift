import OTPCore

/// The plain export of Aegis: a JSON object with its entries in `db`. The app's `docs/vault.md`
/// describes it.
public enum AegisVault {
    /// The newest known versions, of the file and of its contents.
    private static let versions = (file: UInt64(1), content: UInt64(3))

    /// Reads the entries.
    public static func read(_ bytes: Span<UInt8>) -> ImportResult {
        ImportResult.ofJSON(bytes) { root, result throws(Refusal) in
            guard let content = try root.member("db") else {
                throw Refusal("it is not an export of Aegis: there is no db in it")
            }
            guard content.kind == .object else {
                throw Refusal("it is encrypted; export it from Aegis without encryption")
            }
            guard try root.number("version") ?? 1 <= versions.file,
                try content.number("version") ?? 1 <= versions.content
            else { throw Refusal("it is of a newer version of Aegis than is known here") }
            for entry in try content.list("entries") {
                let label = EntryLabel(
                    issuer: entry.label("issuer"), account: entry.label("name"))
                let hadRoom = result.addEntry(label) { place throws(Refusal) in
                    guard let info = try entry.member("info") else {
                        throw Refusal("it has no info")
                    }
                    let settings = try TokenSettings(
                        info, kind: try entry.text("type") ?? [], algorithm: "algo")
                    return try settings.token(at: place, key: try info.base32("secret"))
                }
                if !hadRoom { return }
            }
        }
    }
}
