import OTPCore

/// An element and its contents. The texts may contain keys, and are wiped.
final class XMLElement {
    /// The namespace, a blank, and the name; only the name if there is no namespace.
    let name: String
    /// The attributes outside any namespace.
    let attributes: [String: String]
    private(set) var children: [XMLElement] = []
    private var text: [UInt8] = []

    init(name: String, attributes: [String: String]) {
        self.name = name
        self.attributes = attributes
    }

    deinit { Secret.wipe(&text) }

    /// The name without its namespace.
    var localName: Substring { name.split(separator: " ").last ?? "" }

    func append(_ child: XMLElement) { children.append(child) }

    /// Appends text.
    func append(text more: Span<UInt8>) { Secret.append(more, to: &text) }

    /// The first child with this name (in PSKC's namespace, if none is given).
    func child(_ local: String, in space: XMLNamespace = .pskc) -> XMLElement? {
        children.first { $0.name == space.qualified(local) }
    }

    /// The first child with this name outside any namespace.
    func plainChild(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    /// The length of the text directly inside, in bytes.
    var textLength: Int { text.count }

    /// The text directly inside, without the blanks at its ends, while `body` runs.
    func withText<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let text = self.text
        let range = Text.trimmed(0..<text.count, in: text.span)
        return try body(text.span.extracting(range))
    }

    /// The text as a field; `nil` if it is empty.
    func field(_ what: String) throws(Refusal) -> ForeignText? {
        try withText { text throws(Refusal) in try ForeignText.field(text, what) }
    }

    /// The text decoded as Base64.
    func base64(_ what: String) throws(Refusal) -> KeyBox {
        try withText { text throws(Refusal) in try KeyDecoding.base64(text, what) }
    }
}

/// The namespaces of a PSKC file.
enum XMLNamespace: String {
    case pskc = "urn:ietf:params:xml:ns:keyprov:pskc"
    case signature = "http://www.w3.org/2000/09/xmldsig#"
    case encryption = "http://www.w3.org/2001/04/xmlenc#"

    func qualified(_ local: String) -> String { "\(rawValue) \(local)" }
}
