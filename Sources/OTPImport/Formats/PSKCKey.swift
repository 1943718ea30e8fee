import OTPCore

/// One `Key` of a PSKC file, and its package.
struct PSKCKey {
    private let key: XMLElement
    private let package: XMLElement

    init(_ key: XMLElement, in package: XMLElement) {
        self.key = key
        self.package = package
    }

    /// Whether the key itself is encrypted.
    var isEncrypted: Bool { secret?.child("EncryptedValue") != nil }

    private var data: XMLElement? { key.child("Data") }
    private var secret: XMLElement? { data?.child("Secret") }
    private var device: XMLElement? { package.child("DeviceInfo") }
    private var parameters: XMLElement? { key.child("AlgorithmParameters") }

    func token(at place: ImportPlace, _ protection: PSKCProtection) throws(Refusal) -> ImportedToken
    {
        var notes: [String] = []
        let kind = try kind()
        let algorithm = try algorithm()
        let digits = try digits(&notes)
        try checkUsage()
        let period = kind == .totp ? try number("TimeInterval") ?? 30 : 30
        guard period > 0, let period = UInt64(exactly: period) else {
            throw Refusal("steps of \(period) seconds are not supported: 15 to 120 are")
        }
        let bytes = try keyBytes(protection, &notes)
        var token = try ImportedToken(
            at: place, kind: kind, algorithm: algorithm, digits: digits, period: period, key: bytes)
        token.notes = notes
        if kind == .hotp {
            try readCounter(into: &token)
        } else {
            try readClock(into: &token)
        }
        try readOwner(into: &token)
        noteThePolicy(in: &token)
        return token
    }

    // MARK: What it is

    private func kind() throws(Refusal) -> Authenticator.Kind {
        let algorithm = key.attributes["Algorithm"] ?? "none"
        switch algorithm {
        case XMLNamespace.pskc.rawValue + ":hotp": return .hotp
        case XMLNamespace.pskc.rawValue + ":totp": return .totp
        default:
            let shown = ForeignText(algorithm).printable
            throw Refusal("the algorithm is not supported: \(shown)")
        }
    }

    /// `Suite` names the hash function in its text, or in an attribute as privacyIDEA does.
    private func algorithm() throws(Refusal) -> HashAlgorithm {
        guard let suite = parameters?.child("Suite") else { return .sha1 }
        let text = try suite.field("suite")?.bytes ?? []
        if !text.isEmpty { return try KeyDecoding.algorithm(text.span) }
        guard let attribute = suite.attributes["hashalgo"] else { return .sha1 }
        let name = Array(attribute.utf8)
        return try KeyDecoding.algorithm(name.span)
    }

    private func digits(_ notes: inout [String]) throws(Refusal) -> UInt64 {
        let format = parameters?.child("ResponseFormat")
        let encoding = format?.attributes["Encoding"] ?? "DECIMAL"
        guard encoding == "DECIMAL" else {
            let shown = ForeignText(encoding).printable
            throw Refusal("codes of the form \(shown) are not supported: DECIMAL is")
        }
        if let check = format?.attributes["CheckDigits"], check == "true" || check == "1" {
            throw Refusal("codes with a check digit are not supported")
        }
        guard let length = format?.attributes["Length"] else {
            notes.append("the file does not say how long codes are: 6 digits are taken")
            return 6
        }
        let text = Array(length.utf8)
        guard let digits = Text.decimal(text.span) else {
            throw Refusal(
                "the length of codes is not a number: \(ForeignText.printable(text.span))")
        }
        return digits
    }

    /// A key whose policy names its uses must be for codes.
    private func checkUsage() throws(Refusal) {
        let uses = key.child("Policy")?.children.filter { $0.localName == "KeyUsage" } ?? []
        let isForCodes = uses.contains { $0.withText { Text.equal($0, "OTP") } }
        guard uses.isEmpty || isForCodes else {
            throw Refusal("its policy does not allow one-time codes")
        }
    }

