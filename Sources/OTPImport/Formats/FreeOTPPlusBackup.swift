import OTPCore

/// The JSON export of FreeOTP+: an object with its `tokens`, whose keys are lists of signed bytes.
public enum FreeOTPPlusBackup {
    /// Reads the entries.
    public static func read(_ bytes: Span<UInt8>) -> ImportResult {
        ImportResult.ofJSON(bytes) { root, result throws(Refusal) in
            for entry in try root.list("tokens") {
                let issuer = [entry.label("issuerExt"), entry.label("issuerInt")].lazy
                    .compactMap(\.self).first { !$0.isEmpty }
                let label = EntryLabel(
                    issuer: entry.label("issuerAlt") ?? issuer,
                    account: entry.label("labelAlt") ?? entry.label("label"))
                let hadRoom = result.addEntry(label) { place throws(Refusal) in
                    // The app goes by this name alone.
                    if let issuer, issuer.elementsEqual("Steam".utf8) { throw TokenSettings.steam }
                    return try TokenSettings(
                        entry, kind: try entry.text("type"), algorithm: "algo"
                    ).token(at: place, key: try key(of: entry))
                }
                if !hadRoom { return }
            }
        }
    }

    private static func key(of entry: JSONValue) throws(Refusal) -> KeyBox {
        let numbers = try entry.list("secret")
        guard numbers.count <= HOTP.keyLengthRange.upperBound else {
            throw Refusal(
                "the key is too long: \(numbers.count * 8) bits, at most 512 can be kept")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(numbers.count)
        defer { Secret.wipe(&bytes) }
        for number in numbers {
            guard let byte = number.integer.flatMap(Int8.init(exactly:)) else {
                throw Refusal("the key is not a list of signed bytes")
            }
            bytes.append(UInt8(bitPattern: byte))
        }
        return KeyBox(Secret(copying: bytes.span))
    }
}
