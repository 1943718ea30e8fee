import OTPCore

/// An element with what is in it. The texts may hold keys, and are wiped.
final class XMLElement {
    /// The name space, a blank, and the name; the name alone where there is no name space.
    let name: String
    /// The attributes outside any name space.
    let attributes: [String: String]
    private(set) var children: [XMLElement] = []
    private var text: [UInt8] = []

    init(name: String, attributes: [String: String]) {
        self.name = name
        self.attributes = attributes
    }

    deinit { Secret.wipe(&text) }

    /// The name without its name space.
    var localName: Substring { name.split(separator: " ").last ?? "" }

    func append(_ child: XMLElement) { children.append(child) }

    /// Appends text, and wipes the old place where the array has to move.
    func append(text more: Span<UInt8>) {
        if text.capacity - text.count < more.count {
            var larger: [UInt8] = []
            larger.reserveCapacity(max(256, 2 * (text.count + more.count)))
            larger.append(copying: text.span)
            Secret.wipe(&text)
            text = larger
        }
        text.append(copying: more)
    }

    /// The first child of this name (in PSKC's name space, if none is given).
    func child(_ local: String, in space: XMLNamespace = .pskc) -> XMLElement? {
        children.first { $0.name == space.qualified(local) }
    }

    /// How long the text directly inside is, in bytes.
    var textLength: Int { text.count }

    /// The text directly inside, without the blanks at its ends, for as long as `body` runs.
    func withText<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let text = self.text
        let range = Text.trimmed(0..<text.count, in: text.span)
        return try body(text.span.extracting(range))
    }

    /// The text as a field; `nil` where it is empty.
    func field(_ what: String) throws(Refusal) -> ForeignText? {
        try withText { text throws(Refusal) in try ForeignText.field(text, what) }
    }

    /// The text as bytes written in Base64.
    func base64(_ what: String) throws(Refusal) -> KeyBox {
        try withText { text throws(Refusal) in try KeyDecoding.base64(text, what) }
    }
}

/// The name spaces of a PSKC file.
enum XMLNamespace: String {
    case pskc = "urn:ietf:params:xml:ns:keyprov:pskc"
    case signature = "http://www.w3.org/2000/09/xmldsig#"
    case encryption = "http://www.w3.org/2001/04/xmlenc#"

    func qualified(_ local: String) -> String { "\(rawValue) \(local)" }
}

/// Builds elements out of the parser's events, within bounds, and hands each complete part of
/// the document to its owner, so that a large file is never in memory as a whole tree.
///
/// The functions return why the parser has to stop, and `nil` to go on.
final class XMLBuilder {
    /// How deep elements may nest; PSKC needs nine levels.
    static let maximumDepth = 24
    /// How many elements one part may have.
    static let maximumElements = 500
    /// How many parts the document may have.
    static let maximumParts = 2 * ImportResult.maximumTokens
    /// The longest text of an element, in bytes.
    static let maximumText = 16_384
    /// The longest name or value of an attribute, in bytes, and how many there may be.
    static let maximumName = 512
    static let maximumAttributes = 16

    /// The root's name, once it was seen.
    private(set) var root: String?
    private var open: [XMLElement] = []
    private var elements = 0
    private var parts = 0
    private var depth = 0
    /// Parts, with the line that each ended on; whether to go on.
    private let finished: (XMLElement, Int) -> Bool

    /// `finished` is called with each child of the root.
    init(_ finished: @escaping (XMLElement, Int) -> Bool) { self.finished = finished }

    func start(_ element: XMLElement) -> String? {
        depth += 1
        if depth > XMLBuilder.maximumDepth { return "elements are nested too deeply" }
        if depth == 1 {
            root = element.name
            return element.name == XMLNamespace.pskc.qualified("KeyContainer")
                ? nil : "it is not a KeyContainer of RFC 6030"
        }
        elements += 1
        if elements > XMLBuilder.maximumElements { return "a part has too many elements" }
        open.last?.append(element)
        open.append(element)
        return nil
    }

    func text(_ bytes: Span<UInt8>) -> String? {
        guard let element = open.last else { return nil }
        if bytes.count > XMLBuilder.maximumText - element.textLength {
            return "the text of an element is too long"
        }
        element.append(text: bytes)
        return nil
    }

    func end(line: Int) -> String? {
        depth -= 1
        guard let element = open.popLast(), open.isEmpty else { return nil }
        elements = 0
        parts += 1
        if parts > XMLBuilder.maximumParts { return "it has too many parts" }
        return finished(element, line) ? nil : "the rest is left"
    }
}
