import OTPCore

/// A list of `otpauth://` URIs, one per line, as phone apps and password managers export them.
public enum KeyURIList {
    /// Reads the tokens; the account in a label is the token's owner.
    public static func read(_ bytes: Span<UInt8>) -> ImportResult {
        if let complaint = ImportLimits.complaint(about: bytes, limit: ImportLimits.fileSize) {
            return ImportResult(complaint)
        }
        var result = ImportResult()
        let text = bytes.extracting(Text.start(of: bytes)..<bytes.count)
        result.readLines(of: text) { place, line throws(Refusal) in
            try token(at: place, text.extracting(line))
        }
        return result
    }

    /// The token of one URI.
    static func token(
        at place: ImportPlace, _ uri: Span<UInt8>
    ) throws(Refusal) -> ImportedToken {
        let parts = try KeyURIParts(uri)
        // Another alphabet for the same key: KeePassXC says so here.
        if let encoder = parts.encoder, Text.equal(uri.extracting(encoder), "steam") {
            throw TokenSettings.steam
        }
        guard let secret = parts.secret else { throw Refusal("the URI has no secret") }
        var text = try PercentEncoding.decode(uri.extracting(secret))
        defer { Secret.wipe(&text) }
        let key = try KeyDecoding.base32(text.span, as: .ofPhones)
        var algorithm = HashAlgorithm.sha1
        if let range = parts.algorithm {
            algorithm = try KeyDecoding.algorithm(uri.extracting(range))
        }
        var token = try ImportedToken(
            at: place, kind: parts.kind, algorithm: algorithm,
            digits: try number(parts.digits, of: uri, "digits") ?? 6,
            period: parts.kind == .hotp ? 30 : try number(parts.period, of: uri, "period") ?? 30,
            key: key)
        if parts.kind == .hotp {
            guard let counter = try number(parts.counter, of: uri, "counter") else {
                throw Refusal("the URI of a counter token has no counter")
            }
            guard counter <= ImportLimits.counter else { throw Refusal("the counter is too high") }
            token.nextStep = counter
        }
        try readLabel(parts, of: uri, into: &token)
        return token
    }

    private static func number(
        _ range: Range<Int>?, of uri: Span<UInt8>, _ what: String
    ) throws(Refusal) -> UInt64? {
        guard let range else { return nil }
        return try Text.number(uri.extracting(range), what)
    }

    private static func readLabel(
        _ parts: KeyURIParts, of uri: Span<UInt8>, into token: inout ImportedToken
    ) throws(Refusal) {
        let label = try label(parts, of: uri)
        token.owner = try label.field(label.account, "account")
        token.issuer = try label.field(label.issuer, "issuer")
        token.name = token.issuer.flatMap { Name($0.bytes) }
    }

    /// The name in a URI.
    static func label(of uri: Span<UInt8>) throws(Refusal) -> EntryLabel {
        try label(KeyURIParts(uri), of: uri)
    }

    /// A label is an account, or an issuer, a colon and an account, with optional blanks before it.
    private static func label(
        _ parts: KeyURIParts, of uri: Span<UInt8>
    ) throws(Refusal) -> EntryLabel {
        let label = try PercentEncoding.decode(uri.extracting(parts.label))
        var issuer = label[..<0]
        var account = label[...]
        if let colon = label.firstIndex(of: UInt8(ascii: ":")) {
            issuer = label[..<colon]
            account = label[(colon + 1)...]
        }
        account = account.drop { $0 == UInt8(ascii: " ") }
        guard issuer.isEmpty, let range = parts.issuer else {
            return EntryLabel(issuer: Array(issuer), account: Array(account))
        }
        return EntryLabel(
            issuer: try PercentEncoding.decode(uri.extracting(range)), account: Array(account))
    }
}