    // MARK: Its data

    private func keyBytes(
        _ protection: PSKCProtection, _ notes: inout [String]
    ) throws(Refusal) -> KeyBox {
        guard let secret else { throw Refusal("it has no secret") }
        if let value = secret.child("EncryptedValue") {
            return try protection.open(value, mac: secret.child("ValueMAC"), notes: &notes)
        }
        guard let value = secret.child("PlainValue") else {
            throw Refusal("its secret has no value")
        }
        return try value.base64("secret")
    }

    /// The number in `name`; `nil` if there is none.
    private func number(_ name: String) throws(Refusal) -> Int64? {
        guard let element = data?.child(name) else { return nil }
        guard let plain = element.child("PlainValue") else {
            throw Refusal("\(name) is not in plain text, which is not supported")
        }
        return try plain.withText { text throws(Refusal) in
            guard let number = Text.signed(text) else {
                throw Refusal("\(name) is not a number: \(ForeignText.printable(text))")
            }
            return number
        }
    }

    private func readCounter(into token: inout ImportedToken) throws(Refusal) {
        guard let counter = try number("Counter") else {
            token.notes.append("the file has no counter: it begins at 0")
            return
        }
        guard let counter = UInt64(exactly: counter) else { throw Refusal("Counter is negative") }
        token.nextStep = counter
    }

    /// `TimeDrift` counts steps (RFC 6030, section 4.2): negative if the device is behind.
    private func readClock(into token: inout ImportedToken) throws(Refusal) {
        if let drift = try number("TimeDrift"), drift != 0 {
            if let steps = Int16(exactly: drift),
                steps.magnitude <= ImportLimits.drift.magnitude
            {
                token.drift = steps
            } else {
                token.notes.append("TimeDrift is out of range and dropped: \(drift)")
            }
        }
        if let time = try number("Time"), time != 0 {
            token.notes.append("Time is not used: \(time)")
        }
    }

    // MARK: Its owner

    private func readOwner(into token: inout ImportedToken) throws(Refusal) {
        let ofKey = try key.child("UserId")?.field("user name")
        let ofDevice = try device?.child("UserId")?.field("user name")
        token.owner = (ofKey ?? ofDevice).map(PSKCKey.userName)
        token.issuer = try key.child("Issuer")?.field("issuer")
        token.serial = try device?.child("SerialNo")?.field("serial number")
        let friendly = try key.child("FriendlyName")?.field("name")
        token.name =
            friendly.flatMap { Name($0.bytes) } ?? token.serial.flatMap { Name($0.bytes) }
    }

    /// A user may be named as in a directory, `UID=jsmith,DC=example`: that is `jsmith`.
    private static func userName(_ text: ForeignText) -> ForeignText {
        let prefix = "uid="
        let bytes = text.bytes
        guard Text.begins(bytes.span, "uid=") else { return text }
        let value = bytes.dropFirst(prefix.utf8.count).prefix { $0 != UInt8(ascii: ",") }
        return value.isEmpty || value.contains(UInt8(ascii: "\\"))
            ? text : ForeignText(Array(value))
    }

    private func noteThePolicy(in token: inout ImportedToken) {
        for element in (device?.children ?? []) + (key.child("Policy")?.children ?? []) {
            let text = element.withText { ForeignText.printable($0) }
            switch element.localName {
            case "StartDate": note("it is valid only from \(text), which is not imported", &token)
            case "ExpiryDate": note("it expires on \(text), which is not imported", &token)
            case "PINPolicy": note("its PIN policy is not imported: there is no PIN here", &token)
            case "NumberOfTransactions":
                note("its limit of \(text) uses is not kept", &token)
            default: break
            }
        }
    }

    private func note(_ sentence: String, _ token: inout ImportedToken) {
        if token.notes.count < 16, !token.notes.contains(sentence) { token.notes.append(sentence) }
    }
}
