import OTPCore

/// Where the parts of a key URI are.
struct KeyURIParts {
    let kind: Authenticator.Kind
    let label: Range<Int>
    private(set) var secret: Range<Int>?
    private(set) var issuer: Range<Int>?
    private(set) var algorithm: Range<Int>?
    private(set) var digits: Range<Int>?
    private(set) var period: Range<Int>?
    private(set) var counter: Range<Int>?
    private(set) var encoder: Range<Int>?
    private(set) var codeDisplay: Range<Int>?

    init(_ uri: Span<UInt8>) throws(Refusal) {
        if Text.begins(uri, "otpauth-migration:") {
            throw Refusal(
                "this is an export of a whole app, which may hold a person's other accounts: "
                    + "--from google-export takes one of them")
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

    /// Keeps a parameter that is used here; others, such as images, are skipped.
    private mutating func take(_ pair: Range<Int>, of uri: Span<UInt8>) throws(Refusal) {
        var equals = pair.lowerBound
        while equals < pair.upperBound, uri[equals] != UInt8(ascii: "=") { equals += 1 }
        guard equals < pair.upperBound else { return }
        let name = uri.extracting(pair.lowerBound..<equals)
        let value = equals + 1..<pair.upperBound
        for (word, part) in KeyURIParts.parameters where Text.equal(name, word) {
            guard self[keyPath: part] == nil else { throw Refusal("\(word) is given twice") }
            self[keyPath: part] = value
        }
    }

    private typealias Parameter = (name: StaticString, part: WritableKeyPath<Self, Range<Int>?>)

    private static var parameters: [Parameter] {
        [
            ("secret", \.secret), ("issuer", \.issuer), ("algorithm", \.algorithm),
            ("digits", \.digits), ("period", \.period), ("counter", \.counter),
            ("encoder", \.encoder), ("codeDisplay", \.codeDisplay),
        ]
    }
}
