import OTPCore

/// A list of `otpauth://` URIs, one a line, as phones' apps and password managers export them.
public enum KeyURIList {
    /// Reads the tokens; the account of a label is its token's owner.
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

    private static func token(
        at place: ImportPlace, _ uri: Span<UInt8>
    ) throws(Refusal) -> ImportedToken {
        let parts = try KeyURIParts(uri)
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
        guard let number = Text.decimal(uri.extracting(range)) else {
            let shown = ForeignText.printable(uri.extracting(range))
            throw Refusal("the \(what) is not a number: \(shown)")
        }
        return number
    }

    /// A label is an account, or an issuer, a colon and an account, with blanks before it.
    private static func readLabel(
        _ parts: KeyURIParts, of uri: Span<UInt8>, into token: inout ImportedToken
    ) throws(Refusal) {
        let label = try PercentEncoding.decode(uri.extracting(parts.label))
        var issuer = label[..<0]
        var account = label[...]
        if let colon = label.firstIndex(of: UInt8(ascii: ":")) {
            issuer = label[..<colon]
            account = label[(colon + 1)...]
        }
        account = account.drop { $0 == UInt8(ascii: " ") }
        token.owner = try field(Array(account), "account")
        token.issuer = try field(Array(issuer), "issuer")
        if token.issuer == nil, let range = parts.issuer {
            token.issuer = try field(PercentEncoding.decode(uri.extracting(range)), "issuer")
        }
        token.name = token.issuer.flatMap { Name($0.bytes) }
    }

    private static func field(
        _ bytes: [UInt8], _ what: String
    ) throws(Refusal) -> ForeignText? {
        try ForeignText.field(bytes.span, what)
    }
}

/// Where the parts of a key URI are.
private struct KeyURIParts {
    let kind: Authenticator.Kind
    let label: Range<Int>
    private(set) var secret: Range<Int>?
    private(set) var issuer: Range<Int>?
    private(set) var algorithm: Range<Int>?
    private(set) var digits: Range<Int>?
    private(set) var period: Range<Int>?
    private(set) var counter: Range<Int>?

    init(_ uri: Span<UInt8>) throws(Refusal) {
        if Text.begins(uri, "otpauth-migration:") {
            throw Refusal(
                "this is an export of a whole app, which may hold a person's other accounts; it "
                    + "is not read here")
        }
        guard Text.begins(uri, "otpauth://") else {
            throw Refusal("not an otpauth URI (the line is not shown: it may contain a key)")
        }
        let type = "otpauth://".utf8.count
        if Text.begins(uri.extracting(type..<uri.count), "totp/") {
            kind = .totp
        } else if Text.begins(uri.extracting(type..<uri.count), "hotp/") {
            kind = .hotp
        } else {
            throw Refusal("the URI is neither totp nor hotp")
        }
        let start = type + "totp/".utf8.count
        var question = start
        while question < uri.count, uri[question] != UInt8(ascii: "?") { question += 1 }
        label = start..<question
        guard question < uri.count else { return }
        let pairs = Text.parts(
            question + 1..<uri.count, of: uri, at: UInt8(ascii: "&"), limit: uri.count)
        for pair in pairs { try take(pair, of: uri) }
    }

    /// Keeps a parameter that means something here; the others, such as pictures, are passed over.
    private mutating func take(_ pair: Range<Int>, of uri: Span<UInt8>) throws(Refusal) {
        var equals = pair.lowerBound
        while equals < pair.upperBound, uri[equals] != UInt8(ascii: "=") { equals += 1 }
        guard equals < pair.upperBound else { return }
        let name = uri.extracting(pair.lowerBound..<equals)
        let value = equals + 1..<pair.upperBound
        if Text.equal(name, "secret") {
            try set(\.secret, value, "secret")
        } else if Text.equal(name, "issuer") {
            try set(\.issuer, value, "issuer")
        } else if Text.equal(name, "algorithm") {
            try set(\.algorithm, value, "algorithm")
        } else if Text.equal(name, "digits") {
            try set(\.digits, value, "digits")
        } else if Text.equal(name, "period") {
            try set(\.period, value, "period")
        } else if Text.equal(name, "counter") {
            try set(\.counter, value, "counter")
        }
    }

    private mutating func set(
        _ part: WritableKeyPath<KeyURIParts, Range<Int>?>, _ value: Range<Int>, _ name: String
    ) throws(Refusal) {
        guard self[keyPath: part] == nil else { throw Refusal("\(name) is given twice") }
        self[keyPath: part] = value
    }
}

/// Percent-encoding (RFC 3986). A `+` is a plus: in URIs it never stood for a space.
enum PercentEncoding {
    /// The bytes of `text`, which has to be UTF-8 once decoded.
    static func decode(_ text: Span<UInt8>) throws(Refusal) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            if text[index] != UInt8(ascii: "%") {
                bytes.append(text[index])
                index += 1
                continue
            }
            guard text.count - index > 2, let high = Hex.digit(text[index + 1]),
                let low = Hex.digit(text[index + 2])
            else {
                Secret.wipe(&bytes)
                throw Refusal("a % in the URI is not followed by two hex digits")
            }
            bytes.append(high << 4 | low)
            index += 3
        }
        guard isUTF8(bytes.span) else {
            Secret.wipe(&bytes)
            throw Refusal("the URI is not written in UTF-8")
        }
        return bytes
    }

    private static func isUTF8(_ bytes: Span<UInt8>) -> Bool {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes)
            return true
        } catch {
            return false
        }
    }
}
