import OTPCore

/// The backup of 2FAS: a JSON object with its `services`.
public enum TwoFASBackup {
    /// The newest known `schemaVersion`.
    private static let version: UInt64 = 4

    /// Reads the entries.
    public static func read(_ bytes: Span<UInt8>) -> ImportResult {
        ImportResult.ofJSON(bytes) { root, result throws(Refusal) in
            guard try root.member("servicesEncrypted") == nil else {
                throw Refusal("it is encrypted; export it from 2FAS without a password")
            }
            guard let version = try root.number("schemaVersion") else {
                throw Refusal("it is not a backup of 2FAS: there is no schemaVersion in it")
            }
            guard version <= TwoFASBackup.version else {
                throw Refusal("it is of a newer version of 2FAS than is known here")
            }
            for service in try root.list("services") {
                let settings = try? service.member("otp")
                let label = EntryLabel(
                    issuer: settings?.label("issuer") ?? service.label("name"),
                    account: settings?.label("account") ?? settings?.label("label"))
                let hadRoom = result.addEntry(label) { place throws(Refusal) in
                    guard let otp = try service.member("otp") else {
                        throw Refusal("it has no otp")
                    }
                    return try TokenSettings(
                        otp, kind: try otp.text("tokenType"), algorithm: "algorithm"
                    ).token(at: place, key: try service.base32("secret"))
                }
                if !hadRoom { return }
            }
        }
    }
}
