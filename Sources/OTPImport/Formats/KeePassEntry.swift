import OTPCore

/// An entry of KeePassXC's or KeePass's XML: a list of names and values.
struct KeePassEntry {
    private var values: [String: XMLElement] = [:]
    /// A name of ours that occurs twice.
    private var double: String?

    /// The names that are read.
    private static let names: Set<String> = [
        "Title", "UserName", "otp", "TOTP Seed", "TOTP Settings", "TimeOtp-Secret",
        "TimeOtp-Secret-Hex", "TimeOtp-Secret-Base32", "TimeOtp-Secret-Base64", "TimeOtp-Length",
        "TimeOtp-Period", "TimeOtp-Algorithm", "HmacOtp-Secret", "HmacOtp-Secret-Hex",
        "HmacOtp-Secret-Base32", "HmacOtp-Secret-Base64", "HmacOtp-Counter",
    ]

    init(_ element: XMLElement) {
        for child in element.children where child.name == "String" {
            guard let key = child.plainChild("Key"), let value = child.plainChild("Value") else {
                continue
            }
            let name = key.withText { String(decoding: $0.array, as: UTF8.self) }
            guard KeePassEntry.names.contains(name) else { continue }
            if values.updateValue(value, forKey: name) != nil { double = name }
        }
    }

    /// Whether it has a key.
    var hasCodes: Bool {
        values.contains { name, value in
            (name == "otp" || name == "TOTP Seed" || name.contains("Otp-Secret"))
                && value.textLength > 0
        }
    }

    var label: EntryLabel { EntryLabel(issuer: text("Title"), account: text("UserName")) }

    func token(at place: ImportPlace) throws(Refusal) -> ImportedToken {
        if let double { throw Refusal("\(double) is given twice") }
        for value in values.values where value.attributes["Protected"] == "True" {
            throw Refusal("its values are encrypted; export it from KeePassXC")
        }
        if var otp = text("otp") {
            defer { Secret.wipe(&otp) }
            return Text.begins(otp.span, "otpauth:")
                ? try KeyURIList.token(at: place, otp.span)
                : try oldToken(at: place, otp.span)
        }
        if let key = try base32("TOTP Seed") { return try trayToken(at: place, key) }
        var settings = TokenSettings()
        if let key = try key("TimeOtp") {
            settings.digits = try number("TimeOtp-Length") ?? 6
            settings.period = try number("TimeOtp-Period") ?? 30
            if let name = text("TimeOtp-Algorithm") {
                settings.algorithm = try KeyDecoding.algorithm(name.span)
            }
            return try settings.token(at: place, key: key)
        }
        guard let key = try key("HmacOtp") else { throw Refusal("it has no key") }
        settings.kind = .hotp
        settings.counter = try number("HmacOtp-Counter") ?? 0
        return try settings.token(at: place, key: key)
    }

    // MARK: Older forms

    /// `key=BASE32&step=60&size=8`, as in KeeOtp.
    private func oldToken(
        at place: ImportPlace, _ otp: Span<UInt8>
    ) throws(Refusal) -> ImportedToken {
        var settings = TokenSettings()
        var key: KeyBox?
        for pair in Text.parts(0..<otp.count, of: otp, at: UInt8(ascii: "&"), limit: 16) {
            let part = otp.extracting(pair)
            if Text.begins(part, "key=") {
                var text = try PercentEncoding.decode(part.extracting(4..<part.count))
                defer { Secret.wipe(&text) }
                key = try KeyDecoding.base32(text.span, as: .ofPhones)
            } else if Text.begins(part, "step=") {
                settings.period = try Text.number(part.extracting(5..<part.count), "step")
            } else if Text.begins(part, "size=") {
                settings.digits = try Text.number(part.extracting(5..<part.count), "size")
            } else if Text.begins(part, "type="), !Text.equal(part, "type=Totp") {
                throw Refusal("the type is not supported: \(ForeignText.printable(part))")
            } else if Text.begins(part, "otphashmode=") {
                settings.algorithm = try KeyDecoding.algorithm(part.extracting(12..<part.count))
            }
        }
        guard let key else { throw Refusal("its otp is not a key URI") }
        return try settings.token(at: place, key: key)
    }

    /// `TOTP Settings` are `30;6`, or `30;S` for Steam's codes.
    private func trayToken(at place: ImportPlace, _ key: KeyBox) throws(Refusal) -> ImportedToken {
        var settings = TokenSettings()
        if let text = text("TOTP Settings") {
            let parts = Text.parts(
                0..<text.count, of: text.span, at: UInt8(ascii: ";"), limit: 3)
            settings.period = try Text.number(text.span.extracting(parts[0]), "period")
            if parts.count > 1 {
                let digits = text.span.extracting(parts[1])
                if Text.equal(digits, "S") { throw TokenSettings.steam }
                settings.digits = try Text.number(digits, "length of codes")
            }
        }
        return try settings.token(at: place, key: key)
    }

    // MARK: Values

    /// The value of a name, if it has one. The caller wipes it if it may be a key.
    private func text(_ name: String) -> [UInt8]? {
        guard let text = values[name]?.withText({ $0.array }), !text.isEmpty else { return nil }
        return text
    }

    private func base32(_ name: String) throws(Refusal) -> KeyBox? {
        guard var text = text(name) else { return nil }
        defer { Secret.wipe(&text) }
        return try KeyDecoding.base32(text.span, as: .ofPhones)
    }

    /// A key in one of KeePass's four encodings.
    private func key(_ kind: String) throws(Refusal) -> KeyBox? {
        if let key = try base32(kind + "-Secret-Base32") { return key }
        if var text = text(kind + "-Secret-Hex") {
            defer { Secret.wipe(&text) }
            return try KeyDecoding.hex(text.span)
        }
        if let value = values[kind + "-Secret-Base64"], value.textLength > 0 {
            return try value.base64("key")
        }
        guard var text = text(kind + "-Secret") else { return nil }
        return KeyBox(wiping: &text)
    }

    private func number(_ name: String) throws(Refusal) -> UInt64? {
        guard let text = text(name) else { return nil }
        return try Text.number(text.span, name)
    }
}
